//! The grammar of the sample posts: word lists and sentence patterns, kept as text that a person can read and add to.
//!
//! Takes the files in `families/` -> gives a [`Topic`] for each class, with its own patterns, its family's and everybody's.
//!
//! ```text
//! == garden.roses                       what follows belongs to this topic; `== garden` belongs to the whole family
//! tool = spade, knife/knives | hoe      a word list: plurals that are not regular after a slash; after the bar the
//!                                       words of later posts (see `date_shift`); longer lists go on, indented
//! keep plant = climber, rambler         a post stays with the one word that it drew first
//! -- advice                             the part that the patterns below play in a post
//! Use {a:tool}[ or {a:other:tool}|].    a slot with its article; a word not used yet; one of the alternatives
//! Water {s:plant} every {3..7} days.    a plural; a number
//! Add {40..90/10} litres.               a number in steps of ten
//! ```
//!
//! A slot names a list of the topic, else of its family, else of `families/everyday.txt`.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

const EVERYDAY: (&str, &str) = ("everyday", include_str!("families/everyday.txt"));
const FAMILIES: [(&str, &str); 6] = [
    ("cooking", include_str!("families/cooking.txt")),
    ("garden", include_str!("families/garden.txt")),
    ("music", include_str!("families/music.txt")),
    ("pets", include_str!("families/pets.txt")),
    ("repair", include_str!("families/repair.txt")),
    ("travel", include_str!("families/travel.txt")),
];

/// The part that a sentence plays in a post. The first five are written for every family and topic, the others only for
/// everyday talk. `link` words join a sentence to one before it that plays the same part, in the order of those five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Situation,
    Story,
    Question,
    Advice,
    Claim,
    Greeting,
    Reply,
    Dispute,
    Chatter,
    Plea,
    Aside,
    Thanks,
    Hope,
    Remark,
    Parting,
    LinkSituation,
    LinkStory,
    LinkQuestion,
    LinkAdvice,
    LinkClaim,
    So,
}

impl Role {
    pub(super) const ALL: [Role; 21] = [
        Role::Situation,
        Role::Story,
        Role::Question,
        Role::Advice,
        Role::Claim,
        Role::Greeting,
        Role::Reply,
        Role::Dispute,
        Role::Chatter,
        Role::Plea,
        Role::Aside,
        Role::Thanks,
        Role::Hope,
        Role::Remark,
        Role::Parting,
        Role::LinkSituation,
        Role::LinkStory,
        Role::LinkQuestion,
        Role::LinkAdvice,
        Role::LinkClaim,
        Role::So,
    ];
    pub(super) const TOPICAL: [Role; 5] = [Role::Situation, Role::Story, Role::Question, Role::Advice, Role::Claim];

    /// The words that lead from one sentence of a topical role to the next of the same role.
    pub(super) fn link(self) -> Role {
        match self {
            Role::Situation => Role::LinkSituation,
            Role::Story => Role::LinkStory,
            Role::Question => Role::LinkQuestion,
            Role::Advice => Role::LinkAdvice,
            _ => Role::LinkClaim,
        }
    }

    /// The role of a heading: `-- advice`, `-- link advice`.
    fn named(name: &str) -> Option<Role> {
        let name = name.replace(' ', "");
        Role::ALL.into_iter().find(|role| format!("{role:?}").to_lowercase() == name)
    }
}

/// A word or phrase that can fill a slot.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) singular: String,
    pub(super) plural: String,
}

/// The words that a slot can take.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) words: Vec<Word>,
    /// A post stays with the first word it drew.
    pub(super) keep: bool,
    /// Words from here on belong to later posts; `None` where time makes no difference.
    pub(super) late_from: Option<usize>,
}

/// What a pattern is made of.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    Slot { list: usize, article: bool, plural: bool, other: bool },
    Number { low: usize, high: usize, step: usize },
    Choice(Vec<Vec<Piece>>),
}

/// One sentence, or a few that belong together, with slots.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Unique within its topic.
    pub(super) id: usize,
    pub(super) pieces: Vec<Piece>,
}

/// The patterns of one origin, by [`Role`].
pub(super) type Patterns = [Vec<Pattern>; Role::ALL.len()];

