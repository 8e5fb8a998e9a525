//! A named tensor that is learned.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// The values of a [`Parameter`]. A clone shares them until one of the two is changed, so that several threads can predict with
/// one set of weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Arc<Vec<f32>>);

impl From<Vec<f32>> for Values {
    fn from(values: Vec<f32>) -> Values {
        Values(Arc::new(values))
    }
}

impl Deref for Values {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

/// Copies the values first where a clone shares them.
impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut [f32] {
        Arc::make_mut(&mut self.0).as_mut_slice()
    }
}

impl<'a> IntoIterator for &'a Values {
    type Item = &'a f32;
    type IntoIter = std::slice::Iter<'a, f32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Values {
    type Item = &'a mut f32;
    type IntoIter = std::slice::IterMut<'a, f32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// A tensor, its gradient and its name in saved models.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// PyTorch's name: `recurrent.weight_ih_l0_reverse`.
    pub name: String,
    /// PyTorch's shape, row-major.
    pub shape: Vec<usize>,
    /// The values.
    pub value: Values,
    /// The gradient of the last batch; empty when the parameter is not trained.
    pub gradient: Vec<f32>,
    /// Its learning rate, as a multiple of the others'. At 0 it rests: it has no gradient and takes no step.
    pub rate: f64,
    /// Of a table of which each batch reads some rows, and only those take a step: these rows, rising. `None`: all of it does.
    pub rows: Option<Vec<u32>>,
}

impl Parameter {
    /// A parameter that is trained.
    ///
    /// # Panics
    /// When the shape does not hold `value.len()` floats.
    pub fn new(name: impl Into<String>, shape: &[usize], value: impl Into<Values>) -> Parameter {
        let (size, value): (usize, Values) = (shape.iter().product(), value.into());
        assert_eq!(size, value.len(), "shape {shape:?} for {} floats", value.len());
        Parameter { name: name.into(), shape: shape.to_vec(), gradient: vec![0.0; size], rate: 1.0, rows: None, value }
    }

    /// A parameter that keeps its values.
    pub fn frozen(name: impl Into<String>, shape: &[usize], value: impl Into<Values>) -> Parameter {
        Parameter { gradient: Vec::new(), ..Parameter::new(name, shape, value) }
    }

    /// From now on only the rows that a batch reads take a step, or all of it again.
    pub fn set_sparse(&mut self, is_sparse: bool) {
        if is_sparse != self.rows.is_some() {
            self.gradient.fill(0.0);
            self.rows = is_sparse.then(Vec::new);
        }
    }

    /// Floats of a row of the table.
    pub fn row_len(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Makes the gradient zero.
    pub fn clear_gradient(&mut self) {
        let width = self.row_len();
        match &mut self.rows {
            None => self.gradient.fill(0.0),
            Some(rows) => {
                rows.iter().for_each(|&row| self.gradient[row as usize * width..][..width].fill(0.0));
                rows.clear();
            }
        }
    }

    /// Notes which rows a batch reads, in any order and more than once, where that counts.
    pub fn note_rows(&mut self, ids: impl IntoIterator<Item = u32>) {
        if let Some(rows) = &mut self.rows {
            rows.extend(ids);
            rows.sort_unstable();
            rows.dedup();
        }
    }

    /// Whether training changes it, now or later.
    pub fn is_trained(&self) -> bool {
        !self.gradient.is_empty()
    }
}
