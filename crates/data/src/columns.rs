//! Which column holds the text and which the label.
//!
//! Takes the names of the columns (of a table's header, or the keys of a JSON object), or the first rows when there is no
//! header -> gives their positions. What the user named comes first, then the names people give such columns, then what
//! the columns hold.

use std::borrow::Cow;

use csv::StringRecord;

use crate::config::{CorpusConfig, Header};
use crate::guess::{self, Profile};
use ninefold_core::error::{Error, Result};
use ninefold_core::phrasing::{all_listed, listed, nearest, quoted};

/// Names of label columns, the most telling first; compared without case, spaces and punctuation.
const LABELS: &str = "labeltext labelname classname categoryname label labels class classlabel classindex classid category \
    categories target topic sentiment intent emotion genre newsgroup polarity rating stars score tag group y \
    라벨 레이블 분류 카테고리";
/// Names of columns that hold a title; it is joined with the text.
const TITLES: &str = "title headline subject heading 제목";
/// Names of text columns, the most telling first.
const TEXTS: &str = "text texts content contents body description document doc review reviewtext reviewbody comment \
    commenttext message sentence tweet tweettext post article abstract question utterance query input \
    selftext 본문 내용 텍스트 문장";

/// What the user says about columns.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub text: &'a [String],
    pub label: &'a str,
    /// The column of groups that no split divides; empty: none.
    pub group: &'a str,
    /// The column of weights; empty: none.
    pub weight: &'a str,
    pub header: Header,
    /// False when only texts are read: then there need not be a label.
    pub labelled: bool,
    /// What separates the cells of a table; `None`: found.
    pub delimiter: Option<u8>,
    /// The columns of the training file when its test file is read, or a file for its model: without a header of its own it has
    /// the same ones.
    pub like: Option<&'a Layout>,
    /// Whether `text` is what a saved model was trained on. A table of a single column then needs no such name.
    pub of_model: bool,
    /// Told where text and label are, before the first row.
    pub on_columns: Option<&'a dyn Fn(&str)>,
}

impl<'a> Request<'a> {
    /// As the config says.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for a delimiter that is none.
    pub fn new(config: &'a CorpusConfig, labelled: bool) -> Result<Request<'a>> {
        let (text, label, header) = (config.text_column.as_slice(), config.label_column.as_str(), config.header);
        let (group, weight) = (config.group_column.as_str(), config.weight_column.as_str());
        let delimiter = config.delimiter()?;
        Ok(Request {
            text,
            label,
            group,
            weight,
            header,
            labelled,
            delimiter,
            like: None,
            of_model: false,
            on_columns: None,
        })
    }

    /// The index of a column, by its name or its number from 1; `None` where none is wanted.
    ///
    /// # Errors
    /// [`Error::UnknownKey`] when there is no such column.
    pub fn column(wanted: &str, names: &[String], width: usize, place: &str) -> Result<Option<usize>> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let by_name = names.iter().position(|name| name.trim() == wanted);
        let by_number = wanted.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let found = by_name.or(by_number.filter(|&index| index < width));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        found.map(Some).ok_or_else(|| Error::unknown_key(format!("{place}: {wanted}"), "column", &names))
    }

    /// Tells whoever asked where text and label are.
    pub fn tell_columns(&self, columns: &str) {
        if let Some(tell) = self.on_columns {
            tell(columns);
        }
    }

    /// True when a column is asked for by a name, so that there must be names.
    fn needs_names(&self) -> bool {
        let is_name = |wanted: &str| {
            !wanted.is_empty() && wanted.split(',').any(|wanted| wanted.trim().parse::<usize>().is_err())
        };
        self.text.iter().any(|wanted| is_name(wanted)) || (self.labelled && is_name(self.label))
    }
}

/// Where text and label are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub text: Vec<usize>,
    /// `None` when only texts are read.
    pub label: Option<usize>,
    /// The names of the columns, when the first line holds them.
    pub header: Option<Vec<String>>,
    pub width: usize,
}

impl Layout {
    /// `text from "Title" and "Description", label from "Class Index"`.
    pub fn describe(&self) -> String {
        let name = |&column: &usize| match &self.header {
            Some(names) => format!("{:?}", names[column]),
            None => format!("column {}", column + 1),
        };
        let texts: Vec<String> = self.text.iter().map(name).collect();
        let label = self.label.as_ref().map(|label| format!(", label from {}", name(label))).unwrap_or_default();
        format!("text from {}{label}", texts.join(" and "))
    }

    /// True for a row that repeats the header, as in files that were put together.
    pub fn is_header(&self, row: &StringRecord) -> bool {
        self.header.as_ref().is_some_and(|names| repeats(names, row))
    }

