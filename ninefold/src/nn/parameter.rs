//! A named tensor that is learned.

/// A tensor, its gradient and its name in saved models.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// PyTorch's name: `recurrent.weight_ih_l0_reverse`.
    pub name: String,
    /// PyTorch's shape, row-major.
    pub shape: Vec<usize>,
    /// The values.
    pub value: Vec<f32>,
    /// The gradient of the last batch; empty when the parameter is not trained.
    pub gradient: Vec<f32>,
    /// Its learning rate, as a multiple of the others'. At 0 it rests: it has no gradient and takes no step.
    pub rate: f64,
}

impl Parameter {
    /// A parameter that is trained.
    ///
    /// # Panics
    /// When the shape does not hold `value.len()` floats.
    pub fn new(name: impl Into<String>, shape: &[usize], value: Vec<f32>) -> Parameter {
        let size: usize = shape.iter().product();
        assert_eq!(size, value.len(), "shape {shape:?} for {} floats", value.len());
        Parameter { name: name.into(), shape: shape.to_vec(), gradient: vec![0.0; size], rate: 1.0, value }
    }

    /// A parameter that keeps its values.
    pub fn frozen(name: impl Into<String>, shape: &[usize], value: Vec<f32>) -> Parameter {
        Parameter { gradient: Vec::new(), ..Parameter::new(name, shape, value) }
    }

    /// Whether training changes it, now or later.
    pub fn is_trained(&self) -> bool {
        !self.gradient.is_empty()
    }
}
