//! Leaks: parts of texts that give the class away without being what the text is about.
//!
//! Views of the texts are scored by naive Bayes on two halves: the first or last words, the form, fields in front of the text. Words
//! are looked at one by one: whether they stand at a fixed position, and whether one of them covers a class.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Check;
use crate::data::{Data, FIRST_ID, excerpt};
use crate::evidence::{Evidence, Trained};
use crate::finding::{Basis, Example, Figure, Finding, Remedy, Side};
use crate::numbers::percent;
use crate::probes::two_fold_accuracy;
use ninefold_core::error::Result;
use ninefold_core::phrasing::all_listed;
use ninefold_metrics::{Interval, stratified_folds};

#[derive(Debug)]
pub(super) struct Leak;

/// Words of a view, from either end.
const VIEW: usize = 3;
/// Shorter texts are hardly longer than a view, in words.
const VIEWED_WORDS: usize = 4 * VIEW;
/// Views are judged where so many texts are long enough.
const VIEWED_FRACTION: f64 = 0.5;
/// A word is placed if it is so often at an end of texts, and of one class that often.
const AT_END: f64 = 0.9;
const PLACED_PURITY: f64 = 0.95;
/// Texts of either half that have a placed word.
const PLACED_TEXTS: u32 = 5;
/// The purity of one word that covers a class, and the texts that the class must have.
const ONE_WORD_PURITY: f64 = 0.98;
const ONE_WORD_CLASS: u32 = 50;
/// From so many classes on, the form is no property of what texts are about.
const MANY_CLASSES: usize = 4;
/// Texts that have a field at least.
const FIELD_FRACTION: f64 = 0.5;
const EXAMPLES: usize = 5;

impl Check for Leak {
    fn name(&self) -> &'static str {
        "leak"
    }

    fn about(&self) -> &'static str {
        "Parts of texts that give the class away: the first or last words, the form, fields, single words"
    }

    fn run(&self, evidence: &Evidence, _trained: &Trained) -> Result<Finding> {
        let (data, settings) = (evidence.data, evidence.settings);
        let (labels, num_classes, seed) = (&data.learned.labels, data.classes.len(), evidence.seed);
        let chance = evidence.chance();
        let full = two_fold_accuracy(&data.learned.ids, labels, num_classes, seed) - chance;
        let least = settings.min_gain.max(2.0 * (chance * (1.0 - chance) / labels.len() as f64).sqrt());
        if full < least {
            let sentence = "Leaks are not looked for: the texts say too little about their classes.";
            return Ok(Finding::unknown(self.name(), sentence, "texts that a linear model distinguishes"));
        }
        let mut found = Found { full, chance, said: Vec::new(), figures: Vec::new(), views: Vec::new() };

        for (name, view) in views(data) {
            found.judge(name, two_fold_accuracy(&view, labels, num_classes, seed), settings.view);
        }
        // Two kinds of texts may differ in form by nature, as spam does; many kinds hardly do.
        let form = if num_classes < MANY_CLASSES { settings.form.max(settings.view) } else { settings.form };
        found.judge("form", two_fold_accuracy(&forms(data), labels, num_classes, seed), form);
        if let Some((names, view)) = fields(data) {
            let name = format!("fields in front ({})", all_listed(&names));
            found.judge(&name, two_fold_accuracy(&view, labels, num_classes, seed), settings.fields);
        }
        let words = Words::of(data, seed);
        let (placed, placed_words) = words.placed(data);
        found.figures.push(Figure::fraction("texts with a telltale word at a fixed position", placed));
        if placed >= settings.placed {
            let words: Vec<&str> = placed_words.iter().take(EXAMPLES).map(|&id| data.token(id)).collect();
            found.said.push(format!(
                "{} of the texts begin or end with a word of one class ({})",
                percent(placed),
                all_listed(&words)
            ));
        }
        let covering = words.covering(data, settings.one_word);
        if let Some((id, class, fraction)) = covering {
            let (token, class) = (data.token(id), data.class(class));
            found.figures.push(Figure::fraction("texts of a class that one word covers", fraction));
            found.said.push(format!(
                "the word {token:?} is in {} of the texts of {class} and nowhere else",
                percent(fraction)
            ));
        }
        let marks: FxHashSet<u32> =
            placed_words.into_iter().take(EXAMPLES).chain(covering.map(|(id, ..)| id)).collect();
        let is_found = !found.said.is_empty();
        let sentence = match is_found {
            true => format!("The class can be read off parts that are not content: {}.", found.said.join("; ")),
            false => found.quiet(),
        };
        let examples = if is_found { examples(data, &marks) } else { Vec::new() };
        let remedies = found.remedies();
        Ok(Finding { figures: found.figures, examples, remedies, ..Finding::judged(self.name(), is_found, sentence) })
    }
}

