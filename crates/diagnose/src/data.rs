//! What is diagnosed: tokenised texts with their labels in two parts, and the answers of models to the test texts.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::DiagnosisConfig;
use ninefold_core::rng::Rng;
use ninefold_metrics::stratified_order;
use ninefold_text::tokenize::Tokenizer;
use ninefold_text::vocab::UNK;

/// One text as it was read.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The text.
    pub text: &'a str,
    /// Where it came from.
    pub source: &'a str,
    /// Its class; a test text may have none, or one that no training text has.
    pub label: Option<u32>,
}

/// Which texts the models of a comparison answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answered {
    /// Those of the test part.
    #[default]
    Test,
    /// The learned ones, each by a model that was not trained on it: cross-validation.
    Learned,
}

/// The answers of a model to the texts of the part that is [`Answered`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelAnswers {
    /// Its name in the leaderboard.
    pub name: String,
    /// The class of each text of the part. `[texts]`
    pub predicted: Vec<u32>,
    /// Tokens of a text that it reads; `None`: all.
    pub max_len: Option<usize>,
    /// Whether validation chose it: what is explained are its errors.
    pub is_chosen: bool,
}

/// All that a diagnosis looks at.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// How texts are divided into tokens.
    pub tokenizer: &'a Tokenizer,
    /// Names of the classes.
    pub classes: &'a [String],
    /// Train and validation texts. Those without a label are ignored.
    pub learned: &'a [Item<'a>],
    /// Test texts; may be empty.
    pub test: &'a [Item<'a>],
    /// The models of a comparison, where there are any.
    pub models: &'a [ModelAnswers],
    /// Which texts they answer.
    pub answered: Answered,
}

/// Texts of one part.
#[derive(Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// The index of each among the texts of the input. `[texts]`
    pub(crate) indices: Vec<usize>,
    /// Token ids, counted from [`FIRST_ID`]. `[texts][tokens]`
    pub(crate) ids: Vec<Vec<u32>>,
    /// Empty where the texts have no labels. `[texts]`
    pub(crate) labels: Vec<u32>,
}

impl Part<'_> {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn is_labelled(&self) -> bool {
        !self.labels.is_empty()
    }
}

/// Lower ids mean padding and unknown words elsewhere.
pub(crate) const FIRST_ID: u32 = UNK + 1;

/// The texts that are looked at, all of them or a sample.
pub(crate) struct Data<'a> {
    pub(crate) tokenizer: &'a Tokenizer,
    pub(crate) classes: &'a [String],
    /// The token of each id from [`FIRST_ID`] on.
    pub(crate) tokens: Vec<String>,
    pub(crate) learned: Part<'a>,
    pub(crate) test: Part<'a>,
    pub(crate) models: Vec<ModelAnswers>,
    pub(crate) answered: Answered,
}

impl<'a> Data<'a> {
    /// Draws a sample where there are too many texts, and tokenises.
    pub(crate) fn of(input: &Input<'a>, settings: &DiagnosisConfig, seed: u64) -> Data<'a> {
        let is_learned =
            |index: &usize| input.learned[*index].label.is_some_and(|label| (label as usize) < input.classes.len());
        let learned: Vec<usize> = (0..input.learned.len()).filter(is_learned).collect();
        let has_labels = input.test.iter().any(|item| item.label.is_some());
        let is_kept = |index: &usize| !has_labels || input.test[*index].label.is_some();
        let test: Vec<usize> = (0..input.test.len()).filter(is_kept).collect();

        let of_learned = sample(&learned, |index| input.learned[index].label, settings.max_texts, seed, "learned");
        let of_test = sample(&test, |index| input.test[index].label, settings.max_texts, seed, "test");
        let answered = match input.answered {
            Answered::Test => &of_test,
            Answered::Learned => &of_learned,
        };
        let models = input.models.iter().map(|model| ModelAnswers {
            predicted: answered.iter().map(|&index| model.predicted[index]).collect(),
            ..model.clone()
        });
        let models = models.collect();
        let mut ids = FxHashMap::default();
        let mut tokens = Vec::new();
        let [learned, test] = [(of_learned, input.learned), (of_test, input.test)]
            .map(|(indices, items)| part(indices, items, input.tokenizer, &mut ids, &mut tokens));
        let answered = input.answered;
        Data { tokenizer: input.tokenizer, classes: input.classes, tokens, learned, test, models, answered }
    }

    /// The token of an id.
    pub(crate) fn token(&self, id: u32) -> &str {
        &self.tokens[(id - FIRST_ID) as usize]
    }

    /// The name of a class; of one that no training text has a mark.
    pub(crate) fn class(&self, label: u32) -> &str {
        self.classes.get(label as usize).map_or("(not in train)", String::as_str)
    }

    /// The model whose errors are explained, if validation chose one.
    pub(crate) fn chosen(&self) -> Option<&ModelAnswers> {
        self.models.iter().find(|model| model.is_chosen)
    }
}

/// At most `most` of the indices in their order; each class, those without a label included, keeps its fraction.
fn sample(
    indices: &[usize],
    label_of: impl Fn(usize) -> Option<u32>,
    most: usize,
    seed: u64,
    part: &str,
) -> Vec<usize> {
    if indices.len() <= most {
        return indices.to_vec();
    }
    let mut shuffled = indices.to_vec();
    Rng::for_purpose(seed, &format!("diagnosis {part}")).shuffle(&mut shuffled);
    let mut classes: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
    shuffled.into_iter().for_each(|index| classes.entry(label_of(index)).or_default().push(index));
    let classes: Vec<Vec<usize>> = classes.into_values().collect();
    let mut drawn: Vec<usize> = stratified_order(&classes).into_iter().take(most).collect();
    drawn.sort_unstable();
    drawn
}

fn part<'a>(
    indices: Vec<usize>,
    items: &[Item<'a>],
    tokenizer: &Tokenizer,
    ids: &mut FxHashMap<String, u32>,
    tokens: &mut Vec<String>,
) -> Part<'a> {
    let items: Vec<Item> = indices.iter().map(|&index| items[index]).collect();
    let tokenised: Vec<Vec<String>> = items.par_iter().map(|item| tokenizer.tokenize(item.text)).collect();
    let mut id = |token: String| {
        *ids.entry(token).or_insert_with_key(|token| {
            tokens.push(token.clone());
            FIRST_ID + tokens.len() as u32 - 1
        })
    };
    let ids = tokenised.into_iter().map(|text| text.into_iter().map(&mut id).collect()).collect();
    let labels = items.iter().map(|item| item.label).collect::<Option<Vec<u32>>>().unwrap_or_default();
    Part { items, indices, ids, labels }
}

/// The beginning of a text on one line.
pub(crate) fn excerpt(text: &str) -> String {
    const LENGTH: usize = 240;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_keeps_the_fractions_of_classes() {
        let label_of = |index: usize| Some(u32::from(index.is_multiple_of(10)));
        let all: Vec<usize> = (0..1_000).collect();
        let drawn = sample(&all, label_of, 200, 1, "test");
        assert_eq!((drawn.len(), drawn.iter().filter(|&&index| label_of(index) == Some(1)).count()), (200, 20));
        assert!(drawn.is_sorted() && drawn != sample(&all, label_of, 200, 2, "test"));
        assert_eq!(sample(&all, label_of, 1_000, 1, "test"), all);
    }
}