/// One class: everything that its posts can say. The slots of all three sets of patterns point into `lists`.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    /// `family.topic`, the name of the class.
    pub(super) label: String,
    pub(super) lists: Vec<List>,
    pub(super) own: Patterns,
    pub(super) shared: Patterns,
    pub(super) everyday: Patterns,
    pub(super) num_patterns: usize,
}

impl Topic {
    /// The part of the label before the dot: siblings have it in common.
    pub(super) fn family(&self) -> &str {
        self.label.split_once('.').map_or(self.label.as_str(), |(family, _)| family)
    }
}

/// Every topic, sorted by label.
///
/// # Errors
/// [`Error::Format`] with file and line for a file that does not follow the grammar; the files are part of the program, so
/// only somebody who edits them sees that.
pub(super) fn topics() -> Result<Vec<Topic>> {
    let everyday = sections(EVERYDAY)?;
    let mut topics = Vec::new();
    for family in FAMILIES {
        let sections = sections(family)?;
        let Some((shared, own)) = sections.split_first() else { continue };
        for topic in own {
            topics.push(compile(topic, shared, &everyday[0])?);
        }
    }
    topics.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(topics)
}

/// What stands under one `==` heading, slots not yet resolved.
#[derive(Clone, Debug, Default)]
struct Section {
    name: String,
    lists: Vec<List>,
    /// Role, pattern as written, its place in the file.
    patterns: Vec<(Role, String, String)>,
}

/// Cuts a file into its sections: the first is the family's, each other one a topic.
fn sections((file, text): (&str, &str)) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    let mut role = None;
    for (number, line) in joined_lines(text) {
        let place = format!("families/{file}.txt:{number}");
        if let Some(name) = line.strip_prefix("== ") {
            sections.push(Section { name: name.to_string(), ..Section::default() });
            role = None;
            continue;
        }
        let Some(section) = sections.last_mut() else {
            return Err(Error::format(place, "a heading `== family`", line));
        };
        if let Some(name) = line.strip_prefix("-- ") {
            role = Some(Role::named(name).ok_or_else(|| Error::format(&place, "a role such as `-- advice`", name))?);
        } else if let Some(role) = role {
            section.patterns.push((role, line, place));
        } else {
            let (name, words) =
                line.split_once(" = ").ok_or_else(|| Error::format(&place, "a list `name = word, word`", &line))?;
            section.lists.push(list(name, words));
        }
    }
    Ok(sections)
}

/// Lines with their numbers, without comments and empty ones; an indented line continues the one before it.
fn joined_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        match lines.last_mut() {
            Some((_, last)) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push((index + 1, line.trim_end().to_string())),
        }
    }
    lines
}

fn list(name: &str, words: &str) -> List {
    let (keep, name) = name.strip_prefix("keep ").map_or((false, name), |name| (true, name));
    let split = |part: &str| part.split(',').map(|entry| word(entry.trim())).collect::<Vec<_>>();
    let mut halves = words.splitn(2, " | ").map(split);
    let mut words = halves.next().unwrap_or_default();
    let late = halves.next();
    let late_from = late.is_some().then_some(words.len());
    words.extend(late.into_iter().flatten());
    List { name: name.to_string(), words, keep, late_from }
}

/// `loaf/loaves`, or a word with a regular plural.
fn word(entry: &str) -> Word {
    let (singular, plural) = match entry.split_once('/') {
        Some((singular, plural)) => (singular, plural.to_string()),
        None => (entry, regular_plural(entry)),
    };
    Word { singular: singular.to_string(), plural }
}

fn regular_plural(singular: &str) -> String {
    let before_y = singular.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match before_y {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh"].iter().any(|end| singular.ends_with(end)) => format!("{singular}es"),
        None => format!("{singular}s"),
    }
}

