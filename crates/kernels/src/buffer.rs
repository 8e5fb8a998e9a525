//! Floats aligned to a cache line, so that no vector load is split.

/// One cache line.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// A growable slice of floats whose first float starts a cache line. Made once, reused for every batch.
#[derive(Clone, Default)]
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl Buffer {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.resize(len);
        buffer
    }

    /// Makes room for `len` floats and gives them. Their content is what was there before, zeros where memory is new.
    pub fn resize(&mut self, len: usize) -> &mut [f32] {
        let lines = len.div_ceil(16);
        if lines > self.lines.len() {
            // Old content is of no use to anybody: a fresh zeroed allocation costs no copy.
            self.lines = vec![Line([0.0; 16]); lines];
        }
        self.len = len;
        self
    }

    /// Makes room for `len` zeros and gives them.
    pub fn resize_zeroed(&mut self, len: usize) -> &mut [f32] {
        let floats = self.resize(len);
        floats.fill(0.0);
        floats
    }
}

impl std::ops::Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.lines)[..self.len]
    }
}

impl std::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len]
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer of {} floats", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_starts_a_cache_line_and_keeps_its_memory() {
        let mut buffer = Buffer::zeros(5);
        assert_eq!(buffer.as_ptr() as usize % 64, 0);
        buffer.resize(1000)[999] = 1.0;
        let place = buffer.as_ptr();
        assert_eq!(buffer.resize(10).len(), 10);
        assert_eq!(buffer.resize(1000)[999], 1.0);
        assert_eq!(buffer.resize_zeroed(1000)[999], 0.0);
        assert_eq!(buffer.as_ptr(), place);
    }
}
