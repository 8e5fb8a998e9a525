//! How texts were read from files, so that a saved model reads new files as its training files were read.

use serde::{Deserialize, Serialize};

use crate::columns::Layout;
use crate::config::CorpusConfig;
use crate::strip::Strip;

/// What reading the training files decided, or was told to do. The default: nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InputFormat {
    /// The columns of a table, or keys of JSON objects, whose contents were joined with a newline: names, or numbers counted
    /// from 1 where the columns have no names. Empty for other files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text_column: Vec<String>,
    /// The column or key of the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// The names of all columns of a table whose first line holds them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// Number of columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_columns: Option<usize>,
    /// What separates the cells of a table, where the user named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The encoding, where the user named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// What was removed from each text.
    #[serde(skip_serializing_if = "is_nothing")]
    pub strip: Strip,
}

fn is_nothing(strip: &Strip) -> bool {
    *strip == Strip::default()
}

impl InputFormat {
    /// Whether nothing is known.
    pub fn is_default(&self) -> bool {
        *self == InputFormat::default()
    }

    /// The settings for a new file: those of `config`, and where it leaves a choice, what was done in training.
    #[must_use]
    pub fn complete(&self, mut config: CorpusConfig) -> CorpusConfig {
        let defaults = CorpusConfig::default();
        if config.text_column.is_empty() {
            config.text_column.clone_from(&self.text_column);
        }
        if let (true, Some(label)) = (config.label_column.is_empty(), &self.label_column) {
            config.label_column.clone_from(label);
        }
        if let (true, Some(delimiter)) = (config.delimiter == defaults.delimiter, &self.delimiter) {
            config.delimiter.clone_from(delimiter);
        }
        if let (true, Some(encoding)) = (config.encoding == defaults.encoding, &self.encoding) {
            config.encoding.clone_from(encoding);
        }
        if config.strip == defaults.strip {
            let names = self.strip.names();
            config.strip = if names.is_empty() { vec!["none".to_owned()] } else { names };
        }
        config
    }

    /// As a table's columns describe it.
    pub(crate) fn of_table(layout: &Layout) -> InputFormat {
        let name = |&column: &usize| match &layout.header {
            Some(names) => names[column].clone(),
            None => (column + 1).to_string(),
        };
        InputFormat {
            text_column: layout.text.iter().map(name).collect(),
            label_column: layout.label.as_ref().map(name),
            header: layout.header.clone().unwrap_or_default(),
            num_columns: Some(layout.width),
            ..InputFormat::default()
        }
    }

    /// The columns of the training table, without that of the label; `None` where there was no table.
    pub(crate) fn layout(&self) -> Option<Layout> {
        let width = self.num_columns?;
        let position = |wanted: &String| match self.header.as_slice() {
            [] => wanted.parse().ok().and_then(|number: usize| number.checked_sub(1)),
            names => names.iter().position(|name| name == wanted),
        };
        let text: Vec<usize> = self.text_column.iter().map(position).collect::<Option<_>>()?;
        let is_possible = !text.is_empty() && text.iter().all(|&column| column < width);
        let header = (!self.header.is_empty()).then(|| self.header.clone());
        is_possible.then_some(Layout { text, label: None, header, width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explicit_settings_go_before_those_of_training() {
        let trained = InputFormat {
            text_column: vec!["body".into()],
            encoding: Some("cp949".into()),
            strip: Strip { quotes: true, ..Strip::default() },
            ..InputFormat::default()
        };
        let all = trained.complete(CorpusConfig::default());
        assert_eq!(
            (all.text_column, all.encoding.as_str(), all.strip),
            (vec!["body".into()], "cp949", vec!["quotes".into()])
        );
        let given =
            CorpusConfig { text_column: vec!["title".into()], strip: vec!["none".into()], ..CorpusConfig::default() };
        let kept = trained.complete(given);
        assert_eq!((kept.text_column, kept.strip), (vec!["title".into()], vec!["none".into()]));
    }

    #[test]
    fn layout_survives_with_and_without_a_header() {
        let header = Some(["id", "body", "topic"].map(String::from).to_vec());
        for header in [header, None] {
            let layout = Layout { text: vec![1], label: Some(2), header, width: 3 };
            let format = InputFormat::of_table(&layout);
            assert_eq!(format.layout(), Some(Layout { label: None, ..layout }));
        }
        assert_eq!(InputFormat::default().layout(), None);
    }
}