/// What views reach of the full score.
struct Found {
    /// Accuracy above chance of whole texts, and chance.
    full: f64,
    chance: f64,
    /// What was found, in words.
    said: Vec<String>,
    figures: Vec<Figure>,
    /// The accuracies of the views that are leaks.
    views: Vec<f64>,
}

impl Found {
    fn judge(&mut self, name: &str, accuracy: f64, threshold: f64) {
        let fraction = ((accuracy - self.chance) / self.full).max(0.0);
        self.figures.push(Figure::fraction(&format!("score of {name} alone, of the full score"), fraction));
        if fraction >= threshold {
            self.views.push(accuracy);
            self.said.push(format!(
                "{name} alone: {}, whole texts: {}",
                percent(accuracy),
                percent(self.full + self.chance)
            ));
        }
    }

    fn quiet(&self) -> String {
        let largest = self.figures.iter().max_by(|a, b| a.value.total_cmp(&b.value));
        let largest =
            largest.map_or(String::new(), |figure| format!(" (largest: {} {})", figure.name, percent(figure.value)));
        format!("No part of the texts gives the class away{largest}.")
    }

    fn remedies(&self) -> Vec<Remedy> {
        if self.said.is_empty() {
            return Vec::new();
        }
        vec![Remedy {
            check: "leak".to_string(),
            action: "remove what gives the class away, and compare again".to_string(),
            side: Side::Score,
            gain: 0.0,
            interval: Interval { low: -self.full, high: 0.0 },
            basis: Basis::AtMost,
            cost: "the score may fall".to_string(),
            is_reported: true,
        }]
    }
}

/// The first and the last words of each text, where most texts are longer.
fn views(data: &Data) -> Vec<(&'static str, Vec<Vec<u32>>)> {
    let ids = &data.learned.ids;
    let long = ids.iter().filter(|text| text.len() >= VIEWED_WORDS).count() as f64;
    if long < VIEWED_FRACTION * ids.len() as f64 {
        return Vec::new();
    }
    let first = ids.iter().map(|text| text[..text.len().min(VIEW)].to_vec()).collect();
    let last = ids.iter().map(|text| text[text.len().saturating_sub(VIEW)..].to_vec()).collect();
    vec![("first words", first), ("last words", last)]
}

/// The form of each text as words: length, lines, capitals, digits, punctuation in steps.
fn forms(data: &Data) -> Vec<Vec<u32>> {
    const STEPS: u32 = 32;
    let form = |text: &str| {
        let count =
            |is_counted: &dyn Fn(char) -> bool| text.chars().filter(|&letter| is_counted(letter)).count() as f64;
        let letters = text.chars().count() as f64;
        let logarithmic = |number: f64| (2.0 * (1.0 + number).log2()) as u32;
        let fraction = |number: f64| (4.0 * (1.0 + 100.0 * number / letters.max(1.0)).log2()) as u32;
        let steps = [
            logarithmic(letters),
            logarithmic(text.lines().count() as f64),
            fraction(count(&char::is_uppercase)),
            fraction(count(&|letter| letter.is_numeric())),
            fraction(count(&|letter| letter.is_ascii_punctuation())),
        ];
        (0..).zip(steps).map(|(feature, step)| FIRST_ID + STEPS * feature + step.min(STEPS - 1)).collect()
    };
    data.learned.items.iter().map(|item| form(item.text)).collect()
}

