//! Recurrent networks: three cells, one set of settings.

mod stack;

use documented::{Documented, DocumentedFields};
use serde::{Deserialize, Serialize};

pub use stack::{RecurrentConfig, RecurrentStack};

use super::{Axis, Family, ModelKind, PyTorch, SharedConfig, Weights, fraction, size_within};
use crate::layers::{Encoder, Pooling};
use ninefold_core::error::{Error, Result};
use ninefold_core::rng::Rng;
use ninefold_kernels::cell::{Cell, Gru, Lstm, Rnn};

/// Which recurrent cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellKind {
    /// The vanilla network.
    Rnn,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl CellKind {
    /// All of them.
    pub const ALL: [CellKind; 3] = [CellKind::Rnn, CellKind::Lstm, CellKind::Gru];

    /// Its name in settings, folders and leaderboards.
    pub fn name(self) -> &'static str {
        match self {
            CellKind::Rnn => "rnn",
            CellKind::Lstm => "lstm",
            CellKind::Gru => "gru",
        }
    }

    /// Gates that a step computes, each of hidden_size sums.
    pub fn gates(self) -> usize {
        match self {
            CellKind::Rnn => Rnn::GATES,
            CellKind::Lstm => Lstm::GATES,
            CellKind::Gru => Gru::GATES,
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

impl ModelKind {
    /// The cell of a recurrent network.
    pub fn cell(self) -> Option<CellKind> {
        self.family().recurrent().map(|network| network.cell)
    }
}

/// How the weights of a recurrent stack begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecurrentInit {
    /// All uniform in ±1/√hidden_size, as in PyTorch.
    #[default]
    Uniform,
    /// The weights between states orthogonal, gate by gate (Saxe et al. 2014), and the LSTM's forget gate open: bias 1
    /// (Jozefowicz et al. 2015).
    Orthogonal,
}

/// Units of each direction of each layer at most: the weights of one LSTM layer have 2 GiB then.
const MAX_HIDDEN_SIZE: usize = 8192;
/// Layers at most.
const MAX_LAYERS: usize = 64;

/// Recurrent networks: rnn, lstm and gru.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Documented, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Recurrent {
    /// Number of hidden units per direction and layer.
    pub hidden_size: usize,
    /// Layers.
    pub num_layers: usize,
    /// Process every text in both directions.
    pub bidirectional: bool,
    /// Fraction of the weights between states (weight_hh) dropped in training, the same in all steps of a batch (as in AWD-LSTM).
    pub recurrent_dropout: f64,
    /// Layer normalisation of the states of every layer, with a learned gain and bias for each unit.
    pub layer_norm: bool,
    /// Initialisation of the weights: "uniform" (as in PyTorch) or "orthogonal" (with the LSTM's forget gate open).
    pub recurrent_init: RecurrentInit,
    /// Split texts into equal chunks of at most this many tokens, which are processed in parallel, each from a zero state, and
    /// pooled together. Not with pooling = "last". 0: no chunks.
    pub chunk_len: usize,
}

impl Default for Recurrent {
    fn default() -> Recurrent {
        Recurrent {
            hidden_size: 64,
            num_layers: 1,
            bidirectional: true,
            recurrent_dropout: 0.0,
            layer_norm: false,
            recurrent_init: RecurrentInit::Uniform,
            chunk_len: 0,
        }
    }
}

impl Recurrent {
    /// The network of these settings with one of the cells.
    pub fn of(self, cell: CellKind) -> RecurrentFamily {
        RecurrentFamily { cell, settings: self }
    }

    /// The axis of a layer's output: directions side by side.
    fn output(&self) -> Axis {
        Axis { parts: 1 + usize::from(self.bidirectional), size: self.hidden_size }
    }

    /// The axis of a layer's input, over vectors of length `dim`.
    fn input(&self, layer: usize, dim: usize) -> Axis {
        if layer == 0 { Axis { parts: 1, size: dim } } else { self.output() }
    }

    /// Names and shapes of the weights of one direction of a layer, as PyTorch has them.
    fn weights_of(&self, cell: CellKind, dim: usize, layer: usize, direction: usize) -> [(String, Vec<usize>); 4] {
        let rows = cell.gates().saturating_mul(self.hidden_size);
        let suffix = if direction == 1 { "_reverse" } else { "" };
        let input = self.input(layer, dim);
        let input = input.parts.saturating_mul(input.size);
        [
            ("weight_ih", vec![rows, input]),
            ("weight_hh", vec![rows, self.hidden_size]),
            ("bias_ih", vec![rows]),
            ("bias_hh", vec![rows]),
        ]
        .map(|(name, shape)| (format!("{name}_l{layer}{suffix}"), shape))
    }
}

