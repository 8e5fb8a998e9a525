//! A model's bytes, read field by field; memory grows with the bytes that are there, not with what a field promises.

use bytemuck::{AnyBitPattern, NoUninit};

use crate::formats::source::Reader;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// No word is longer.
const LONGEST_WORD: u64 = 1 << 16;

/// What is left of a file.
pub(super) struct Fields<'a> {
    reader: Reader,
    progress: &'a dyn Progress,
}

impl<'a> Fields<'a> {
    pub fn new(reader: Reader, progress: &'a dyn Progress) -> Fields<'a> {
        Fields { reader, progress }
    }

    /// The next `count` numbers; `what` they are, for the error.
    pub fn numbers<T: AnyBitPattern + NoUninit>(&mut self, count: u64, what: &str) -> Result<Vec<T>> {
        let size = size_of::<T>() as u64;
        self.expect(count, size, what)?;
        let mut numbers = Vec::new();
        if !self.reader.numbers(count, &mut numbers)? {
            return Err(self.cut_short(count, size, what));
        }
        self.reader.report(self.progress);
        if self.progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(numbers) }
    }

    /// Passes over `count` items of `size` bytes.
    pub fn skip(&mut self, count: u64, size: u64, what: &str) -> Result<()> {
        self.expect(count, size, what)?;
        if self.reader.skip(count.saturating_mul(size))? { Ok(()) } else { Err(self.cut_short(count, size, what)) }
    }

    /// Refuses more bytes than the file has, where its size is known.
    pub fn expect(&self, count: u64, size: u64, what: &str) -> Result<()> {
        match (count.checked_mul(size), self.reader.left()) {
            (Some(bytes), Some(left)) if bytes <= left => Ok(()),
            (Some(_), None) => Ok(()),
            _ => Err(self.cut_short(count, size, what)),
        }
    }

    fn cut_short(&self, count: u64, size: u64, what: &str) -> Error {
        let left = self.reader.left().map_or(String::new(), |left| format!("{left} bytes before "));
        self.refuse(format!("{what} ({count} x {size} bytes)"), format!("{left}the file's end (was it cut short?)"))
    }

    fn array<const SIZE: usize>(&mut self, what: &str) -> Result<[u8; SIZE]> {
        let mut bytes = [0; SIZE];
        if self.reader.fill(&mut bytes)? { Ok(bytes) } else { Err(self.cut_short(1, SIZE as u64, what)) }
    }

    pub fn u8(&mut self, what: &str) -> Result<u8> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub fn i32(&mut self, what: &str) -> Result<i32> {
        self.array(what).map(i32::from_le_bytes)
    }

    /// An i64 that must not be negative.
    pub fn count(&mut self, what: &str) -> Result<u64> {
        let number = self.i64(what)?;
        u64::try_from(number).map_err(|_| self.refuse(format!("{what}, 0 or more"), number))
    }

    pub fn i64(&mut self, what: &str) -> Result<i64> {
        self.array(what).map(i64::from_le_bytes)
    }

    /// Bytes up to a zero, which is passed over.
    pub fn name(&mut self, what: &str) -> Result<Vec<u8>> {
        let mut name = Vec::new();
        self.reader.until(0, LONGEST_WORD, &mut name)?;
        if name.pop_if(|last| *last == 0).is_some() {
            return Ok(name);
        }
        let found = match name.len() as u64 {
            LONGEST_WORD => format!("more than {LONGEST_WORD} bytes without one"),
            _ => "none before the file's end".to_owned(),
        };
        Err(self.refuse(format!("{what}, ended by a zero byte"), found))
    }

    /// Bytes that are left, where it is known.
    pub fn left(&self) -> Option<u64> {
        self.reader.left()
    }

    /// Bytes taken from the disk so far.
    pub fn taken(&self) -> u64 {
        self.reader.taken()
    }

    /// Refuses whatever comes now.
    pub fn end(&mut self) -> Result<()> {
        match self.reader.finish(|_| true)?.0 {
            0 => Ok(()),
            more => Err(self.refuse("the end of the model", format!("{more} more bytes"))),
        }
    }

    pub fn refuse(&self, expected: impl Into<String>, found: impl ToString) -> Error {
        Error::format(self.reader.place(), expected, found.to_string())
    }
}
