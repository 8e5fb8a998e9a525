//! The grammar of the sample posts: word lists and sentence patterns, kept as text that a person can read and add to.
//!
//! Takes the files in `families/` -> gives a [`Topic`] for each class, with its own patterns, its family's and
//! everybody's.
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
//! A slot names a list of the topic, of its family or of `families/everyday.txt`.

use std::collections::BTreeMap;

use super::pattern::{self, Piece};
use ninefold_core::error::{Error, Result};

const EVERYDAY: (&str, &str) = ("everyday", include_str!("families/everyday.txt"));
const FAMILIES: [(&str, &str); 6] = [
    ("cooking", include_str!("families/cooking.txt")),
    ("garden", include_str!("families/garden.txt")),
    ("music", include_str!("families/music.txt")),
    ("pets", include_str!("families/pets.txt")),
    ("repair", include_str!("families/repair.txt")),
    ("travel", include_str!("families/travel.txt")),
];

/// The part that a sentence plays in a post. The first five are written for every family and topic, the others for
/// everyday talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The roles as they stand after `--`, in the same order.
const ROLE_NAMES: [&str; 21] = [
    "situation",
    "story",
    "question",
    "advice",
    "claim",
    "greeting",
    "reply",
    "dispute",
    "chatter",
    "plea",
    "aside",
    "thanks",
    "hope",
    "remark",
    "parting",
    "link situation",
    "link story",
    "link question",
    "link advice",
    "link claim",
    "so",
];

impl Role {
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

/// One sentence, or a few that belong together, with slots.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// Unique within its topic.
    pub(super) id: usize,
    pub(super) pieces: Vec<Piece>,
}

/// The patterns of one origin, by [`Role`].
pub(super) type Patterns = [Vec<Pattern>; ROLE_NAMES.len()];

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
/// [`Error::Format`] with file and line for a file that does not follow the grammar; the files are part of the program,
/// so only somebody who edits them sees that.
pub(super) fn topics() -> Result<Vec<Topic>> {
    let everyday = sections(EVERYDAY)?;
    let mut topics = Vec::new();
    for family in FAMILIES {
        let sections = sections(family)?;
        for own in &sections[1..] {
            topics.push(compile(own, &sections[0], &everyday[0])?);
        }
    }
    topics.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(topics)
}

/// What stands under one `==` heading, slots not yet resolved.
#[derive(Debug, Default)]
struct Section {
    name: String,
    lists: Vec<List>,
    patterns: Vec<Raw>,
}

/// A pattern as it is written.
#[derive(Debug)]
struct Raw {
    role: usize,
    pattern: String,
    /// File and line.
    place: String,
}

/// Cuts a file into its sections, of which there is at least one: the first is the family's, each other one a topic's.
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
        let section = sections.last_mut().ok_or_else(|| Error::format(&place, "a heading `== family`", &line))?;
        if let Some(name) = line.strip_prefix("-- ") {
            role = ROLE_NAMES.iter().position(|known| *known == name);
            role.ok_or_else(|| Error::format(&place, "a role such as `-- advice`", name))?;
        } else if let Some(role) = role {
            section.patterns.push(Raw { role, pattern: line, place });
        } else {
            let (name, words) =
                line.split_once(" = ").ok_or_else(|| Error::format(&place, "a list `name = word, word`", &line))?;
            section.lists.push(list(name, words));
        }
    }
    if sections.is_empty() {
        return Err(Error::format(format!("families/{file}.txt"), "a heading `== family`", "none"));
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
    let (early, late) = words.split_once(" | ").map_or((words, None), |(early, late)| (early, Some(late)));
    let mut words = split(early);
    let late_from = late.map(|_| words.len());
    words.extend(late.map(split).unwrap_or_default());
    List { name: name.to_string(), words, keep, late_from }
}

/// `loaf/loaves`, or a word with a regular plural.
fn word(entry: &str) -> Word {
    let (singular, plural) = entry.split_once('/').unwrap_or((entry, ""));
    let plural = if plural.is_empty() { regular_plural(singular) } else { plural.to_string() };
    Word { singular: singular.to_string(), plural }
}

fn regular_plural(singular: &str) -> String {
    match singular.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh"].iter().any(|end| singular.ends_with(end)) => format!("{singular}es"),
        None => format!("{singular}s"),
    }
}

