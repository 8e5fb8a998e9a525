//! Composes a post: an opening, sentences that belong to the topic, some that belong to nobody, an ending.
//!
//! Takes a topic, its siblings and a random stream -> gives the text of one post. What makes the posts hard to tell apart
//! stands here in figures: how often a sentence is the topic's own, its family's, everybody's or a sibling's.

use unicode_segmentation::UnicodeSegmentation;

use super::edit;
use super::grammar::{Patterns, Role, Topic};
use super::speak::{Era, Speaker, capitalise};
use crate::rng::Rng;

/// Words in the middlemost post, before the last sentence is finished.
const MEDIAN_WORDS: f64 = 38.0;
/// The longest posts aim at this many words.
const MAX_WORDS: f64 = 400.0;

/// Where a sentence comes from: cumulative shares of the topic's own patterns, its family's, everybody's; the rest are a
/// sibling's.
struct Mix {
    own: f64,
    shared: f64,
    everyday: f64,
}
/// The first sentence says something about the family at least, so that no post is about nothing.
const FIRST: Mix = Mix { own: 0.55, shared: 1.0, everyday: 1.0 };
const LATER: Mix = Mix { own: 0.36, shared: 0.69, everyday: 0.91 };
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
    /// The share of posts that quote what they answer.
    quote_share: f64,
}

const ASKING: Manner = Manner {
    opening: Role::Greeting,
    opening_share: 0.45,
    first: &[Role::Situation, Role::Situation, Role::Question],
    middle: &[Role::Situation, Role::Story, Role::Question],
    small_talk: &[Role::Chatter, Role::Plea],
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
    let mut post = Post::default();
    let mut speaker = Speaker::new(topic, era);

    if target > 45 && rng.chance(manner.quote_share) {
        let role = if rng.chance(0.5) { Role::Question } else { Role::Claim };
        let patterns = if rng.chance(0.5) { &topic.own } else { &topic.shared };
        if let Some(sentence) = speaker.say(&patterns[role as usize], rng) {
            post.add(&format!("> {sentence}"));
            post.end_paragraph();
        }
    }
    if target > 12 && rng.chance(manner.opening_share) {
        post.add_some(speaker.say(&topic.everyday[manner.opening as usize], rng));
    }
    let reserved = if manner.last.is_some() { 10 } else { 0 };
    let (mut roles, mut mix) = (manner.first, &FIRST);
    let mut before = None;
    while post.words + reserved + 6 < target || (before.is_none() && manner.last.is_none()) {
        if post.sentences > 3 && rng.chance(0.3) {
            post.end_paragraph();
            if rng.chance(0.5) {
                speaker.change_subject();
            }
        }
        let origin = rng.uniform();
        let role = *rng.choose(roles);
        if origin < mix.shared {
            let patterns = if origin < mix.own { &topic.own } else { &topic.shared };
            if before == Some(role) && rng.chance(LINKED) {
                post.add_some(speaker.say(&topic.everyday[role.link() as usize], rng));
            }
            post.add_some(topical(&mut speaker, patterns, role, rng));
        } else if origin < mix.everyday {
            let small_talk = *rng.choose(manner.small_talk);
            post.add_some(speaker.say(&topic.everyday[small_talk as usize], rng));
        } else {
            if rng.chance(ANNOUNCED) {
                post.add_some(speaker.say(&topic.everyday[Role::Aside as usize], rng));
            }
            let sibling = siblings[rng.below(siblings.len())];
            let role = *rng.choose(&[Role::Situation, Role::Story, Role::Claim]);
            post.add_some(topical(&mut Speaker::new(sibling, era), &sibling.own, role, rng));
        }
        before = Some(role).filter(|_| origin < mix.shared);
        (roles, mix) = (manner.middle, &LATER);
    }
    if let Some(role) = manner.last {
        if before.is_some() && rng.chance(LINKED) {
            let link = if before == Some(role) { role.link() } else { Role::So };
            post.add_some(speaker.say(&topic.everyday[link as usize], rng));
        }
        let patterns = if rng.chance(mix.own / mix.shared) { &topic.own } else { &topic.shared };
        post.add_some(topical(&mut speaker, patterns, role, rng));
    }
    if target > 20 && rng.chance(manner.closing_share) {
        post.add_some(speaker.say(&topic.everyday[manner.closing as usize], rng));
    }
    in_a_hurry(capitalise(&post.text), rng)
}

/// A sentence in one role; when that role has nothing new to say, in any.
fn topical(speaker: &mut Speaker, patterns: &Patterns, role: Role, rng: &mut Rng) -> Option<String> {
    let spoken = speaker.say(&patterns[role as usize], rng);
    spoken.or_else(|| Role::TOPICAL.into_iter().find_map(|other| speaker.say(&patterns[other as usize], rng)))
}

/// Words to aim at: lognormal, as a product of many small factors (Galton), so that every machine gets the same bits.
fn length(rng: &mut Rng) -> usize {
    let spread = (0..16).fold(rng.range(0.9, 1.1), |product, _| if rng.chance(0.5) { product * 1.185 } else { product / 1.185 });
    (MEDIAN_WORDS * spread).min(MAX_WORDS) as usize
}

/// Some people type carelessly, and a few have no use for capitals.
fn in_a_hurry(text: String, rng: &mut Rng) -> String {
    let text = if rng.chance(0.1) { edit::with_typos(&text, 0.04, rng) } else { text };
    if rng.chance(0.04) { text.to_lowercase() } else { text }
}

/// A post as it grows.
#[derive(Default)]
struct Post {
    text: String,
    words: usize,
    /// In the current paragraph.
    sentences: usize,
}

impl Post {
    fn add(&mut self, sentence: &str) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        self.text.push_str(sentence);
        self.words += sentence.unicode_words().count();
        self.sentences += 1;
    }

    fn add_some(&mut self, sentence: Option<String>) {
        if let Some(sentence) = sentence {
            self.add(&sentence);
        }
    }

    fn end_paragraph(&mut self) {
        self.text.push_str("\n\n");
        self.sentences = 0;
    }
}
