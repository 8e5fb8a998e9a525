//! One Zstandard frame (RFC 8878), checked: its checksum, and its length where the header has it.

use std::io::{self, BufRead, Cursor, ErrorKind, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::members::Member;

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The largest window that a header may ask for in bytes, as in the program `zstd` without `--long`.
const MAX_WINDOW: u64 = 1 << 27;
/// A block whose frame never fills the window is given out at the latest when this much of it is unpacked.
const BLOCKS_AT_A_TIME: usize = 1;

/// True for the beginning of a frame, or of one with data for other programs that is skipped.
pub(crate) fn is_magic(head: [u8; 4]) -> bool {
    head == MAGIC || is_skippable(head)
}

fn is_skippable(head: [u8; 4]) -> bool {
    head[0] & 0xf0 == 0x50 && head[1..] == [0x2a, 0x4d, 0x18]
}

/// The unpacker of one frame.
pub(crate) struct Frame<R> {
    source: R,
    state: State,
}

enum State {
    Unread,
    Decoding { decoder: Box<FrameDecoder>, written: u64 },
    Ended,
}

impl<R: BufRead> Member<R> for Frame<R> {
    const NAME: &'static str = "Zstandard frames";
    const PADDED: bool = false;

    fn begin(source: R) -> Self {
        Frame { source, state: State::Unread }
    }

    fn into_source(self) -> R {
        self.source
    }

    fn may_begin_with(byte: u8) -> bool {
        byte == MAGIC[0] || byte & 0xf0 == 0x50
    }
}

impl<R: BufRead> Frame<R> {
    /// Reads the header; a skippable frame is passed over.
    fn begin_frame(&mut self) -> io::Result<State> {
        let mut magic = [0; 4];
        self.source.read_exact(&mut magic)?;
        if is_skippable(magic) {
            let mut length = [0; 4];
            self.source.read_exact(&mut length)?;
            let length = u64::from(u32::from_le_bytes(length));
            let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
            return if skipped == length { Ok(State::Ended) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_max_window_size(MAX_WINDOW);
        decoder.init(Cursor::new(magic).chain(&mut self.source)).map_err(explained)?;
        Ok(State::Decoding { decoder, written: 0 })
    }
}

impl<R: BufRead> Read for Frame<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.state, State::Unread) {
            self.state = self.begin_frame()?;
        }
        let State::Decoding { decoder, written } = &mut self.state else { return Ok(0) };
        while decoder.can_collect() == 0 && !decoder.is_finished() {
            let strategy = BlockDecodingStrategy::UptoBlocks(BLOCKS_AT_A_TIME);
            decoder.decode_blocks(&mut self.source, strategy).map_err(explained)?;
        }
        let read = decoder.read(buffer)?;
        *written += read as u64;
        if read == 0 && !buffer.is_empty() {
            check(decoder, *written)?;
            self.state = State::Ended;
        }
        Ok(read)
    }
}

/// Compares what was unpacked with what the frame says of itself.
fn check(decoder: &FrameDecoder, written: u64) -> io::Result<()> {
    let wrong = |what: String| Err(io::Error::new(ErrorKind::InvalidData, what));
    let expected = decoder.content_size(); // 0 when the header does not say
    if expected > 0 && expected != written {
        return wrong(format!("a frame of {written} bytes where {expected} were packed"));
    }
    match (decoder.get_checksum_from_data(), decoder.get_calculated_checksum()) {
        (Some(expected), Some(found)) if expected != found => {
            wrong(format!("a frame with checksum {found:08x} where {expected:08x} was packed"))
        }
        _ => Ok(()),
    }
}

fn explained(error: FrameDecoderError) -> io::Error {
    if let FrameDecoderError::WindowSizeTooBig { requested, .. } = error {
        let what = format!(
            "a window of {requested} bytes, of which at most {MAX_WINDOW} are allowed (unpack it with zstd -d --long=31)"
        );
        return io::Error::new(ErrorKind::InvalidData, what);
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::UnexpectedEof) {
            return ErrorKind::UnexpectedEof.into();
        }
        cause = inner.source();
    }
    io::Error::new(ErrorKind::InvalidData, error.to_string())
}
