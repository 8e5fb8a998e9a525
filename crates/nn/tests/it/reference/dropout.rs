//! What dropout leaves of each value, asked for one value at a time: the same counter as `kernels/dropout.rs`, written again.

use ninefold_core::rng::fold;

use super::{Shape, Tensors};

/// The factors of one tensor: 0 for what is dropped, 1 / (1 - share) for what stays.
#[derive(Clone, Copy)]
pub struct Dropout {
    share: f64,
    key: u32,
}

impl Dropout {
    fn new(share: f64, key: &[u64]) -> Dropout {
        Dropout { share, key: fold(key) as u32 }
    }

    pub fn factor(self, place: usize) -> f64 {
        let random = f64::from(hash(place as u32, self.key)) / 4_294_967_296.0;
        if random < self.share { 0.0 } else { 1.0 / (1.0 - self.share) }
    }
}

fn hash(place: u32, key: u32) -> u32 {
    let mut x = place.wrapping_mul(0x9e37_79b9) ^ key;
    for (shift, factor) in [(16, 0x21f0_aaad), (15, 0x735a_2d97)] {
        x = (x ^ (x >> shift)).wrapping_mul(factor);
    }
    x ^ (x >> 15)
}

/// The key of the batch that is trained on.
pub const KEY: [u64; 1] = [5];

const ON_EMBEDDINGS: u64 = 1;
const IN_STACK: u64 = 2;
const BEFORE_HEAD: u64 = 3;
const ON_WEIGHTS: u64 = 1; // within the stack

/// Multiplies the weights between states, or their gradients, by the factors of recurrent dropout.
pub fn drop_weights(shape: Shape, tensors: &mut Tensors) {
    if shape.kind.cell().is_none() {
        return;
    }
    let directions = if shape.bidirectional { 2 } else { 1 };
    for number in 0..shape.num_layers * directions {
        let suffix = if number % directions == 1 { "_reverse" } else { "" };
        let weight = tensors.get_mut(&format!("recurrent.weight_hh_l{}{suffix}", number / directions)).unwrap();
        let dropout = Dropout::new(shape.recurrent_dropout, &[KEY[0], IN_STACK, ON_WEIGHTS, number as u64]);
        weight.iter_mut().enumerate().for_each(|(place, value)| *value *= dropout.factor(place));
    }
}

/// The factors of one text's values: the same for all of its tokens.
pub struct Masks {
    pub embedding: Vec<f64>,   // [dim]
    pub layers: Vec<Vec<f64>>, // per layer but the first: [directions * hidden_size]
    pub pooled: Vec<f64>,      // [parts * directions * hidden_size]
}

impl Masks {
    /// Those of text `number`, which is row `row` of the batch; `pooled` floats go into the head.
    pub fn of(shape: Shape, number: usize, row: usize, pooled: usize) -> Masks {
        let share = shape.locked_dropout;
        let hidden = shape.hidden_size;
        let width = if shape.bidirectional { 2 * hidden } else { hidden };
        let locked = |key: &[u64], len: usize, part: usize| -> Vec<f64> {
            let dropout = Dropout::new(share, key);
            let of_text = Dropout { key: hash(number as u32, dropout.key), ..dropout };
            (0..len).map(|unit| of_text.factor(padded_place(unit, part))).collect()
        };
        let before_head = Dropout::new(share, &[KEY[0], BEFORE_HEAD]);
        let first = row * padded_place(pooled, hidden);
        Masks {
            embedding: locked(&[KEY[0], ON_EMBEDDINGS], shape.dim, shape.dim),
            layers: (1..shape.num_layers)
                .map(|layer| locked(&[KEY[0], IN_STACK, layer as u64], width, hidden))
                .collect(),
            pooled: (0..pooled).map(|unit| before_head.factor(first + padded_place(unit, hidden))).collect(),
        }
    }
}

/// Where a unit lies when every part is filled up to whole blocks of 16.
fn padded_place(unit: usize, part: usize) -> usize {
    unit / part * part.next_multiple_of(16) + unit % part
}

pub fn apply(values: &mut [f64], mask: &[f64]) {
    values.iter_mut().zip(mask).for_each(|(value, factor)| *value *= factor);
}
