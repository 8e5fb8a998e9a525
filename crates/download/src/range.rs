//! A file on a server, read and sought as if it lay here: blocks come over HTTP ranges as they are needed.

use std::io::{self, Read, Seek, SeekFrom};

use super::transfer::unencrypted;
use super::{Client, content_range};
use ninefold_core::error::{Error, Result};

/// Bytes that one request brings. The end of a zip, where its directory is, fits into one.
const BLOCK: u64 = 1 << 16;
/// Blocks that are kept.
const KEPT: usize = 4;

/// Reads a file on a server by ranges.
#[derive(Debug)]
pub struct RangeReader {
    client: Client,
    url: String,
    length: u64,
    position: u64,
    blocks: Vec<(u64, Vec<u8>)>, // (number, bytes), the latest last
}

impl RangeReader {
    /// Opens `url`; `None` when its server does not send ranges.
    ///
    /// # Errors
    /// [`Error::Download`] when the server cannot be reached or refuses.
    pub fn open(client: &Client, url: &str) -> Result<Option<RangeReader>> {
        let failed = |reason: String| Error::Download { url: url.to_owned(), reason };
        let mut tries = 0;
        let response = loop {
            match client.get(url, Some(0), Some(0), None) {
                Ok(response) if response.status().as_u16() < 500 || tries == client.retries => break response,
                Err(ureq::Error::RequireHttpsOnly(target)) => return Err(failed(unencrypted(&target))),
                Err(error) if tries == client.retries => return Err(failed(error.to_string())),
                _ => std::thread::sleep(client.pause * 2u32.saturating_pow(tries)),
            }
            tries += 1;
        };
        match (response.status().as_u16(), content_range(&response)) {
            (206, Some((0, 0, Some(length)))) => {
                let (client, url) = (client.clone(), url.to_owned());
                Ok(Some(RangeReader { client, url, length, position: 0, blocks: Vec::new() }))
            }
            (200 | 206, _) => Ok(None),
            _ => Err(failed(format!("the server answered {}", response.status()))),
        }
    }

    /// Size of the file in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The block of that number, from the last few or from the server.
    fn block(&mut self, number: u64) -> io::Result<&[u8]> {
        if let Some(place) = self.blocks.iter().position(|&(kept, _)| kept == number) {
            let block = self.blocks.remove(place);
            self.blocks.push(block);
        } else {
            let bytes = self.bring(number)?;
            if self.blocks.len() == KEPT {
                self.blocks.remove(0);
            }
            self.blocks.push((number, bytes));
        }
        Ok(self.blocks.last().map_or(&[], |(_, bytes)| bytes))
    }

    fn bring(&self, number: u64) -> io::Result<Vec<u8>> {
        let mut tries = 0;
        loop {
            match self.bring_once(number) {
                Ok(bytes) => return Ok(bytes),
                Err(error) if tries == self.client.retries => return Err(error),
                Err(_) => std::thread::sleep(self.client.pause * 2u32.saturating_pow(tries)),
            }
            tries += 1;
        }
    }

    fn bring_once(&self, number: u64) -> io::Result<Vec<u8>> {
        let first = number * BLOCK;
        let last = (first + BLOCK).min(self.length) - 1;
        let mut response = self.client.get(&self.url, Some(first), Some(last), None).map_err(io::Error::other)?;
        if response.status().as_u16() != 206 || content_range(&response).is_none_or(|(at, ..)| at != first) {
            let what = format!("{}: asked for bytes {first}-{last}, got {}", self.url, response.status());
            return Err(io::Error::other(what));
        }
        let mut bytes = Vec::with_capacity((last - first + 1) as usize);
        response.body_mut().as_reader().take(last - first + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != last - first + 1 {
            return Err(io::Error::other(format!("{}: the connection was cut", self.url)));
        }
        Ok(bytes)
    }
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.length || buffer.is_empty() {
            return Ok(0);
        }
        let start = (self.position % BLOCK) as usize;
        let block = &self.block(self.position / BLOCK)?[start..];
        let read = block.len().min(buffer.len());
        buffer[..read].copy_from_slice(&block[..read]);
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for RangeReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position =
            position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a seek before the start"))?;
        Ok(self.position)
    }
}
