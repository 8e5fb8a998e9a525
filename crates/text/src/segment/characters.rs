//! Text -> characters as readers count them: Unicode Standard Annex 29's grapheme clusters.
//!
//! An accented letter, a Korean syllable or a flag is one token, however many code points it has. A run of white space is
//! one token " ", and none at either end of the text.

use unicode_segmentation::UnicodeSegmentation;

use super::segmenter::{Segmenter, Token};
use super::stretches::stretches;

/// Characters as readers count them.
#[derive(Clone, Copy, Debug)]
pub struct Characters;

impl Segmenter for Characters {
    fn name(&self) -> &str {
        "characters"
    }

    fn gives_words(&self) -> bool {
        false
    }

    fn segment(&self, text: &str, give: &mut dyn FnMut(Token<'_>)) {
        let mut end_of_last = None; // None: no character yet
        let mut each = |character: &str| {
            if character.chars().all(char::is_whitespace) {
                return;
            }
            let token = Token::part_of(text, character);
            let range = token.range.clone().unwrap_or_default();
            if let Some(end) = end_of_last
                && end < range.start
            {
                give(Token { text: " ", range: Some(end..range.start) });
            }
            end_of_last = Some(range.end);
            give(token);
        };
        // Between two ASCII characters there is always a boundary but for CR LF, and those are white space either way.
        for stretch in stretches(text, |_, _| true) {
            if stretch.is_ascii() {
                (0..stretch.len()).for_each(|at| each(&stretch[at..=at]));
            } else {
                stretch.graphemes(true).for_each(&mut each);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by the definition.
    fn slow(text: &str) -> Vec<String> {
        let mut characters: Vec<String> = Vec::new();
        for character in text.graphemes(true) {
            let is_space = character.chars().all(char::is_whitespace);
            if !is_space {
                characters.push(character.to_owned());
            } else if characters.last().is_some_and(|last| last != " ") {
                characters.push(" ".to_owned());
            }
        }
        if characters.last().is_some_and(|last| last == " ") {
            characters.pop();
        }
        characters
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..Default::default() })]

        #[test]
        fn the_fast_path_changes_nothing(text in "([a-c .\\r\\n\\t]|é|e\u{301}|\u{301}|\u{200d}|👩|🇰|각|\u{1100}|\u{1161}|\u{85}|\u{3000}|ा){0,40}") {
            let mut fast = Vec::new();
            Characters.segment(&text, &mut |character| fast.push(character.text.to_owned()));
            prop_assert_eq!(fast, slow(&text));
        }
    }
}
