//! What a kernel over sequences needs to know of a batch: where the packed tokens of some rows lie.

/// Up to 32 sequences of a batch as rows, and where their tokens lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Number of rows.
    pub rows: usize,
    /// The first token, in the batch.
    pub first_token: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// How many rows are alive at each step; never rises. `[steps]`
    pub alive: Vec<usize>,
    /// The token of the first row at each step, counted from `first_token`. `[steps]`
    pub starts: Vec<usize>,
}
