//! The families of networks that are compared.

use serde::{Deserialize, Serialize};

use crate::layers::{CellKind, Pooling};

/// Which network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// The vanilla recurrent network.
    Rnn,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
    /// A convolution over words (Kim 2014).
    Cnn,
    /// No network at all: word vectors, pooled (Shen et al. 2018).
    Swem,
}

impl ModelKind {
    /// All of them.
    pub const ALL: [ModelKind; 5] = [ModelKind::Rnn, ModelKind::Lstm, ModelKind::Gru, ModelKind::Cnn, ModelKind::Swem];

    /// Those that read a text word by word: what is compared where nothing else is said.
    pub const RECURRENT: [ModelKind; 3] = [ModelKind::Rnn, ModelKind::Lstm, ModelKind::Gru];

    /// Its name in settings, folders and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            ModelKind::Rnn => "rnn",
            ModelKind::Lstm => "lstm",
            ModelKind::Gru => "gru",
            ModelKind::Cnn => "cnn",
            ModelKind::Swem => "swem",
        }
    }

    /// The cell of a recurrent network.
    pub fn cell(self) -> Option<CellKind> {
        match self {
            ModelKind::Rnn => Some(CellKind::Rnn),
            ModelKind::Lstm => Some(CellKind::Lstm),
            ModelKind::Gru => Some(CellKind::Gru),
            ModelKind::Cnn | ModelKind::Swem => None,
        }
    }

    /// About how long it trains beside the others, as a place in their order.
    pub fn work(self) -> usize {
        self.cell().map_or(0, CellKind::gates)
    }

    /// How it pools where nothing else is said.
    pub fn own_pooling(self) -> Pooling {
        match self {
            ModelKind::Rnn | ModelKind::Lstm | ModelKind::Gru => Pooling::Last,
            ModelKind::Cnn => Pooling::Max,
            ModelKind::Swem => Pooling::MeanMax,
        }
    }
}

impl From<CellKind> for ModelKind {
    fn from(cell: CellKind) -> ModelKind {
        match cell {
            CellKind::Rnn => ModelKind::Rnn,
            CellKind::Lstm => ModelKind::Lstm,
            CellKind::Gru => ModelKind::Gru,
        }
    }
}
