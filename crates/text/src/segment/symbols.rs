//! Which characters beyond letters and digits are tokens.
//!
//! Takes a segment between two word boundaries (an emoji with its skin tone is one) -> says whether it is a symbol, and whether a
//! setting keeps it. Symbols in ASCII (`+`, `$`, `<`) are punctuation of texts and never tokens. Source of the properties: Unicode
//! Standard Annex 44 and Unicode Technical Standard 51.

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeEmoji, UnicodeGeneralCategory};

/// Which symbols are tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Symbols {
    /// None.
    None,
    /// Emoji and pictographs: 👍, ❤, ☺, ★, ✓.
    #[default]
    Emoji,
    /// Every symbol beyond ASCII: also →, €, ©.
    All,
}

impl Symbols {
    /// Its name in settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Symbols::None => "none",
            Symbols::Emoji => "emoji",
            Symbols::All => "all",
        }
    }

    /// The token of a segment that is a symbol and wanted: without the variation selector that asks for the picture in colour or in
    /// black.
    pub(super) fn token(self, segment: &str) -> Option<&str> {
        (is_symbol(segment) && self.keeps(segment)).then(|| segment.trim_end_matches(['\u{fe0e}', '\u{fe0f}']))
    }

    /// True when a symbol is a token.
    fn keeps(self, symbol: &str) -> bool {
        match self {
            Symbols::None => false,
            Symbols::Emoji => symbol.chars().next().is_some_and(is_pictograph),
            Symbols::All => true,
        }
    }
}

/// True for a segment that begins with a symbol beyond ASCII.
pub(super) fn is_symbol(segment: &str) -> bool {
    segment.chars().next().is_some_and(|first| {
        !first.is_ascii() && (first.general_category_group() == GeneralCategoryGroup::Symbol || is_pictograph(first))
    })
}

/// Emoji, and the blocks Miscellaneous Symbols and Dingbats. Signs of letters such as © and ™, which are emoji on request only, are not
/// among them.
fn is_pictograph(character: char) -> bool {
    matches!(character, '\u{2600}'..='\u{27bf}') || (character >= '\u{2190}' && character.is_emoji_char())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictographs_are_told_from_other_symbols() {
        for symbol in ["👍", "👍🏽", "❤\u{fe0f}", "☺", "★", "♥", "✓", "🇰🇷", "👩\u{200d}👧", "⌚", "🪿"]
        {
            assert!(is_symbol(symbol) && Symbols::Emoji.keeps(symbol) && !Symbols::None.keeps(symbol), "{symbol}");
        }
        for symbol in ["→", "€", "©", "™", "°", "■"] {
            assert!(is_symbol(symbol) && !Symbols::Emoji.keeps(symbol) && Symbols::All.keeps(symbol), "{symbol}");
        }
        for other in ["+", "$", ":-)", "、", "\u{2019}", "—", " ", "\u{a0}", "\u{301}"] {
            assert!(!is_symbol(other), "{other}");
        }
    }
}
