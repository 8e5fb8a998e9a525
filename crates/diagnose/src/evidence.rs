//! What all checks look at, gathered once.

use crate::DiagnosisConfig;
use crate::copies::Copies;
use crate::data::{Answered, Data};
use crate::joint::Suspects;
use crate::probes::{ProbeAnswers, Probed};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;
use ninefold_metrics::ConfidenceLevel;

/// Fewer texts than this give a probe nothing to learn from.
const FEWEST_TEXTS: usize = 20;

/// The texts, the probes' answers, copies and suspects.
pub(crate) struct Evidence<'a> {
    pub(crate) data: &'a Data<'a>,
    pub(crate) settings: &'a DiagnosisConfig,
    pub(crate) level: ConfidenceLevel,
    pub(crate) seed: u64,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) copies: Copies,
    /// `None` where no probe can be trained.
    pub(crate) trained: Option<Trained>,
}

/// The texts whose errors are explained, and the answers to them by models that were not trained on them.
pub(crate) struct Scored<'b> {
    /// What they are called: "test texts".
    pub(crate) texts: &'static str,
    pub(crate) labels: &'b [u32],
    /// Token ids. `[texts][tokens]`
    pub(crate) ids: &'b [Vec<u32>],
    pub(crate) known_words: &'b [u32],
    /// Of each probe, with its name.
    pub(crate) probes: Vec<(&'static str, &'b [u32])>,
    /// Of the probes' mean probabilities.
    pub(crate) mean: &'b [u32],
    pub(crate) reference: &'b [u32],
    /// Of the model that validation chose, or of the reference probe, with its name.
    pub(crate) explained: (&'b str, &'b [u32]),
}

/// What the probes give.
pub(crate) struct Trained {
    pub(crate) probed: Probed,
    pub(crate) suspects: Suspects,
}

impl<'a> Evidence<'a> {
    /// Trains the probes and finds copies.
    ///
    /// # Errors
    /// [`Error::Interrupted`](ninefold_core::Error::Interrupted) when `progress` says so.
    pub(crate) fn gather(
        data: &'a Data<'a>,
        settings: &'a DiagnosisConfig,
        level: ConfidenceLevel,
        seed: u64,
        progress: &'a dyn Progress,
    ) -> Result<Evidence<'a>> {
        let labels = &data.learned.labels;
        let is_trainable = labels.len() >= FEWEST_TEXTS && labels.iter().any(|&label| label != labels[0]);
        let trained = match is_trainable {
            true => {
                let probed = Probed::of(data, settings, seed, progress)?;
                let suspects = Suspects::of(labels, &probed);
                Some(Trained { probed, suspects })
            }
            false => None,
        };
        let copies = Copies::of(data, settings);
        Ok(Evidence { data, settings, level, seed, progress, copies, trained })
    }

    /// The model whose errors are explained: the one that validation chose, or the reference probe.
    pub(crate) fn explained_name<'b>(&'b self, probed: &'b Probed) -> &'b str {
        self.data.chosen().map_or(probed.reference().probe.name(), |model| &model.name)
    }

    /// The labelled texts that the models answer; `None` where there are none.
    pub(crate) fn scored<'b>(&'b self, probed: &'b Probed) -> Option<Scored<'b>> {
        let (data, is_test) = (self.data, self.data.answered == Answered::Test);
        let part = if is_test { &data.test } else { &data.learned };
        if !part.is_labelled() {
            return None;
        }
        let answers = |probe: &'b ProbeAnswers| match is_test {
            true => probe.test_predicted.as_slice(),
            false => probe.held_out_predicted.as_slice(),
        };
        let reference = answers(probed.reference());
        Some(Scored {
            texts: if is_test { "test texts" } else { "texts" },
            labels: &part.labels,
            ids: &part.ids,
            known_words: if is_test { &probed.test_known_words } else { &probed.known_words },
            probes: probed.probes.iter().map(|probe| (probe.probe.name(), answers(probe))).collect(),
            mean: if is_test { &probed.mean_test_predicted } else { &probed.mean_predicted },
            reference,
            explained: (
                self.explained_name(probed),
                self.data.chosen().map_or(reference, |model| model.predicted.as_slice()),
            ),
        })
    }

    /// The number of texts of the most frequent class.
    pub(crate) fn largest_class(&self) -> usize {
        let mut sizes = vec![0; self.data.classes.len()];
        self.data.learned.labels.iter().for_each(|&label| sizes[label as usize] += 1);
        sizes.into_iter().max().unwrap_or(0)
    }

    /// The accuracy of always answering the most frequent class.
    pub(crate) fn chance(&self) -> f64 {
        self.largest_class() as f64 / self.data.learned.len().max(1) as f64
    }
}
