//! Removing what gives a news post's group away: headers, signatures, quotes.
//!
//! Takes the text of a post -> gives what its author wrote about the matter. The rules are those of scikit-learn's
//! `fetch_20newsgroups(remove=...)`, to the byte, so that figures can be compared; `tests/it/strip.rs` holds them to it.

use serde::{Deserialize, Serialize};

/// What is to be removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strip {
    /// Everything up to the first empty line.
    pub headers: bool,
    /// The signature: the last block behind an empty line or a line of hyphens.
    pub footers: bool,
    /// Quoted lines, and the lines that introduce them.
    pub quotes: bool,
}

impl Strip {
    /// The parts that are removed, in the order in which they are.
    pub fn names(&self) -> Vec<String> {
        let all = [("headers", self.headers), ("footers", self.footers), ("quotes", self.quotes)];
        all.iter().filter(|(_, removed)| *removed).map(|(name, _)| name.to_string()).collect()
    }

    /// The text without them.
    pub fn apply(&self, text: &str) -> String {
        let text = if self.headers { without_headers(text) } else { text };
        let text = if self.footers { without_footers(text) } else { text };
        if self.quotes { without_quotes(text) } else { text.to_string() }
    }
}

/// What comes after the first empty line; nothing when there is none.
fn without_headers(text: &str) -> &str {
    text.split_once("\n\n").map_or("", |(_, body)| body)
}

/// What comes before the last line that is empty or all hyphens; the whole text, with the white space around it, when
/// there is no such line or it is the first.
fn without_footers(text: &str) -> &str {
    let body = text.trim_matches(is_python_space);
    let mut end = body.len();
    loop {
        let start = body[..end].rfind('\n').map_or(0, |newline| newline + 1);
        if start == 0 {
            return text;
        }
        if body[start..end].trim_matches(is_python_space).trim_matches('-').is_empty() {
            return &body[..start - 1];
        }
        end = start - 1;
    }
}

/// The lines that neither quote nor introduce a quote.
fn without_quotes(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut first = true;
    for line in text.split('\n').filter(|line| !is_quote(line)) {
        if !first {
            kept.push('\n');
        }
        first = false;
        kept.push_str(line);
    }
    kept
}

fn is_quote(line: &str) -> bool {
    const OPENINGS: [&str; 4] = ["In article", "Quoted from", "|", ">"];
    const BEFORE_A_COLON: [&str; 4] = ["writes", "wrote", "says", "said"];
    OPENINGS.iter().any(|opening| line.starts_with(opening))
        || line.match_indices(':').any(|(colon, _)| BEFORE_A_COLON.iter().any(|verb| line[..colon].ends_with(verb)))
        || line.contains("writes in")
}

/// What Python's `str.strip()` takes for white space: Unicode's, and the four separators 0x1c to 0x1f.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_loses_its_header_signature_and_quotes() {
        let post = "From: someone\nSubject: moon\n\nIn article <1> x wrote:\n> old\nNew words.\n\n--\nSigned\n";
        let all = Strip { headers: true, footers: true, quotes: true };
        assert_eq!(all.apply(post), "New words.\n");
        assert_eq!(Strip::default().apply(post), post);
        assert_eq!(all.names(), ["headers", "footers", "quotes"]);
    }

    #[test]
    fn a_post_without_an_empty_line_is_all_header() {
        assert_eq!(without_headers("From: someone\nno body"), "");
    }

    #[test]
    fn a_text_without_a_signature_keeps_the_space_around_it() {
        assert_eq!(without_footers("  one line \n"), "  one line \n");
        assert_eq!(without_footers("--\nonly a rule above"), "--\nonly a rule above");
        assert_eq!(without_footers(" two\n\nblocks "), "two");
    }
}
