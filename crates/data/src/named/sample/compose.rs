//! Composes a post: an opening, sentences that belong to the topic, some that belong to nobody, an ending.
//!
//! Takes a topic, its siblings and a random stream -> gives the text of one post. These figures make the posts hard to
//! distinguish: how often a sentence is the topic's own, its family's, everybody's or a sibling's.

use unicode_segmentation::UnicodeSegmentation;

use super::edit;
use super::grammar::{Patterns, Role, Topic};
use super::speak::{Era, Speaker, capitalise};
use ninefold_core::rng::Rng;

/// Words that the middlemost post aims at.
const MEDIAN_WORDS: f64 = 36.0;
/// Words that the longest posts aim at.
const MAX_WORDS: f64 = 400.0;

/// Where a sentence comes from, as cumulative shares: the topic's own patterns, its family's, everybody's, else a
/// sibling's.
struct Mix {
    own: f64,
    shared: f64,
    everyday: f64,
}
/// The first sentence is about the family at least, so that no post is about nothing.
const FIRST: Mix = Mix { own: 0.70, shared: 1.0, everyday: 1.0 };
const LATER: Mix = Mix { own: 0.40, shared: 0.71, everyday: 0.92 };
/// The share of sentences that a link joins to the one before, where one fits.
const LINKED: f64 = 0.4;
/// The share of digressions that say so.
const ANNOUNCED: f64 = 0.75;

/// What somebody writes a post for.
struct Manner {
    opening: Role,
    opening_share: f64,
    first: &'static [Role],
    middle: &'static [Role],
    small_talk: &'static [Role],
    /// A post that asks has to get to its question.
    last: Option<Role>,
    closing: Role,
    closing_share: f64,
    /// The share of longer posts that quote what they answer.
    quote_share: f64,
}

const ASKING: Manner = Manner {
    opening: Role::Greeting,
    opening_share: 0.45,
    first: &[Role::Situation, Role::Situation, Role::Question],
    middle: &[Role::Situation, Role::Story, Role::Question],
    small_talk: &[Role::Chatter, Role::Chatter, Role::Plea],
    last: Some(Role::Question),
    closing: Role::Thanks,
    closing_share: 0.45,
    quote_share: 0.0,
};
const TELLING: Manner = Manner {
    opening: Role::Greeting,
    opening_share: 0.2,
    first: &[Role::Story],
    middle: &[Role::Story, Role::Story, Role::Claim, Role::Situation],
    small_talk: &[Role::Chatter],
    last: None,
    closing: Role::Remark,
    closing_share: 0.45,
    quote_share: 0.0,
};
const ADVISING: Manner = Manner {
    opening: Role::Reply,
    opening_share: 0.45,
    first: &[Role::Advice],
    middle: &[Role::Advice, Role::Advice, Role::Claim, Role::Story],
    small_talk: &[Role::Chatter],
    last: None,
    closing: Role::Hope,
    closing_share: 0.4,
    quote_share: 0.15,
};
const ARGUING: Manner = Manner {
    opening: Role::Dispute,
    opening_share: 0.7,
    first: &[Role::Claim],
    middle: &[Role::Claim, Role::Advice, Role::Story],
    small_talk: &[Role::Chatter],
    last: None,
    closing: Role::Parting,
    closing_share: 0.5,
    quote_share: 0.2,
};
/// As often as they stand here.
const MANNERS: [&Manner; 8] = [&ASKING, &ASKING, &ASKING, &TELLING, &TELLING, &ADVISING, &ADVISING, &ARGUING];

/// The text of one post about `topic`.
pub(super) fn compose(topic: &Topic, siblings: &[&Topic], era: Era, rng: &mut Rng) -> String {
    let manner = *rng.choose(&MANNERS);
    let target = length(rng);
    let mut draft = Draft::new(Speaker::new(topic, era), rng);
    if target > 45 && draft.rng.chance(manner.quote_share) {
        draft.quote();
    }
    if target > 12 && draft.rng.chance(manner.opening_share) {
        draft.everyday(manner.opening);
    }
    let reserved = if manner.last.is_some() { 10 } else { 0 };
    let (mut roles, mut mix) = (manner.first, &FIRST);
    let mut is_about_something = manner.last.is_some();
    while draft.words + reserved + 6 < target || !is_about_something {
        draft.perhaps_end_paragraph();
        let origin = draft.rng.uniform();
        if origin < mix.shared {
            let role = *draft.rng.choose(roles);
            draft.topical(role, origin < mix.own, role.link());
        } else if origin < mix.everyday {
            let role = *draft.rng.choose(manner.small_talk);
            draft.everyday(role);
        } else {
            let sibling = siblings[draft.rng.below(siblings.len())];
            draft.digress(Speaker::new(sibling, era));
        }
        (roles, mix, is_about_something) = (manner.middle, &LATER, true);
    }
    if let Some(role) = manner.last {
        let own = draft.rng.chance(mix.own / mix.shared);
        draft.topical(role, own, Role::So);
    }
    if draft.sentences == 1 || (target > 20 && draft.rng.chance(manner.closing_share)) {
        draft.everyday(manner.closing);
    }
    let text = capitalise(&draft.text);
    in_a_hurry(text, rng)
}