    /// Sentences about columns that are read although others have the same name.
    pub fn duplicate_notices(&self) -> Vec<String> {
        let Some(names) = &self.header else { return Vec::new() };
        let notice = |&column: &usize| {
            let name = plain(&names[column]);
            let same =
                (0..names.len()).filter(|&other| plain(&names[other]) == name).map(|other| (other + 1).to_string());
            let same: Vec<String> = same.collect();
            (same.len() > 1).then(|| {
                let (name, columns, chosen) = (&names[column], all_listed(&same), column + 1);
                format!("columns {columns} are all called {name:?}; column {chosen} is read (a number chooses another)")
            })
        };
        self.text.iter().chain(&self.label).filter_map(notice).collect()
    }
}

/// True for a row with the cells of `first`; a byte order mark may be before it, where two files were put together.
fn repeats<T: AsRef<str>>(first: &[String], row: impl IntoIterator<Item = T>) -> bool {
    let mut row = row.into_iter();
    let same = |name: &String| {
        row.next().is_some_and(|cell| name.trim() == cell.as_ref().trim_start_matches('\u{feff}').trim())
    };
    first.iter().all(same) && row.next().is_none()
}

/// The rows without those that repeat the first one: a header that comes again is still one.
fn without_repeats(rows: &[Vec<String>]) -> Cow<'_, [Vec<String>]> {
    let [first, below @ ..] = rows else { return Cow::Borrowed(rows) };
    if !below.iter().any(|row| repeats(first, row)) {
        return Cow::Borrowed(rows);
    }
    let below = below.iter().filter(|&row| !repeats(first, row));
    std::iter::once(first).chain(below).cloned().collect()
}

/// The layout of a test table, from that of its training table: the same names in any order, or the same number of
/// columns and no names. `None` when neither fits.
pub(crate) fn as_in_training(training: &Layout, rows: &[Vec<String>]) -> Option<Layout> {
    let first: Vec<String> = rows[0].iter().map(|cell| plain(cell)).collect();
    if let Some(names) = &training.header {
        let position = |column: &usize| first.iter().position(|cell| *cell == plain(&names[*column]));
        let text: Option<Vec<usize>> = training.text.iter().map(position).collect();
        let label = training.label.as_ref().map(position);
        if let (Some(text), None | Some(Some(_))) = (text, label) {
            return Some(Layout { text, label: label.flatten(), header: Some(rows[0].clone()), width: first.len() });
        }
    }
    (training.width == first.len() && !has_known_name(rows)).then(|| Layout { header: None, ..training.clone() })
}

/// The layout of a table, from its first rows.
///
/// # Errors
/// [`Error::Format`] that lists the columns there are, when one is missing or they cannot be distinguished.
pub(crate) fn of_table(rows: &[Vec<String>], request: &Request, place: &str) -> Result<Layout> {
    let width = rows[0].len();
    if request.of_model && !request.labelled && width == 1 {
        let is_name = request.header == Header::Yes
            || request.header == Header::Auto
                && (has_known_name(rows) || request.text.iter().any(|name| plain(name) == plain(&rows[0][0])));
        return Ok(Layout { text: vec![0], label: None, header: is_name.then(|| rows[0].clone()), width });
    }
    let named = || {
        let (text, label) = by_name(&rows[0], request, place)?;
        Ok(Layout { text, label, header: Some(rows[0].clone()), width })
    };
    let header_is_known = request.header == Header::Yes || (request.header == Header::Auto && request.needs_names());
    let rows = if request.header == Header::Auto { without_repeats(rows) } else { Cow::Borrowed(rows) };
    let rows = rows.as_ref();
    if header_is_known || (request.header == Header::Auto && has_known_name(rows)) {
        return named();
    }
    let layout = by_content(rows, request, place)?;
    let is_header = |label| request.header == Header::Auto && guess::first_row_is_header(rows, &layout.text, label);
    let header = layout.label.filter(|&label| is_header(label)).map(|_| rows[0].clone());
    Ok(Layout { header, ..layout })
}