/// Brings the three sections that a topic speaks with together, every slot resolved.
fn compile(own: &Section, shared: &Section, everyday: &Section) -> Result<Topic> {
    let mut lists: Vec<List> = Vec::new();
    let mut index = BTreeMap::new();
    for list in [everyday, shared, own].iter().flat_map(|section| &section.lists) {
        index.insert(list.name.clone(), lists.len()); // a topic's list hides its family's of the same name
        lists.push(list.clone());
    }
    let mut num_patterns = 0;
    let mut patterns_of = |section: &Section| -> Result<Patterns> {
        let mut patterns = Patterns::default();
        for (role, raw, place) in &section.patterns {
            let mut parser = Parser { rest: raw, index: &index, place };
            let mut pieces = parser.pieces("")?;
            uncapitalise(&mut pieces);
            patterns[*role as usize].push(Pattern { id: num_patterns, pieces });
            num_patterns += 1;
        }
        Ok(patterns)
    };
    let (own_patterns, shared, everyday) = (patterns_of(own)?, patterns_of(shared)?, patterns_of(everyday)?);
    Ok(Topic { label: own.name.clone(), lists, own: own_patterns, shared, everyday, num_patterns })
}

/// Takes the capital from the beginning, so that the sentence can follow a link; "I" and "F1" keep theirs, and so do names,
/// which only ever come from lists.
fn uncapitalise(pieces: &mut [Piece]) {
    match pieces.first_mut() {
        Some(Piece::Text(text)) => {
            let mut letters = text.chars();
            let (first, second) = (letters.next(), letters.next());
            let word = first == Some('A') && second == Some(' ') || second.is_some_and(char::is_lowercase);
            if let Some(first) = first.filter(|_| word) {
                text.replace_range(..first.len_utf8(), &first.to_lowercase().to_string());
            }
        }
        Some(Piece::Choice(options)) => options.iter_mut().for_each(|option| uncapitalise(option)),
        _ => {}
    }
}

/// Reads one pattern from left to right.
struct Parser<'a> {
    rest: &'a str,
    index: &'a BTreeMap<String, usize>,
    place: &'a str,
}

impl<'a> Parser<'a> {
    /// Pieces up to one of the characters in `end`, which stays.
    fn pieces(&mut self, end: &str) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        while let Some(next) = self.rest.chars().next().filter(|&next| !end.contains(next)) {
            pieces.push(match next {
                '[' => self.choice()?,
                '{' => self.slot()?,
                _ => {
                    let length = self.rest.find(['[', '{', '|', ']']).unwrap_or(self.rest.len());
                    if length == 0 {
                        return Err(Error::format(self.place, "`|` and `]` only within `[`", self.rest));
                    }
                    Piece::Text(self.take(length).to_string())
                }
            });
        }
        Ok(pieces)
    }

    fn choice(&mut self) -> Result<Piece> {
        let mut options = Vec::new();
        loop {
            self.take(1); // the bracket or the bar before the option
            options.push(self.pieces("|]")?);
            match self.rest.chars().next() {
                Some('|') => {}
                Some(_) => break,
                None => return Err(Error::format(self.place, "`]`", "the end of the pattern")),
            }
        }
        self.take(1);
        Ok(Piece::Choice(options))
    }

    fn slot(&mut self) -> Result<Piece> {
        let end = self.rest.find('}').ok_or_else(|| Error::format(self.place, "`}`", "the end of the pattern"))?;
        let slot = self.take(end + 1);
        let slot = &slot[1..end];
        if let Some(number) = number(slot) {
            return Ok(number);
        }
        let mut parts: Vec<&str> = slot.split(':').collect();
        let name = parts.pop().unwrap_or_default();
        let list = *self.index.get(name).ok_or_else(|| Error::format(self.place, "a slot that names a list", name))?;
        if let Some(wrong) = parts.iter().find(|part| !["a", "s", "other"].contains(part)) {
            return Err(Error::format(self.place, "`a:`, `s:` or `other:` before a slot's name", *wrong));
        }
        let has = |flag| parts.contains(&flag);
        Ok(Piece::Slot { list, article: has("a"), plural: has("s"), other: has("other") })
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// `3..7` or `40..90/10`.
fn number(slot: &str) -> Option<Piece> {
    let (low, high) = slot.split_once("..")?;
    let (high, step) = high.split_once('/').unwrap_or((high, "1"));
    let (low, high, step) = (low.parse().ok()?, high.parse().ok()?, step.parse().ok()?);
    (low <= high && step > 0).then_some(Piece::Number { low, high, step })
}