/// Words to aim at: lognormal, as a product of many small factors (Galton), so that every machine gets the same bits.
fn length(rng: &mut Rng) -> usize {
    let mut words = MEDIAN_WORDS * rng.range(0.9, 1.1);
    for _ in 0..16 {
        words = if rng.chance(0.5) { words * 1.19 } else { words / 1.19 };
    }
    words.min(MAX_WORDS) as usize
}

/// Some people type carelessly, and a few have no use for capitals.
fn in_a_hurry(text: String, rng: &mut Rng) -> String {
    let text = if rng.chance(0.1) { edit::with_typos(&text, 0.04, rng) } else { text };
    if rng.chance(0.04) { text.to_lowercase() } else { text }
}

/// A post as it grows.
struct Draft<'a> {
    speaker: Speaker<'a>,
    rng: &'a mut Rng,
    text: String,
    words: usize,
    sentences: usize,
    in_paragraph: usize,
    /// The role of the sentence before, if it was about the topic.
    before: Option<Role>,
}

impl<'a> Draft<'a> {
    fn new(speaker: Speaker<'a>, rng: &'a mut Rng) -> Draft<'a> {
        Draft { speaker, rng, text: String::new(), words: 0, sentences: 0, in_paragraph: 0, before: None }
    }

    /// A sentence that anybody could say.
    fn everyday(&mut self, role: Role) {
        let sentence = self.speaker.say(&self.speaker.topic.everyday[role as usize], self.rng);
        self.add(sentence);
        self.before = None;
    }

    /// A sentence about the topic (`own`) or its family; where it follows another one, a link may join them: the one
    /// for sentences of the same role, else `turn`.
    fn topical(&mut self, role: Role, own: bool, turn: Role) {
        let link = match self.before {
            Some(before) if before == role => Some(role.link()),
            Some(_) if turn != role.link() => Some(turn),
            _ => None,
        };
        if let Some(link) = link.filter(|_| self.rng.chance(LINKED)) {
            self.everyday(link);
        }
        let topic = self.speaker.topic;
        let sentence = say_as(role, if own { &topic.own } else { &topic.shared }, &mut self.speaker, self.rng);
        self.add(sentence);
        self.before = Some(role);
    }

    /// A sentence of a sibling's.
    fn digress(&mut self, mut sibling: Speaker) {
        if self.rng.chance(ANNOUNCED) {
            self.everyday(Role::Aside);
        }
        let role = *self.rng.choose(&[Role::Situation, Role::Story, Role::Claim]);
        let sentence = say_as(role, &sibling.topic.own, &mut sibling, self.rng);
        self.add(sentence);
        self.before = None;
    }

    /// What somebody else wrote.
    fn quote(&mut self) {
        let role = if self.rng.chance(0.5) { Role::Question } else { Role::Claim };
        let own = self.rng.chance(0.5);
        self.text.push_str("> ");
        self.topical(role, own, role.link());
        self.end_paragraph();
    }

    fn perhaps_end_paragraph(&mut self) {
        if self.in_paragraph > 3 && self.rng.chance(0.3) {
            self.end_paragraph();
            if self.rng.chance(0.5) {
                self.speaker.change_subject();
            }
        }
    }

    fn end_paragraph(&mut self) {
        self.text.push_str("\n\n");
        self.in_paragraph = 0;
        self.before = None;
    }

    fn add(&mut self, sentence: Option<String>) {
        let Some(sentence) = sentence else { return };
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
        self.text.push_str(&sentence);
        self.words += sentence.unicode_words().count();
        self.sentences += 1;
        self.in_paragraph += 1;
    }
}

/// A sentence in one role; when that role has nothing new to say, in any.
fn say_as(role: Role, patterns: &Patterns, speaker: &mut Speaker, rng: &mut Rng) -> Option<String> {
    let spoken = speaker.say(&patterns[role as usize], rng);
    spoken.or_else(|| Role::TOPICAL.into_iter().find_map(|other| speaker.say(&patterns[other as usize], rng)))
}