/// Fields that most texts have in their first lines (`From: ...`), and their words; `None` where there are none.
fn fields(data: &Data) -> Option<(Vec<String>, Vec<Vec<u32>>)> {
    let mut texts_with: FxHashMap<&str, usize> = FxHashMap::default();
    for item in &data.learned.items {
        let names: FxHashSet<&str> = fields_of(item.text).map(|(name, _)| name).collect();
        names.into_iter().for_each(|name| *texts_with.entry(name).or_insert(0) += 1);
    }
    let least = FIELD_FRACTION * data.learned.len() as f64;
    let mut names: Vec<&str> =
        texts_with.into_iter().filter(|(_, texts)| *texts as f64 >= least).map(|(name, _)| name).collect();
    if names.is_empty() {
        return None;
    }
    names.sort_unstable();
    let mut ids: FxHashMap<String, u32> = FxHashMap::default();
    let view = data.learned.items.iter().map(|item| {
        let mut of_text = Vec::new();
        for (_, value) in fields_of(item.text).filter(|(name, _)| names.contains(name)) {
            data.tokenizer.for_each(value, |token| {
                let next = FIRST_ID + ids.len() as u32;
                of_text.push(*ids.entry(token.to_string()).or_insert(next));
            });
        }
        of_text
    });
    let view = view.collect();
    Some((names.into_iter().map(str::to_string).collect(), view))
}

/// The lines `Name: value` that a text begins with.
fn fields_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let field = |line: &'_ str| -> Option<(usize, usize)> {
        let end = line.find(": ")?;
        let is_name = (2..=30).contains(&end)
            && line.starts_with(|letter: char| letter.is_ascii_uppercase())
            && line[..end].chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-');
        is_name.then_some((end, end + 2))
    };
    text.lines().map_while(move |line| field(line).map(|(end, start)| (&line[..end], &line[start..])))
}

/// In how many texts each word is, of which class, at which end.
struct Words {
    /// Of each half. `[2][tokens]`
    of_half: [Vec<Word>; 2],
    class_sizes: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Word {
    texts: u32,
    /// Texts that have it among the first or last words.
    at_end: u32,
    /// Its most frequent class, by majority vote, and that class' texts.
    class: u32,
    of_class: u32,
}

impl Words {
    fn of(data: &Data, seed: u64) -> Words {
        let (labels, num_classes) = (&data.learned.labels, data.classes.len());
        let folds = stratified_folds(labels, num_classes, 2, seed);
        let mut class_sizes = vec![0; num_classes];
        labels.iter().for_each(|&label| class_sizes[label as usize] += 1);
        let of_half = [0, 1].map(|half| {
            let mut words = vec![Word::default(); data.tokens.len()];
            let mut votes = vec![0i64; data.tokens.len()];
            let texts = || (0..labels.len()).filter(|&text| folds[text] == half);
            // Boyer & Moore's majority vote names the only class that can be that pure; the second pass counts it.
            for text in texts() {
                for (word, _) in distinct(&data.learned.ids[text]) {
                    match (votes[word], words[word].class == labels[text]) {
                        (0, _) => (words[word].class, votes[word]) = (labels[text], 1),
                        (_, true) => votes[word] += 1,
                        (_, false) => votes[word] -= 1,
                    }
                }
            }
            for text in texts() {
                for (word, is_at_end) in distinct(&data.learned.ids[text]) {
                    words[word].texts += 1;
                    words[word].at_end += u32::from(is_at_end);
                    words[word].of_class += u32::from(words[word].class == labels[text]);
                }
            }
            words
        });
        Words { of_half, class_sizes }
    }

    /// Whether both halves say that a word is of one class.
    fn is_pure(&self, word: usize, purity: f64, texts: u32) -> bool {
        let [a, b] = [0, 1].map(|half| self.of_half[half][word]);
        let is_pure = |word: Word| word.texts >= texts && f64::from(word.of_class) >= purity * f64::from(word.texts);
        a.class == b.class && is_pure(a) && is_pure(b)
    }

