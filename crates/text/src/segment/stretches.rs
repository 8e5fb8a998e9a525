//! Cuts a text where a boundary is certain, so that each piece can be tokenised by itself.
//!
//! Takes a text -> gives its stretches: either pure ASCII, for which segmentation is several times faster, or as short as
//! possible around what is not.

/// The stretches of `text`, in order and without gaps. `is_certain(before, after)` says whether between these two
/// neighbouring ASCII bytes there is always a boundary, whatever stands further left or right.
pub(super) fn stretches(text: &str, is_certain: impl Fn(u8, u8) -> bool) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_cut = move |at: usize| {
        let (before, after) = (bytes[at - 1], bytes[at]);
        before.is_ascii() && after.is_ascii() && is_certain(before, after)
    };
    let mut start = 0;
    std::iter::from_fn(move || {
        if start == bytes.len() {
            return None;
        }
        let rest = &bytes[start..];
        let foreign = if rest.is_ascii() { None } else { rest.iter().position(|byte| !byte.is_ascii()) };
        let end = match foreign {
            None => bytes.len(),
            Some(distance) => {
                let foreign = start + distance;
                let ascii_end = (start + 1..foreign).rev().find(|&at| is_cut(at));
                let mixed_end = || (foreign + 1..bytes.len()).find(|&at| is_cut(at)).unwrap_or(bytes.len());
                ascii_end.unwrap_or_else(mixed_end)
            }
        };
        let stretch = &text[start..end];
        start = end;
        Some(stretch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_neighbourhood_of_other_scripts_leaves_the_fast_path() {
        let parts: Vec<&str> = stretches("one two café au lait, é!", |a, b| a == b' ' && b != b' ').collect();
        assert_eq!(parts, ["one two ", "café ", "au ", "lait, é!"]);
    }

    #[test]
    fn stretches_join_to_the_text() {
        for text in ["", " ", "é", "a é", "é a", "é a b", "a\u{301} b c\u{301}"] {
            assert_eq!(stretches(text, |a, _| a == b' ').collect::<String>(), text);
        }
    }
}
