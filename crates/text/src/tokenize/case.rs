//! How a word's capitals are told of once it is in lower case.
//!
//! *takes* a word as it stands in the text -> *gives* the token that goes before it, if any. A name is not the word that it is
//! spelled like ("Bill", "bill"), and shouting says something of its own. Source: the tokens `xxmaj` and `xxup` of fastai's text
//! preparation (Howard & Ruder, "Universal Language Model Fine-tuning for Text Classification", 2018).

/// Goes before a word whose first letter alone is a capital. No text can contain it: `<` and `>` are never in a word.
pub const TITLE: &str = "<title>";
/// Goes before a word of two letters and more that are all capitals.
pub const UPPER: &str = "<upper>";

/// The token that goes before `word`, if any; "iPhone" and "McDonald" are neither.
pub(super) fn mark(word: &str) -> Option<&'static str> {
    let mut cased = word.chars().filter(|letter| letter.is_uppercase() || letter.is_lowercase());
    if !cased.next()?.is_uppercase() {
        return None;
    }
    let (mut capitals, mut small) = (0, 0);
    cased.for_each(|letter| *if letter.is_uppercase() { &mut capitals } else { &mut small } += 1);
    match (capitals, small) {
        (0, _) => Some(TITLE),
        (_, 0) => Some(UPPER),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_distinguished() {
        let marks = |words: &[&str]| words.iter().map(|word| mark(word)).collect::<Vec<_>>();
        assert_eq!(marks(&["Bill", "I", "Don't", "Überfall", "O'brien"]), [Some(TITLE); 5]);
        assert_eq!(marks(&["NASA", "U.S.A", "ÜBER", "RS-232C"]), [Some(UPPER); 4]);
        assert_eq!(marks(&["bill", "iPhone", "McDonald", "1990", "2nd", "한국어", ""]), [None; 7]);
    }
}
