//! Small changes to a text: the typing errors of somebody in a hurry, the touch-ups of somebody who posts twice.

use crate::rng::Rng;

/// `text` with a typing error in each long enough word with probability `share`.
pub(super) fn with_typos(text: &str, share: f64, rng: &mut Rng) -> String {
    let words = text
        .split(' ')
        .map(|word| if word.len() > 4 && rng.chance(share) { typo(word, rng) } else { word.to_string() });
    words.collect::<Vec<_>>().join(" ")
}

/// A light edit, as when a post is sent a second time: a change for every twenty words, and now and then a note.
pub(super) fn retouched(text: &str, rng: &mut Rng) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_string).collect();
    for _ in 0..words.len().div_ceil(20) {
        let place = rng.below(words.len());
        match rng.below(3) {
            0 if words.len() > 8 && !words[place].contains('\n') => {
                words.remove(place);
            }
            1 if place > 0 && words[place].chars().all(char::is_lowercase) => {
                words.insert(place, rng.choose(&HEDGES).to_string());
            }
            _ => words[place] = typo(&words[place], rng),
        }
    }
    let edited = words.join(" ");
    if edited == text || rng.chance(0.3) { format!("{edited} {}", rng.choose(&NOTES)) } else { edited }
}

const HEDGES: [&str; 5] = ["really", "just", "also", "still", "perhaps"];
const NOTES: [&str; 5] =
    ["Edit: typo.", "Edited for clarity.", "Bump.", "Posting this again, nobody answered.", "Update: no change."];

/// Two neighbouring letters swapped, a letter lost, or a letter doubled; never the first one.
fn typo(word: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let last = letters.iter().rposition(|letter| letter.is_alphabetic()).unwrap_or(0);
    if last < 3 || letters[..=last].iter().any(|letter| !letter.is_alphabetic()) {
        return word.to_string();
    }
    let place = 1 + rng.below(last - 1);
    match rng.below(3) {
        0 => letters.swap(place, place + 1),
        1 => {
            letters.remove(place);
        }
        _ => letters.insert(place, letters[place]),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Never cut more than a third of the grass, and leave the clippings in dry weather.";

    #[test]
    fn a_typo_changes_letters_but_not_the_first_nor_the_punctuation() {
        let mut rng = Rng::new(1);
        for _ in 0..100 {
            let wrong = typo("clippings,", &mut rng);
            assert!(wrong.starts_with('c') && wrong.ends_with(',') && wrong.len().abs_diff(10) <= 1, "{wrong}");
        }
        assert_eq!(typo("don't", &mut rng), "don't");
        assert_ne!(with_typos(TEXT, 1.0, &mut rng), TEXT);
        assert_eq!(with_typos(TEXT, 0.0, &mut rng), TEXT);
    }

    #[test]
    fn a_retouched_text_is_nearly_the_same_and_never_the_same() {
        let mut rng = Rng::new(2);
        for _ in 0..200 {
            let copy = retouched(TEXT, &mut rng);
            assert_ne!(copy, TEXT);
            let kept = TEXT.split(' ').filter(|word| copy.contains(word)).count();
            assert!(kept + 2 >= TEXT.split(' ').count(), "{copy}");
        }
    }
}