/// Positions of text and label among `names`.
///
/// # Errors
/// [`Error::Format`] as [`of_table`].
pub(crate) fn by_name<T: AsRef<str>>(
    names: &[T],
    request: &Request,
    place: &str,
) -> Result<(Vec<usize>, Option<usize>)> {
    let plain: Vec<String> = names.iter().map(|name| plain(name.as_ref())).collect();
    let known = |list: &str| list.split(' ').find_map(|wanted| plain.iter().position(|name| name == wanted));
    let mut text = Vec::new();
    for wanted in request.text {
        text.extend(each(wanted, |wanted| find(names, wanted, "text_column", place))?);
    }
    let mut label = match (request.labelled, request.label) {
        (false, _) => None,
        (true, "") => known(LABELS).filter(|column| !text.contains(column)),
        (true, wanted) => Some(find(names, wanted, "label_column", place)?),
    };
    if text.is_empty() {
        text = [known(TITLES), known(TEXTS)].into_iter().flatten().filter(|column| Some(*column) != label).collect();
    }
    // With two columns, the one that is left over is the other one.
    if text.is_empty() && names.len() == 1 + usize::from(label.is_some()) {
        text = (0..names.len()).filter(|column| Some(*column) != label).collect();
    }
    if request.labelled && label.is_none() && text.len() == 1 && names.len() == 2 {
        label = Some(1 - text[0]);
    }
    let missing = |what, usual, key| {
        let expected = format!("a {what} column ({usual}, ...; {key} names another)");
        Error::format(place, expected, format!("the columns {}", quoted(names)))
    };
    if text.is_empty() {
        return Err(missing("text", "text, content, body", "text_column"));
    }
    if request.labelled && label.is_none() {
        return Err(missing("label", "label, class, category", "label_column"));
    }
    check_distinct(text, label, place)
}

/// Positions by number, or by what the columns hold; without names.
fn by_content(rows: &[Vec<String>], request: &Request, place: &str) -> Result<Layout> {
    let width = rows[0].len();
    let numbered = |wanted: &str, key: &str| match wanted.parse::<usize>() {
        Ok(number) if (1..=width).contains(&number) => Ok(number - 1),
        _ => {
            let expected = format!("{key} as a number from 1 to {width}, since there is no header");
            Err(Error::format(place, expected, format!("{wanted:?}")))
        }
    };
    let mut text = Vec::new();
    for wanted in request.text {
        text.extend(each(wanted, |wanted| numbered(wanted, "text_column"))?);
    }
    let mut label = match (request.labelled, request.label) {
        (true, "") | (false, _) => None,
        (true, wanted) => Some(numbered(wanted, "label_column")?),
    };
    let profiles: Vec<Profile> = (0..width).map(|column| Profile::of(rows, column)).collect();
    if request.labelled && label.is_none() {
        label = guess::label(&profiles, &text);
    }
    if text.is_empty() {
        text = guess::texts(&profiles, label, request.labelled);
    }
    if text.is_empty() || (request.labelled && label.is_none()) {
        let (what, keys) = if request.labelled {
            ("distinguishable columns of text and label", "text_column and label_column")
        } else {
            ("a column of text that can be told from the others", "text_column")
        };
        let cells: Vec<String> = rows[0].iter().map(|cell| cell.chars().take(20).collect()).collect();
        let expected = format!("{what} (set {keys} to names or numbers)");
        let found = format!("no header and {width} columns, the first row {}", quoted(&cells));
        return Err(Error::format(place, expected, found));
    }
    let (text, label) = check_distinct(text, label, place)?;
    Ok(Layout { text, label, header: None, width })
}

/// The column that `wanted` is; where there is none, those that are listed in it, separated by commas. (A name may hold a comma.)
fn each(wanted: &str, find: impl Fn(&str) -> Result<usize>) -> Result<Vec<usize>> {
    find(wanted).map(|column| vec![column]).or_else(|error| match wanted.contains(',') {
        true => wanted.split(',').map(|part| find(part.trim())).collect(),
        false => Err(error),
    })
}

/// True for a name that columns of text, titles or labels usually have.
pub(crate) fn is_known_name(name: &str) -> bool {
    let name = plain(name);
    [LABELS, TITLES, TEXTS].iter().any(|list| list.split(' ').any(|known| known == name))
}

/// True when a cell of the first row is a name that such columns have, and not just a value that comes again below it.
fn has_known_name(rows: &[Vec<String>]) -> bool {
    rows[0].iter().enumerate().any(|(column, cell)| {
        is_known_name(cell) && !rows[1..].iter().any(|row| row[column].trim().eq_ignore_ascii_case(cell.trim()))
    })
}

/// The column that `wanted` names: as it is written, then without regard to case and spaces, then as a number from 1.
fn find<T: AsRef<str>>(names: &[T], wanted: &str, key: &str, place: &str) -> Result<usize> {
    let position = |matches: &dyn Fn(&str) -> bool| names.iter().position(|name| matches(name.as_ref()));
    if let Some(column) = position(&|name| name == wanted).or_else(|| position(&|name| plain(name) == plain(wanted))) {
        return Ok(column);
    }
    match wanted.parse::<usize>() {
        Ok(number) if (1..=names.len()).contains(&number) => Ok(number - 1),
        _ => {
            let hint = nearest(wanted, names).map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default();
            let all: Vec<String> = names.iter().map(|name| format!("{:?}", name.as_ref())).collect();
            let found = format!("the columns {}{hint}", if all.len() <= 40 { all.join(", ") } else { listed(&all) });
            Err(Error::format(place, format!("a column {wanted:?} ({key})"), found))
        }
    }
}

