//! Files of judgements: pairs of words with scores, and analogies.
//!
//! A path -> [`Judgements`]; the lines decide which of the two a file is.

use std::path::Path;

use ninefold_core::error::{Error, Location, Result};
use ninefold_core::files::read_text;

/// A file of judgements.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgements {
    /// Two words and how similar people find them.
    Pairs(Vec<(String, String, f64)>),
    /// Questions by section: `a` is to `b` as `c` is to `d`.
    Analogies(Vec<(String, Vec<[String; 4]>)>),
}

impl Judgements {
    /// Reads a file: analogies when a line begins with `:` or has four words, else pairs, whose score is the first number
    /// after the two words. Fields are separated by tabs, commas or spaces; lines that begin with `#` and a first line
    /// without a number are skipped.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Format`] with the line.
    pub fn read(path: &Path) -> Result<Judgements> {
        let text = read_text("read", path)?;
        let lines: Vec<(usize, &str)> = (1..).zip(text.lines()).filter(|(_, line)| is_content(line)).collect();
        let location = |number: usize| Location::line(path, number);
        let Some(&(_, first)) = lines.first() else {
            return Err(Error::format(path, "pairs of words with scores, or analogies", "nothing"));
        };
        let is_question = |line: &str| {
            let mut fields = line.split_whitespace();
            line.starts_with(':') || fields.clone().count() == 4 && fields.all(|field| field.parse::<f64>().is_err())
        };
        if first.starts_with(':') || lines.iter().all(|(_, line)| is_question(line)) {
            return analogies(&lines, location);
        }
        pairs(&lines, location)
    }
}

fn is_content(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

fn analogies(lines: &[(usize, &str)], location: impl Fn(usize) -> Location) -> Result<Judgements> {
    let mut sections: Vec<(String, Vec<[String; 4]>)> = Vec::new();
    for &(number, line) in lines {
        if let Some(title) = line.strip_prefix(':') {
            sections.push((title.trim().to_owned(), Vec::new()));
            continue;
        }
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let count = words.len();
        let words = words.try_into().map_err(|_| Error::format(location(number), "four words", format!("{count}")))?;
        if sections.is_empty() {
            sections.push(("all".to_owned(), Vec::new()));
        }
        if let Some((_, questions)) = sections.last_mut() {
            questions.push(words);
        }
    }
    Ok(Judgements::Analogies(sections))
}

fn pairs(lines: &[(usize, &str)], location: impl Fn(usize) -> Location) -> Result<Judgements> {
    let mut pairs = Vec::new();
    for (index, &(number, line)) in lines.iter().enumerate() {
        let separator = ['\t', ',', ' '].into_iter().find(|&it| line.matches(it).count() >= 2).unwrap_or('\t');
        let fields: Vec<&str> = line.split(separator).map(str::trim).filter(|field| !field.is_empty()).collect();
        let score = fields.iter().skip(2).find_map(|field| field.parse::<f64>().ok());
        match (fields.as_slice(), score.filter(|score| score.is_finite())) {
            ([a, b, ..], Some(score)) => pairs.push(((*a).to_owned(), (*b).to_owned(), score)),
            _ if index == 0 => {} // a line of headings
            _ => return Err(Error::format(location(number), "two words and a score", format!("{line:?}"))),
        }
    }
    Ok(Judgements::Pairs(pairs))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Judgements> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, text).unwrap();
        Judgements::read(&path)
    }

    #[test]
    fn every_way_to_write_a_set_is_read() {
        let expected = Judgements::Pairs(vec![("old".into(), "new".into(), 1.5), ("a b".into(), "c".into(), 2.0)]);
        for text in [
            "old\tnew\t1.5\na b\tc\t2\n",
            "# a set\nword1\tword2\tPOS\tscore\nold\tnew\tA\t1.5\tx\t7\na b\tc\tN\t2\n",
            "Word 1,Word 2,Human (mean)\r\nold,new,1.5\r\na b,c,2\r\n",
            "\u{feff}old\tnew\t1.5\na b\tc\t2\n",
        ] {
            assert_eq!(read(text).unwrap(), expected, "{text:?}");
        }
        let question = ["a", "b", "c", "d"].map(String::from);
        let named = |title: &str| Judgements::Analogies(vec![(title.into(), vec![question.clone()])]);
        assert_eq!(read(": one\na b c d\n").unwrap(), named("one"));
        assert_eq!(read("a b c d\n").unwrap(), named("all"));
        assert_eq!(read("\u{feff}: one\r\na b c d\r\n").unwrap(), named("one"), "a byte order mark");
        assert!(
            read("a b 1\nc d\n")
                .unwrap_err()
                .to_string()
                .ends_with("f:2: expected two words and a score, found \"c d\"")
        );
        assert!(read(": s\na b c\n").unwrap_err().to_string().ends_with("f:2: expected four words, found 3"));
        assert!(read("# nothing\n").is_err());
    }
}
