//! The commonest class of the training texts, every time.

use crate::baseline::{Baseline, Input, Trained, TrainedBaseline};
use crate::state::State;
use crate::training::{Chosen, TrainingData};
use ninefold_core::error::Result;
use ninefold_core::progress::Progress;

#[derive(Debug)]
pub(super) struct Majority;

impl Baseline for Majority {
    fn name(&self) -> &'static str {
        "majority"
    }

    fn about(&self) -> &'static str {
        "The fractions of the classes in the training texts, whatever the text says"
    }

    fn input(&self) -> Input {
        Input::Nothing
    }

    fn pace(&self) -> [f64; 2] {
        [0.7e-6, 0.0]
    }

    fn settings(&self) -> &'static [&'static str] {
        &[]
    }

    fn train(&self, data: &TrainingData, _chosen: Option<&Chosen>, _progress: &dyn Progress) -> Result<Trained> {
        let logs = data.targets().class_totals().iter().map(|count: &f64| count.max(1e-9).ln()).collect();
        Ok(Trained { model: Box::new(ClassFractions { logs }), chosen: Chosen::new() })
    }

    fn load(&self, mut state: State, _vocab_size: usize, num_classes: usize) -> Result<Box<dyn TrainedBaseline>> {
        Ok(Box::new(ClassFractions { logs: state.take_f64("log_counts", &[num_classes])? }))
    }
}

/// The logarithm of the weight of each class's training texts: of their number where all weigh 1.
#[derive(Debug)]
struct ClassFractions {
    logs: Vec<f64>, // [num_classes]
}

impl TrainedBaseline for ClassFractions {
    fn scores(&self, texts: &[Vec<u32>]) -> Vec<f64> {
        self.logs.repeat(texts.len())
    }

    fn parameter_count(&self) -> usize {
        self.logs.len()
    }

    fn memory_bytes(&self) -> usize {
        self.parameter_count() * size_of::<f64>()
    }

    fn state(&self) -> State {
        State::default().with("log_counts", &[self.logs.len()], self.logs.clone())
    }
}