    /// The fraction of texts with a word of one class that stands at an end of texts, and these words, the most frequent first.
    fn placed(&self, data: &Data) -> (f64, Vec<u32>) {
        let is_placed = |word: usize| {
            let sum = |of: fn(&Word) -> u32| f64::from(self.of_half.iter().map(|half| of(&half[word])).sum::<u32>());
            self.is_pure(word, PLACED_PURITY, PLACED_TEXTS)
                && sum(|word| word.at_end) >= AT_END * sum(|word| word.texts)
        };
        let mut words: Vec<usize> = (0..data.tokens.len()).filter(|&word| is_placed(word)).collect();
        let set: FxHashSet<u32> = words.iter().map(|&word| FIRST_ID + word as u32).collect();
        let has_one = |text: &&Vec<u32>| text.len() >= VIEWED_WORDS && text.iter().any(|id| set.contains(id));
        let texts = data.learned.ids.iter().filter(has_one).count();
        words.sort_by_key(|&word| std::cmp::Reverse(self.of_half[0][word].texts + self.of_half[1][word].texts));
        let fraction = texts as f64 / data.learned.len() as f64;
        (fraction, words.into_iter().map(|word| FIRST_ID + word as u32).collect())
    }

    /// A word that so much of a class has, and nearly no other text: word, class, fraction of the class.
    fn covering(&self, data: &Data, least: f64) -> Option<(u32, u32, f64)> {
        let coverage = |word: usize| {
            let class = self.of_half[0][word].class;
            let size = self.class_sizes[class as usize];
            let of_class = self.of_half[0][word].of_class + self.of_half[1][word].of_class;
            (class, f64::from(of_class) / f64::from(size.max(ONE_WORD_CLASS)))
        };
        let words = (0..data.tokens.len()).filter(|&word| self.is_pure(word, ONE_WORD_PURITY, 1));
        let covering = words.map(|word| (word, coverage(word))).filter(|(_, (_, fraction))| *fraction >= least);
        let best = covering.max_by(|(_, (_, a)), (_, (_, b))| a.total_cmp(b));
        best.map(|(word, (class, fraction))| (FIRST_ID + word as u32, class, fraction))
    }
}

/// The distinct words of a text as indices, and whether each is among its first or last.
fn distinct(text: &[u32]) -> Vec<(usize, bool)> {
    let is_end = |position: usize| position < VIEW || position + VIEW >= text.len();
    let is_long = text.len() >= VIEWED_WORDS;
    let mut words: Vec<(usize, bool)> = text
        .iter()
        .enumerate()
        .map(|(position, &id)| ((id - FIRST_ID) as usize, is_long && is_end(position)))
        .collect();
    words.sort_unstable_by_key(|&(word, is_end)| (word, !is_end));
    words.dedup_by_key(|(word, _)| *word);
    words
}

fn examples(data: &Data, marks: &FxHashSet<u32>) -> Vec<Example> {
    let mark = |text: usize| data.learned.ids[text].iter().copied().find(|id| marks.contains(id));
    let texts = (0..data.learned.len()).filter_map(|text| Some((text, mark(text)?)));
    let example = |(text, id): (usize, u32)| Example {
        source: data.learned.items[text].source.to_string(),
        label: data.class(data.learned.labels[text]).to_string(),
        text: excerpt(data.learned.items[text].text),
        why: format!("contains {:?}", data.token(id)),
    };
    texts.take(EXAMPLES).map(example).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_the_lines_that_a_text_begins_with() {
        let fields: Vec<(&str, &str)> = fields_of("From: a@b.c\nSubject: Re: x\n\nBody: no field\n").collect();
        assert_eq!(fields, [("From", "a@b.c"), ("Subject", "Re: x")]);
        assert_eq!(fields_of("Well: this is prose").count(), 1);
        assert_eq!(fields_of("I said: this is prose").count(), 0);
    }

    #[test]
    fn a_word_at_an_end_counts_once() {
        let text: Vec<u32> = (0..12).map(|word| FIRST_ID + word % 7).collect();
        let words = distinct(&text);
        assert_eq!(words.len(), 7);
        assert_eq!(words.iter().filter(|(_, is_end)| *is_end).count(), 5); // 0, 1, 2 and 2, 3, 4
    }
}
