//! GloVe text: no header, `word v1 .. vD` a line, often without a final newline.
//!
//! Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation" (2014), and its tool's output.

use std::path::Path;

use super::source::{Head, Source};
use super::{Format, ReadOptions, text, text_out};
use crate::WordVectors;
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

/// GloVe text.
pub const FORMAT: Format = Format {
    name: "glove",
    about: "GloVe text: a word and its numbers a line, no header",
    extension: "txt",
    recognises: |head| dim(head).is_some(),
    is_text: true,
    read,
    write: Some(write),
};

fn read(source: Source, options: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    let dim = dim(&source.head()).unwrap_or(0);
    text::read(source, dim, None, options, progress)
}

fn write(vectors: &WordVectors, path: &Path) -> Result<()> {
    text_out::write(vectors, path, false)
}

/// How many numbers the lines have: what at least half of the first ones end in (words may be numbers or hold spaces); the
/// smaller of two equally frequent. `None` where they do not agree, or where something else than white space separates fields.
fn dim(head: &Head) -> Option<usize> {
    let mut lines: Vec<&[u8]> = head.bytes.split(|&byte| byte == b'\n').take(101).collect();
    if lines.len() > 1 && !head.whole {
        lines.pop(); // it may be cut
    }
    lines.retain(|line| !line.trim_ascii().is_empty());
    let mut counts: Vec<(usize, usize)> = Vec::new(); // (numbers, lines that have as many)
    if lines.first().is_some_and(|line| text::other_separator(line).is_some()) {
        return None;
    }
    let half = lines.len().div_ceil(2);
    for numbers in lines.into_iter().map(text::numbers_at_end) {
        match counts.iter_mut().find(|(known, _)| *known == numbers) {
            Some((_, lines)) => *lines += 1,
            None => counts.push((numbers, 1)),
        }
    }
    counts.sort_unstable();
    let (dim, agree) = counts.into_iter().rev().max_by_key(|&(_, lines)| lines)?;
    (dim > 0 && agree >= half).then_some(dim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dimension_is_what_most_lines_have() {
        let dim_of = |text: &str| dim(&Head { bytes: text.as_bytes(), whole: true });
        assert_eq!(dim_of("a 1 2 3"), Some(3));
        assert_eq!(dim_of("7 1 2 3\n8 1 2 3\n"), Some(3), "words that are numbers");
        assert_eq!(dim_of(". . 1 2\na 1 2\nfrom 9 1 2\nb 3 4\n"), Some(2), "words with spaces");
        assert_eq!(dim_of("a 1 2\nb 1 2 3\n"), Some(2), "one says two, one says three");
        assert_eq!(dim_of("The national executive\nof the strike\n"), None);
        assert_eq!(dim_of("word"), None);
        assert_eq!(dim_of("a 1 2\n\n\n\n"), Some(2));
        assert_eq!(dim_of("a\t1  2\nwindows 95\t1 2\n  b 1\t2\n"), Some(2), "tabs and aligned columns");
        assert_eq!(dim_of("a 1\nb 1 2\nc 1 2 3\n"), None, "no two lines agree");
        assert_eq!(dim_of("a, 1, 2\nb, 3, 4\n"), None, "commas");
        let cut = Head { bytes: b"a 1 2 3\nb 1", whole: false };
        assert_eq!(dim(&cut), Some(3), "the last line goes on");
    }
}
