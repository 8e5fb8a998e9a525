//! A baseline by its name, as settings and records hold it.

use std::fmt::{self, Debug};
use std::ops::Deref;
use std::sync::LazyLock;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::baseline::Baseline;
use super::baselines::BASELINES;

/// One of [`BASELINES`], in settings known by its name.
#[derive(Clone, Copy)]
pub struct BaselineKind(&'static dyn Baseline);

impl BaselineKind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = BaselineKind> {
        BASELINES.iter().map(|&baseline| BaselineKind(baseline))
    }

    /// The one of that name.
    ///
    /// # Examples
    /// ```
    /// use ninefold_linear::BaselineKind;
    ///
    /// assert_eq!(BaselineKind::named("tfidf_svm").map(|kind| kind.name()), Some("tfidf_svm"));
    /// assert!(BaselineKind::named("tfidf_tree").is_none());
    /// ```
    pub fn named(name: &str) -> Option<BaselineKind> {
        BaselineKind::all().find(|kind| kind.name() == name)
    }

    /// The names of all.
    pub fn names() -> &'static [&'static str] {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| BASELINES.iter().map(|kind| kind.name()).collect());
        &NAMES
    }
}

impl Deref for BaselineKind {
    type Target = dyn Baseline;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for BaselineKind {
    fn eq(&self, other: &BaselineKind) -> bool {
        self.name() == other.name()
    }
}

impl Eq for BaselineKind {}

impl Debug for BaselineKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Serialize for BaselineKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for BaselineKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<BaselineKind, D::Error> {
        let name = String::deserialize(deserializer)?;
        BaselineKind::named(&name).ok_or_else(|| D::Error::unknown_variant(&name, BaselineKind::names()))
    }
}
