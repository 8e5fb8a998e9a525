//! What all checks look at, gathered once.

use crate::DiagnosisConfig;
use crate::copies::Copies;
use crate::data::Data;
use crate::joint::Suspects;
use crate::probes::Probed;
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

    /// The answers to the test texts whose errors are explained: of the model that validation chose, or of the reference probe;
    /// with the model's name.
    pub(crate) fn explained<'b>(&'b self, probed: &'b Probed) -> (&'b str, &'b [u32]) {
        match self.data.chosen() {
            Some(model) => (&model.name, &model.predicted),
            None => (probed.reference().probe.name(), &probed.reference().test_predicted),
        }
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
