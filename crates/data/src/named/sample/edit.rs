//! Small changes to a text: the typing errors of somebody in a hurry, the touch-ups of somebody who posts twice.

use ninefold_core::rng::Rng;

/// `text` with a typing error in each long enough word with probability `share`.
pub(super) fn with_typos(text: &str, share: f64, rng: &mut Rng) -> String {
    let words = text
        .split(' ')
        .map(|word| if word.len() > 4 && rng.chance(share) { typo(word, rng) } else { word.to_string() });
    words.collect::<Vec<_>>().join(" ")
}

/// A light edit, as when a post is sent a second time: a few typing errors, and a greeting, a note or a shorter ending.
pub(super) fn retouched(text: &str, rng: &mut Rng) -> String {
    let typed = with_typos(text, 0.04, rng);
    match rng.below(4) {
        0 => format!("{} {typed}", rng.choose(&["Hi again.", "Once more:", "I asked this before:"])),
        1 => without_last_sentence(&typed).to_string(),
        2 if typed != text => typed,
        _ => format!("{typed} {}", rng.choose(&NOTES)),
    }
}

const NOTES: [&str; 5] =
    ["Edit: typo.", "Edited for clarity.", "Bump.", "Posting this again, nobody answered.", "Update: no change."];

/// All but the last sentence of a text; a short one only loses its full stop.
fn without_last_sentence(text: &str) -> &str {
    let ends = [". ", "? ", "! "].iter().filter_map(|end| text.rfind(end)).max();
    match ends.map(|end| &text[..=end]).filter(|rest| rest.len() * 3 > text.len() * 2) {
        Some(rest) => rest,
        None => &text[..text.len() - 1],
    }
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
        for text in [TEXT.to_string(), format!("{TEXT} {TEXT} Good luck.")] {
            for _ in 0..200 {
                let copy = retouched(&text, &mut rng);
                assert_ne!(copy, text);
                let kept = text.split(' ').filter(|word| copy.contains(word)).count();
                assert!(kept + 4 >= text.split(' ').count(), "{copy}");
            }
        }
        assert_eq!(without_last_sentence("One two three four. Why?"), "One two three four.");
        assert_eq!(without_last_sentence("Yes. One two three four?"), "Yes. One two three four");
    }
}
