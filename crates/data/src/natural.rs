//! The order in which people number files: "post 9" before "post 10".

/// A stretch of a name: a number, of which more digits are more, or what stands between numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stretch<'a> {
    Number(usize, &'a str), // digits, without leading zeros
    Text(&'a str),
}

/// A key that sorts names as people number them. Rows of a file ("x.csv:12") and files in a folder ("posts/99") alike.
pub(crate) fn natural(name: &str) -> Vec<Stretch<'_>> {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let stretches = name.as_bytes().chunk_by(|a, b| is_digit(a) == is_digit(b));
    let mut start = 0;
    let stretch = |bytes: &[u8]| {
        let stretch = &name[start..start + bytes.len()]; // cut beside ASCII digits, and so between characters
        start += bytes.len();
        if !is_digit(&bytes[0]) {
            return Stretch::Text(stretch);
        }
        let digits = stretch.trim_start_matches('0');
        Stretch::Number(digits.len(), digits)
    };
    stretches.map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let sorted = ["", "7", "a/9", "a/010", "a/99999", "a/101551", "a/b", "x.csv:2", "x.csv:10", "é1", "é2"];
        assert!(sorted.iter().map(|name| natural(name)).is_sorted());
        assert_eq!(natural("a01"), [Stretch::Text("a"), Stretch::Number(1, "1")]);
    }
}
