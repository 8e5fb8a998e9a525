//! The bytes of a model, taken field by field; nothing is set aside before its bytes are known to be there.

use ninefold_core::error::{Error, Result};

/// What is left of a file.
pub(super) struct Fields<'a> {
    place: &'a str,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn new(place: &'a str, bytes: &'a [u8]) -> Fields<'a> {
        Fields { place, rest: bytes }
    }

    /// The next `count` items of `size` bytes; `what` they are, for the error.
    pub fn take(&mut self, count: u64, size: u64, what: &str) -> Result<&'a [u8]> {
        let length = count.checked_mul(size).and_then(|length| usize::try_from(length).ok());
        match length.and_then(|length| self.rest.split_at_checked(length)) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.refuse(
                format!("{what} ({count} x {size} bytes)"),
                format!("{} bytes before the file's end (was it cut short?)", self.rest.len()),
            )),
        }
    }

    pub fn u8(&mut self, what: &str) -> Result<u8> {
        Ok(self.take(1, 1, what)?[0])
    }

    pub fn i32(&mut self, what: &str) -> Result<i32> {
        let bytes = self.take(1, 4, what)?;
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// An i64 that must not be negative.
    pub fn count(&mut self, what: &str) -> Result<u64> {
        let number = self.i64(what)?;
        u64::try_from(number).map_err(|_| self.refuse(format!("{what}, 0 or more"), number))
    }

    pub fn i64(&mut self, what: &str) -> Result<i64> {
        let bytes = self.take(1, 8, what)?;
        bytes.try_into().map(i64::from_le_bytes).map_err(|_| self.refuse(what, "something else"))
    }

    /// `count` f32.
    pub fn floats(&mut self, count: u64, what: &str) -> Result<Vec<f32>> {
        let bytes = self.take(count, 4, what)?;
        let mut numbers = vec![0.0f32; bytes.len() / 4];
        bytemuck::cast_slice_mut(&mut numbers).copy_from_slice(bytes);
        if cfg!(target_endian = "big") {
            numbers.iter_mut().for_each(|number| *number = f32::from_bits(number.to_bits().swap_bytes()));
        }
        Ok(numbers)
    }

    /// Bytes up to a zero, which is passed over.
    pub fn name(&mut self, what: &str) -> Result<&'a [u8]> {
        let Some(end) = memchr::memchr(0, self.rest) else {
            return Err(self.refuse(format!("{what}, ended by a zero byte"), "none before the file's end"));
        };
        let (name, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        Ok(name)
    }

    /// Bytes that are left.
    pub fn left(&self) -> u64 {
        self.rest.len() as u64
    }

    /// Refuses whatever comes now.
    pub fn end(&self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(self.refuse("the end of the model", format!("{more} more bytes"))),
        }
    }

    pub fn refuse(&self, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::format(self.place, expected, found.to_string())
    }
}