/// Brings the three sections that a topic speaks with together, every slot resolved.
fn compile(own: &Section, shared: &Section, everyday: &Section) -> Result<Topic> {
    let lists: Vec<List> = [own, shared, everyday].iter().flat_map(|section| section.lists.clone()).collect();
    let index: BTreeMap<String, usize> =
        lists.iter().enumerate().map(|(index, list)| (list.name.clone(), index)).collect();
    let mut num_patterns = 0;
    let mut patterns_of = |section: &Section| -> Result<Patterns> {
        let mut patterns = Patterns::default();
        for raw in &section.patterns {
            let pieces = pattern::parse(&raw.pattern, &index, &raw.place)?;
            patterns[raw.role].push(Pattern { id: num_patterns, pieces });
            num_patterns += 1;
        }
        Ok(patterns)
    };
    let (own_patterns, shared, everyday) = (patterns_of(own)?, patterns_of(shared)?, patterns_of(everyday)?);
    Ok(Topic { label: own.name.clone(), lists, own: own_patterns, shared, everyday, num_patterns })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn slots(pieces: &[Piece], found: &mut BTreeSet<usize>) {
        for piece in pieces {
            match piece {
                Piece::Slot { list, .. } => drop(found.insert(*list)),
                Piece::Choice(options) => options.iter().for_each(|option| slots(option, found)),
                _ => {}
            }
        }
    }

    /// Names of the lists that a topic's patterns use.
    fn used(topic: &Topic) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let all = topic.own.iter().chain(&topic.shared).chain(&topic.everyday).flatten();
        all.for_each(|pattern| slots(&pattern.pieces, &mut found));
        found.into_iter().map(|list| topic.lists[list].name.clone()).collect()
    }

    fn count(patterns: &Patterns) -> usize {
        patterns.iter().map(Vec::len).sum()
    }

    #[test]
    fn every_slot_names_a_list_and_every_list_is_used() {
        let topics = topics().unwrap();
        assert_eq!(topics.len(), 20);
        let everywhere: BTreeSet<String> = topics.iter().flat_map(used).collect();
        for topic in &topics {
            let names: BTreeSet<&str> = topic.lists.iter().map(|list| list.name.as_str()).collect();
            assert_eq!(names.len(), topic.lists.len(), "{}: a list hides another of the same name", topic.label);
            let family = FAMILIES.iter().find(|(name, _)| *name == topic.family()).unwrap();
            let own = sections(*family).unwrap().into_iter().find(|section| section.name == topic.label).unwrap();
            for list in &own.lists {
                assert!(used(topic).contains(&list.name), "{}: nothing says {}", topic.label, list.name);
            }
            for name in names {
                assert!(everywhere.contains(name), "{}: nothing says {name}", topic.label);
            }
        }
    }

    #[test]
    fn no_list_has_a_word_twice_and_no_file_a_pattern() {
        for file in FAMILIES.into_iter().chain([EVERYDAY]) {
            let sections = sections(file).unwrap();
            for list in sections.iter().flat_map(|section| &section.lists) {
                let words: BTreeSet<&str> = list.words.iter().map(|word| word.singular.as_str()).collect();
                assert_eq!(words.len(), list.words.len(), "{}: {}: {:?}", file.0, list.name, list.words);
                assert!(words.iter().all(|word| !word.is_empty()), "{}: {} has an empty word", file.0, list.name);
            }
            let mut patterns = BTreeSet::new();
            for raw in sections.iter().flat_map(|section| &section.patterns) {
                assert!(patterns.insert((raw.role, &raw.pattern)), "{}: written twice: {}", raw.place, raw.pattern);
                assert!(
                    raw.pattern.ends_with(['.', '?', '!', ':', ',']) || raw.role >= Role::Aside as usize,
                    "{}",
                    raw.place
                );
                assert!(!raw.pattern.contains("  "), "{}: two spaces", raw.place);
            }
        }
    }

    #[test]
    fn every_topic_is_rich_enough() {
        for topic in topics().unwrap() {
            let family = FAMILIES.iter().find(|(name, _)| *name == topic.family()).unwrap();
            let own = sections(*family).unwrap().into_iter().find(|section| section.name == topic.label).unwrap();
            let words: usize = own.lists.iter().map(|list| list.words.len()).sum();
            let (patterns, shared, everyday) = (count(&topic.own), count(&topic.shared), count(&topic.everyday));
            assert!(words >= 150 && patterns >= 40, "{}: {words} words, {patterns} patterns", topic.label);
            assert!(shared >= 30 && everyday >= 120, "{}: {shared} shared, {everyday} everyday patterns", topic.label);
            for role in Role::TOPICAL.map(|role| role as usize) {
                assert!(topic.own[role].len() >= 5 && topic.shared[role].len() >= 5, "{}: {role}", topic.label);
            }
            assert!((Role::TOPICAL.len()..ROLE_NAMES.len()).all(|role| topic.everyday[role].len() >= 5));
        }
    }

    #[test]
    fn siblings_share_more_words_than_strangers() {
        let topics = topics().unwrap();
        let vocabulary = |topic: &Topic| -> BTreeSet<String> {
            let words = topic.lists.iter().filter(|list| !["who", "when", "chore"].contains(&list.name.as_str()));
            words.flat_map(|list| &list.words).flat_map(|word| word.singular.split(' ')).map(str::to_string).collect()
        };
        let everyday: BTreeSet<String> =
            vocabulary(&topics[0]).intersection(&vocabulary(&topics[19])).cloned().collect();
        let overlap = |a: &Topic, b: &Topic| {
            let (a, b) = (&vocabulary(a) - &everyday, &vocabulary(b) - &everyday);
            a.intersection(&b).count() as f64 / a.union(&b).count() as f64
        };
        for topic in &topics {
            let mean = |siblings: bool| {
                let others = topics.iter().filter(|other| other.label != topic.label);
                let chosen: Vec<f64> = others
                    .filter(|other| (other.family() == topic.family()) == siblings)
                    .map(|other| overlap(topic, other))
                    .collect();
                chosen.iter().sum::<f64>() / chosen.len() as f64
            };
            assert!(mean(true) > 2.0 * mean(false), "{}: {} and {}", topic.label, mean(true), mean(false));
        }
    }

    #[test]
    fn plurals_are_regular_or_written_out() {
        let plurals = ["cherry", "spray", "box", "loaf/loaves"].map(|entry| word(entry).plural);
        assert_eq!(plurals, ["cherries", "sprays", "boxes", "loaves"]);
    }

    #[test]
    fn a_file_that_breaks_the_grammar_is_refused_with_its_line() {
        for (text, place) in
            [("tool = spade", ":1"), ("== a\n-- sing\nLa.", ":2"), ("== a\n\n# b\ntool: spade", ":4"), ("", ".txt")]
        {
            let error = sections(("a", text)).unwrap_err().to_string();
            assert!(error.contains(&format!("{place}: expected")), "{text:?}: {error}");
        }
    }
}