fn check_distinct(text: Vec<usize>, label: Option<usize>, place: &str) -> Result<(Vec<usize>, Option<usize>)> {
    match label {
        Some(label) if text.contains(&label) => {
            let found = format!("column {} for both", label + 1);
            Err(Error::format(place, "text_column and label_column to be different columns", found))
        }
        _ => Ok((text, label)),
    }
}

/// A name without case, spaces and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(text: &[&str]) -> Vec<Vec<String>> {
        text.iter().map(|line| line.split('|').map(String::from).collect()).collect()
    }

    fn layout(lines: &[&str], config: &CorpusConfig) -> Result<Layout> {
        of_table(&rows(lines), &Request::new(config, true)?, "x.csv")
    }

    fn found(lines: &[&str]) -> (Vec<usize>, usize, bool) {
        let layout = layout(lines, &CorpusConfig::default()).unwrap();
        (layout.text, layout.label.unwrap(), layout.header.is_some())
    }

    #[test]
    fn usual_names_are_recognised() {
        assert_eq!(found(&["label|text", "a|b"]), (vec![1], 0, true));
        assert_eq!(found(&["Class Index|Title|Description", "3|x y|z"]), (vec![1, 2], 0, true));
        assert_eq!(found(&["id|review_body|stars", "9|fine|5"]), (vec![1], 2, true));
        assert_eq!(found(&["text|label|label_text", "fine|1|good"]), (vec![0], 2, true));
        assert_eq!(found(&["id|document|label", "1|좋아요|1"]), (vec![1], 2, true));
        assert_eq!(found(&["author|category", "a poem|x"]), (vec![0], 1, true));
        assert_eq!(found(&["sentence|verdict", "a poem|x"]), (vec![0], 1, true));
    }

    #[test]
    fn without_a_header_the_content_decides() {
        assert_eq!(found(&["pos|a good film", "neg|a bad film", "pos|what a film"]), (vec![1], 0, false));
        assert_eq!(found(&["a good film|pos", "a bad film|neg", "what a film|pos"]), (vec![0], 1, false));
        let news =
            ["3|Stocks fall again|They fell.", "1|Vote is held|A vote was held.", "3|Oil up by 2|Oil rose a lot."];
        assert_eq!(found(&[news[0], news[1], news[2], news[1], news[0]]), (vec![1, 2], 0, false));
        let with_id =
            ["17|a good film|pos", "18|a bad film|neg", "19|what a film|pos", "20|no no no|neg", "21|oh my god|neg"];
        assert_eq!(found(&with_id), (vec![1], 2, false));
    }

    #[test]
    fn an_unusual_header_is_recognised_by_standing_apart() {
        let lines = ["verdict|words", "pos|a good film", "neg|a bad film", "pos|what a film", "neg|never again"];
        assert_eq!(found(&lines), (vec![1], 0, true));
        assert_eq!(found(&lines[1..]), (vec![1], 0, false));
    }

    #[test]
    fn a_label_that_is_called_like_a_column_is_no_header() {
        let lines = ["comment|what a film", "question|is it good", "comment|no it is not", "question|why not then"];
        assert_eq!(found(&lines), (vec![1], 0, false));
    }

    #[test]
    fn columns_can_be_named_or_numbered() {
        let with = |text: &str, label: &str| CorpusConfig {
            text_column: vec![text.into()],
            label_column: label.into(),
            ..CorpusConfig::default()
        };
        let lines = ["id|what|kind", "1|a b|x"];
        let layout_of =
            |text, label| layout(&lines, &with(text, label)).map(|layout| (layout.text, layout.label.unwrap()));
        assert_eq!(layout_of("what", "Kind").unwrap(), (vec![1], 2));
        assert_eq!(layout_of("what", "3").unwrap(), (vec![1], 2));
        let error = layout_of("waht", "kind").unwrap_err().to_string();
        let expected = "x.csv: expected a column \"waht\" (text_column), found the columns \"id\", \"what\", \"kind\" \
            (did you mean \"what\"?)";
        assert_eq!(error, expected);
        assert!(layout_of("what", "what").unwrap_err().to_string().contains("different columns"));
        let error = layout(&["1|a b|x"], &with("4", "3")).unwrap_err().to_string();
        assert!(error.contains("text_column as a number from 1 to 3"), "{error}");
    }

    #[test]
    fn indistinguishable_columns_are_an_error_that_shows_them() {
        let error = layout(&["id|what|kind", "1|a b|x"], &CorpusConfig::default()).unwrap_err().to_string();
        assert!(error.contains("text_column") && error.contains("\"what\""), "{error}");
        let error =
            layout(&["1|2|3|some text|x", "1|2|4|more text|y"], &CorpusConfig::default()).unwrap_err().to_string();
        assert!(error.contains("label_column") && error.contains("5 columns"), "{error}");
    }
}
