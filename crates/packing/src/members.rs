//! A file of several packed members, one after another: gzip members, bzip2 streams, Zstandard frames.

use std::io::{self, BufRead, ErrorKind, Read};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;

/// The unpacker of one member: reads 0 bytes at the member's end, when its checksum is right.
pub(crate) trait Member<R>: Read {
    /// For errors.
    const NAME: &'static str;
    /// Whether zeros may follow the last member, as tape drives leave them.
    const PADDED: bool;

    fn begin(source: R) -> Self;
    /// The source, behind the member.
    fn into_source(self) -> R;
    /// Whether a member may begin with this byte.
    fn may_begin_with(byte: u8) -> bool;
}

/// The contents of all members. Reading fails on damage, and on bytes that follow the last member.
pub(crate) struct Members<R, M> {
    state: State<R, M>,
    read: u64, // members
}

enum State<R, M> {
    Between(R),
    Inside(M),
    Ended,
}

impl<R: BufRead, M: Member<R>> Members<R, M> {
    pub fn new(source: R) -> Members<R, M> {
        Members { state: State::Between(source), read: 0 }
    }

    /// The next member, `None` at the end of the file.
    fn next(&mut self, mut source: R) -> io::Result<Option<M>> {
        if M::PADDED && self.read > 0 {
            skip_zeros(&mut source)?;
        }
        let Some(&first) = fill(&mut source)?.first() else { return Ok(None) };
        if !M::may_begin_with(first) {
            let what = format!("bytes that are not {} after {} of them", M::NAME, self.read);
            return Err(io::Error::new(ErrorKind::InvalidData, what));
        }
        self.read += 1;
        Ok(Some(M::begin(source)))
    }
}

impl<R: BufRead, M: Member<R>> Read for Members<R, M> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Between(source) => {
                    if let Some(member) = self.next(source)? {
                        self.state = State::Inside(member);
                    }
                }
                State::Inside(mut member) => match member.read(buffer) {
                    Ok(0) => self.state = State::Between(member.into_source()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => self.state = State::Inside(member),
                    Ok(read) => {
                        self.state = State::Inside(member);
                        return Ok(read);
                    }
                    Err(error) => return Err(error),
                },
            }
        }
    }
}

fn fill(source: &mut impl BufRead) -> io::Result<&[u8]> {
    // Asked twice, since the borrow checker keeps a slice that is returned from a loop.
    while let Err(error) = source.fill_buf() {
        if error.kind() != ErrorKind::Interrupted {
            return Err(error);
        }
    }
    source.fill_buf()
}

fn skip_zeros(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = fill(source)?;
        let zeros = buffer.iter().take_while(|&&byte| byte == 0).count();
        let is_done = zeros < buffer.len() || buffer.is_empty();
        source.consume(zeros);
        if is_done {
            return Ok(());
        }
    }
}

impl<R: BufRead> Member<R> for GzDecoder<R> {
    const NAME: &'static str = "gzip members";
    const PADDED: bool = true;

    fn begin(source: R) -> Self {
        GzDecoder::new(source)
    }

    fn into_source(self) -> R {
        self.into_inner()
    }

    fn may_begin_with(byte: u8) -> bool {
        byte == 0x1f
    }
}

impl<R: BufRead> Member<R> for BzDecoder<R> {
    const NAME: &'static str = "bzip2 streams";
    const PADDED: bool = false;

    fn begin(source: R) -> Self {
        BzDecoder::new(source)
    }

    fn into_source(self) -> R {
        self.into_inner()
    }

    fn may_begin_with(byte: u8) -> bool {
        byte == b'B'
    }
}
