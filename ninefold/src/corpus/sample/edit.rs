//! Small changes to a text: the typing errors of somebody in a hurry, the touch-ups of somebody who posts twice.

use crate::rng::Rng;

/// `text` with a typing error in each long enough word with probability `share`.
pub(super) fn with_typos(text: &str, share: f64, rng: &mut Rng) -> String {
    let words = text.split(' ').map(|word| if word.len() > 4 && rng.chance(share) { typo(word, rng) } else { word.to_string() });
    words.collect::<Vec<_>>().join(" ")
}

/// A light edit, as when a post is sent a second time: one change for every twenty words, at least one.
pub(super) fn retouched(text: &str, rng: &mut Rng) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_string).collect();
    for _ in 0..words.len().div_ceil(20) {
        let place = rng.below(words.len());
        match rng.below(3) {
            0 if words.len() > 4 && !words[place].contains('\n') => {
                words.remove(place);
            }
            1 if place > 0 && words[place].chars().all(char::is_lowercase) => {
                let hedge = *rng.choose(&["really", "just", "also", "still", "perhaps"]);
                words.insert(place, hedge.to_string());
            }
            _ => words[place] = typo(&words[place], rng),
        }
    }
    if rng.chance(0.3) {
        let note = *rng.choose(&["Edit: typo.", "Edited for clarity.", "Bump.", "Posting this again, nobody answered.", "Update: no change."]);
        words.push(note.to_string());
    }
    words.join(" ")
}

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
