//! What a distillation gained and cost.

use serde::{Deserialize, Serialize};

use crate::Comparison;
use ninefold_data::Protocol;
use ninefold_metrics::{ConfidenceLevel, Scores};

/// Teacher, student, and perhaps the same network without a teacher.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distilled {
    /// How the texts were read and split.
    pub protocol: Protocol,
    /// The teacher, the student, and perhaps the same network without a teacher.
    pub rows: Vec<DistilledRow>,
    /// The student with each of the others, by the accuracy of their answers to the test texts.
    pub comparisons: Vec<Comparison>,
    /// The level of the comparisons' tests.
    #[serde(default)]
    pub confidence_level: ConfidenceLevel,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistilledRow {
    /// "teacher", "student", "without a teacher".
    pub role: String,
    /// "word2vec + gru"; of an ensemble how many networks it has.
    pub name: String,
    /// Numbers in its networks, word vectors included.
    pub parameters: usize,
    /// Bytes of its folder; an ensemble's members included.
    pub bytes: u64,
    /// Texts labelled per second, tokenization included, on this machine now.
    pub texts_per_s: f64,
    /// Scores on the validation part.
    pub validation: Scores,
    /// Scores on the test part.
    pub test: Scores,
}
