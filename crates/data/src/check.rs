//! Which settings of a corpus have a meaning, alone and together.
//!
//! Takes a [`CorpusConfig`] -> gives the first key that is wrong, or what the settings mean for the corpus that they name.

use crate::config::CorpusConfig;
use crate::named;
use crate::split::{Pick, Split};
use crate::strip::Strip;
use ninefold_core::error::{Error, Result};

impl CorpusConfig {
    /// Checks every setting, alone and with the others.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] naming the key.
    pub fn validate(&self) -> Result<()> {
        if self.data.trim().is_empty() {
            return Err(Error::invalid_value("data", format!("{} or a path", named::quoted_names(", ")), "nothing"));
        }
        for (key, fraction) in
            [("test_fraction", self.test_fraction), ("validation_fraction", self.validation_fraction)]
        {
            if !(fraction > 0.0 && fraction < 1.0) {
                return Err(Error::invalid_value(key, "a share between 0 and 1, neither included", fraction));
            }
        }
        let is_by_date = || self.named().is_some_and(|corpus| corpus.split == "bydate");
        if self.split == Split::Bydate && !is_by_date() {
            let expected = "\"auto\", \"given\", \"random\" or \"last\" (\"bydate\" belongs to 20newsgroups)";
            return Err(Error::invalid_value("split", expected, "\"bydate\""));
        }
        if let Some(pick) = self.split.pick()
            && !self.test.is_empty()
        {
            let expected = "\"auto\" or \"given\", since test names a test part";
            return Err(Error::invalid_value("split", expected, format!("{:?}", pick.name())));
        }
        if !self.more_data.is_empty() && self.named().is_some() {
            return Err(Error::conflict(
                "more_data",
                "data",
                format!("{:?} is a corpus by name, not a file", self.data),
            ));
        }
        let columns = [("group_column", &self.group_column), ("weight_column", &self.weight_column)];
        if let Some((key, _)) = columns.into_iter().find(|(_, column)| !column.is_empty())
            && self.named().is_some()
        {
            let reason = format!("{:?} is a corpus by name, without columns", self.data);
            return Err(Error::conflict(key, "data", reason));
        }
        let picks = [("split", self.split.pick()), ("validation", Some(self.validation))];
        if let Some((key, _)) = picks.into_iter().find(|&(_, pick)| pick == Some(Pick::Last))
            && !self.group_column.is_empty()
        {
            return Err(Error::conflict(
                "group_column",
                key,
                "the last texts of a class would divide groups: use \"random\"",
            ));
        }
        self.charset()?;
        self.delimiter()?;
        self.label_changes()?;
        self.strip()?;
        self.sample.validate()
    }

    /// What is removed from each text: for "auto", what the named corpus wants removed.
    pub(crate) fn strip(&self) -> Result<Strip> {
        let mut strip = Strip::default();
        for name in &self.strip {
            match name.as_str() {
                "headers" => strip.headers = true,
                "footers" => strip.footers = true,
                "quotes" => strip.quotes = true,
                "auto" | "none" if self.strip.len() == 1 => {}
                "auto" | "none" => {
                    return Err(Error::invalid_value("strip", format!("{name:?} alone"), format!("{:?}", self.strip)));
                }
                _ => {
                    let expected = "any of \"headers\", \"footers\", \"quotes\", or \"auto\", or \"none\"";
                    return Err(Error::invalid_value("strip", expected, format!("{name:?}")));
                }
            }
        }
        match self.named() {
            Some(corpus) if self.strip == ["auto"] => Ok(corpus.strip),
            _ => Ok(strip),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn key_of(config: &CorpusConfig) -> String {
        match config.validate() {
            Err(Error::InvalidValue { key, .. }) => key,
            other => panic!("expected a config error, found {other:?}"),
        }
    }

    #[test]
    fn the_default_is_valid() {
        CorpusConfig::default().validate().unwrap();
    }

    #[test]
    fn settings_without_meaning_are_named() {
        let with = |change: fn(&mut CorpusConfig)| {
            let mut config = CorpusConfig::default();
            change(&mut config);
            key_of(&config)
        };
        assert_eq!(with(|c| c.data.clear()), "data");
        assert_eq!(with(|c| c.test_fraction = 1.0), "test_fraction");
        assert_eq!(with(|c| c.validation_fraction = f64::NAN), "validation_fraction");
        assert_eq!(with(|c| c.split = Split::Bydate), "split");
        assert_eq!(with(|c| (c.split, c.test) = (Split::Random, "t.csv".into())), "split");
        assert_eq!(with(|c| c.encoding = "klingon".into()), "encoding");
        assert_eq!(with(|c| c.labels = vec!["merge".into()]), "labels");
        assert_eq!(with(|c| c.delimiter = "::".into()), "delimiter");
        assert_eq!(with(|c| c.strip = vec!["signatures".into()]), "strip");
        assert_eq!(with(|c| c.strip = vec!["none".into(), "quotes".into()]), "strip");
    }

    #[test]
    fn auto_strips_newsgroups_only() {
        let all = Strip { headers: true, footers: true, quotes: true };
        let newsgroups = CorpusConfig { data: "20newsgroups".into(), ..CorpusConfig::default() };
        assert_eq!(newsgroups.strip().unwrap(), all);
        assert_eq!(CorpusConfig::default().strip().unwrap(), Strip::default());
        let none = CorpusConfig { strip: vec!["none".into()], ..newsgroups.clone() };
        let empty = CorpusConfig { strip: vec![], ..newsgroups };
        assert_eq!((none.strip().unwrap(), empty.strip().unwrap()), (Strip::default(), Strip::default()));
    }
}