/// A recurrent network: the settings, and which cell.
#[derive(Clone, Copy, Debug)]
pub struct RecurrentFamily {
    /// Which cell.
    pub cell: CellKind,
    /// Its size and options.
    pub settings: Recurrent,
}

impl Family for RecurrentFamily {
    fn title(&self) -> &'static str {
        match self.cell {
            CellKind::Rnn => "RNN",
            CellKind::Lstm => "LSTM",
            CellKind::Gru => "GRU",
        }
    }

    fn own_pooling(&self) -> Pooling {
        Pooling::Last
    }

    fn has_last_state(&self) -> bool {
        true
    }

    fn search_space(&self) -> &'static str {
        "hidden_size = [32, 64, 128, 256]\nnum_layers = [1, 2]"
    }

    fn check(&self) -> Result<()> {
        let Recurrent { hidden_size, num_layers, recurrent_dropout, .. } = self.settings;
        size_within("hidden_size", hidden_size, MAX_HIDDEN_SIZE)?;
        size_within("num_layers", num_layers, MAX_LAYERS)?;
        fraction("recurrent_dropout", recurrent_dropout)
    }

    fn check_length(&self, max_len: usize) -> Result<()> {
        if self.settings.chunk_len > max_len {
            let expected = format!("at most training.max_len, {max_len} (0: no chunks)");
            return Err(Error::invalid_value("chunk_len", expected, self.settings.chunk_len));
        }
        Ok(())
    }

    fn chunk_len(&self) -> usize {
        self.settings.chunk_len
    }

    fn recurrent(&self) -> Option<RecurrentFamily> {
        Some(*self)
    }

    fn encoder(&self, dim: usize, shared: &SharedConfig, rng: &mut Rng) -> Box<dyn Encoder> {
        let &SharedConfig { dropout, locked_dropout, precision, .. } = shared;
        let RecurrentFamily { cell, settings } = *self;
        let config = RecurrentConfig { cell, settings, input_size: dim, dropout, locked_dropout, precision };
        Box::new(RecurrentStack::new(config, "recurrent", rng))
    }

    fn output(&self, _dim: usize) -> Axis {
        self.settings.output()
    }

    fn weights(&self, dim: usize) -> Weights {
        let RecurrentFamily { cell, settings } = *self;
        let Axis { parts, size } = settings.output();
        let layers = (0..settings.num_layers).flat_map(move |layer| {
            (0..parts).flat_map(move |direction| settings.weights_of(cell, dim, layer, direction))
        });
        let layers = layers.map(|(name, shape)| (format!("recurrent.{name}"), shape));
        let normed = if settings.layer_norm { settings.num_layers } else { 0 };
        let norms = (0..normed).flat_map(move |layer| {
            ["weight", "bias"].map(|part| (format!("norm_l{layer}.{part}"), vec![parts.saturating_mul(size)]))
        });
        Box::new(layers.chain(norms))
    }

    fn operations(&self, dim: usize, in_training: bool) -> f64 {
        let Axis { parts, size } = self.settings.output();
        let rows = parts * self.cell.gates() * size;
        let layer = |number: usize| {
            let input = self.settings.input(number, dim).len();
            let forward = rows * (input + size);
            let backward = rows * (input + size + size + if number == 0 { 0 } else { input });
            if in_training { forward + backward } else { forward }
        };
        2.0 * (0..self.settings.num_layers).map(layer).sum::<usize>() as f64
    }

    fn summary(&self, _pooling: Pooling) -> String {
        let Recurrent { hidden_size, num_layers, bidirectional, .. } = self.settings;
        let directions = if bidirectional { "bidirectional " } else { "" };
        let cell = self.title();
        format!("A {directions}{cell} of {num_layers} layer(s) with {hidden_size} units per direction")
    }

    fn pytorch(&self, dim: usize) -> PyTorch {
        let Recurrent { hidden_size, num_layers, bidirectional, .. } = self.settings;
        let (module, both) = (self.title(), if bidirectional { "True" } else { "False" });
        let module = format!(
            "torch.nn.{module}({dim}, {hidden_size}, num_layers={num_layers}, bidirectional={both}, batch_first=True)"
        );
        PyTorch { modules: vec![("recurrent", module)], forward: "h, _ = recurrent(x)".to_string() }
    }

    fn left_out_of_pytorch(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.settings.layer_norm {
            notes.push(
                "The states of each layer are normalised before they go on (`norm_l0` and so on, as `torch.nn.LayerNorm` over both \
                 directions of a token); the lines for PyTorch leave that out."
                    .to_string(),
            );
        }
        if self.settings.chunk_len > 0 {
            notes.push(format!(
                "A text goes through the layers in even chunks of at most {} tokens, each from a state of zeros, and all its states \
                 are pooled together; the lines for PyTorch leave that out.",
                self.settings.chunk_len
            ));
        }
        notes
    }
}
