//! An axis of a padded buffer, and where its places lie on the real one.

use super::simd::padded;

/// An axis made of equal parts, each padded to whole blocks: `[forward h | backward h]` has two parts of hidden_size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Number of parts.
    pub parts: usize,
    /// Real length of a part.
    pub size: usize,
}

impl Axis {
    /// Real length of the axis.
    pub fn len(self) -> usize {
        self.parts * self.size
    }

    /// True for an axis of no length.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Length in padded buffers.
    pub fn padded(self) -> usize {
        self.parts * padded(self.size)
    }

    /// How far a product has to run along the axis: padding at the very end is left out.
    pub fn depth(self) -> usize {
        self.padded() - padded(self.size) + self.size
    }

    /// Where index `at` of the padded axis lies on the real one; `None` in the padding.
    ///
    /// # Examples
    /// ```
    /// use ninefold_kernels::recurrent::Axis;
    ///
    /// let axis = Axis { parts: 2, size: 3 }; // padded to 2 · 16
    /// assert_eq!(axis.real(1), Some(1));
    /// assert_eq!(axis.real(3), None);
    /// assert_eq!(axis.real(16), Some(3));
    /// ```
    pub fn real(self, at: usize) -> Option<usize> {
        let (part, offset) = (at / padded(self.size), at % padded(self.size));
        (offset < self.size).then_some(part * self.size + offset)
    }
}
