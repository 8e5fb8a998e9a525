//! One file (or one range of it) brought over completely, over as many connections as that takes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ureq::Body;
use ureq::http::Response;

use super::{Client, content_range, length_beyond_which_nothing_is, validator as validator_of};
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::progress::Progress;

/// An attempt that brought this much was not in vain: the count of failures starts anew.
const WORTH_WHILE: u64 = 1 << 16;

/// How one attempt ended.
enum Attempt {
    Done,
    /// The connection broke, or the server said to come again.
    Again(String),
    /// What is in the .part file does not fit what the server has: start from nothing.
    Afresh(String),
}

/// One download under way.
struct Transfer<'a> {
    client: &'a Client,
    url: &'a str,
    range: Option<(u64, u64)>, // first byte and length, when only a piece is wanted
    part: Part,
    total: Option<u64>,
    told: Option<u64>, // bytes that the watcher has heard of; none before the size is known
    progress: &'a dyn Progress,
}

pub(super) fn fetch(
    client: &Client,
    url: &str,
    range: Option<(u64, u64)>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let part = Part::open(url, path)?;
    let total = range.map(|(_, length)| length);
    let mut transfer = Transfer { client, url, range, part, total, told: None, progress };
    transfer.run()?;
    transfer.part.finish()?;
    progress.end();
    Ok(())
}

impl Transfer<'_> {
    /// Attempts until one is the last.
    fn run(&mut self) -> Result<()> {
        let mut failures = 0;
        loop {
            let before = self.part.length;
            let problem = match self.attempt()? {
                Attempt::Done => return Ok(()),
                Attempt::Again(problem) => problem,
                Attempt::Afresh(problem) => {
                    self.part.empty()?;
                    problem
                }
            };
            if self.part.length >= before + WORTH_WHILE {
                failures = 0;
            }
            failures += 1;
            let Client { retries, pause: first, .. } = *self.client;
            if failures > retries {
                return self.refuse(&format!("{problem} ({failures} attempts)"));
            }
            self.progress.status(&format!("{problem}: attempt {} of {}", failures + 1, retries + 1));
            pause(first * 2u32.saturating_pow(failures - 1), self.progress)?;
        }
    }

    /// Asks for what is missing and writes what comes.
    fn attempt(&mut self) -> Result<Attempt> {
        let have = self.part.length;
        match self.range {
            Some((_, length)) if have == length => return Ok(Attempt::Done),
            Some((_, length)) if have > length => return Ok(Attempt::Afresh("the .part file is too long".into())),
            _ => {}
        }
        let asked = self.range.map(|(start, _)| start + have).or((have > 0).then_some(have));
        let last = self.range.map(|(start, length)| start + length - 1);
        let validator = self.part.validator.as_deref().filter(|_| self.range.is_none());
        let mut response = match self.client.get(self.url, asked, last, validator) {
            Ok(response) => response,
            Err(error @ (ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::TooManyRedirects)) => {
                return self.refuse(&error.to_string());
            }
            Err(ureq::Error::RequireHttpsOnly(target)) => return self.refuse(&unencrypted(&target)),
            Err(error) => return Ok(Attempt::Again(error.to_string())),
        };
        let status = response.status();
        match (status.as_u16(), asked) {
            (200, _) if self.range.is_some() => return self.refuse("the server does not send parts of files"),
            (200, _) | (206, Some(_)) => {}
            (416, Some(_)) if length_beyond_which_nothing_is(&response) == Some(have) => return Ok(Attempt::Done),
            (416, Some(_)) => return Ok(Attempt::Afresh("the .part file is too long".into())),
            (408 | 429 | 500..=599, _) => return Ok(Attempt::Again(format!("the server answered {status}"))),
            _ => return self.refuse(&format!("the server answered {status}")),
        }
        if is_web_page(&response) && !self.url.ends_with(".html") {
            return self.refuse("the server sent a web page where the file should be");
        }
        if status.as_u16() == 200 {
            self.part.empty()?; // the server starts over, whatever was asked
            self.total = response.body().content_length();
            self.part.remember(validator_of(&response))?;
        } else {
            match (content_range(&response), asked) {
                (Some((first, _, whole)), Some(asked)) if first == asked => self.total = self.total.or(whole),
                _ => return Ok(Attempt::Afresh("the server sent another part than was asked for".into())),
            }
        }
        let problem = self.copy(&mut response)?;
        let have = self.part.length;
        match self.total {
            Some(total) if have < total => {
                let reason = problem.unwrap_or_else(|| "the connection was cut".into());
                Ok(Attempt::Again(format!("{reason} after {have} of {total} bytes")))
            }
            Some(total) if have > total => {
                self.part.empty()?;
                self.refuse(&format!("the server sent {have} bytes where it had promised {total}"))
            }
            _ => Ok(problem.map_or(Attempt::Done, Attempt::Again)),
        }
    }

    /// Appends the body to the .part file; gives the reason when it ends too early.
    fn copy(&mut self, response: &mut Response<Body>) -> Result<Option<String>> {
        let mut body = response.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            self.tell();
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            match body.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => self.part.append(&buffer[..read])?,
                Err(error) => return Ok(Some(error.to_string())),
            }
        }
    }

    /// Tells the watcher how far it is; after a start from nothing, only once more is there than it has heard of.
    fn tell(&mut self) {
        if self.told.is_none() {
            let name = self.part.path.file_name().map_or_else(|| self.url.into(), |name| name.to_string_lossy());
            self.progress.begin(&format!("fetch {name}"), "bytes", self.total);
        }
        let told = self.told.unwrap_or(0);
        self.progress.advance(self.part.length.saturating_sub(told));
        self.told = Some(self.part.length.max(told));
    }

    fn refuse<T>(&self, reason: &str) -> Result<T> {
        Err(refused(self.url, &self.part.path, reason))
    }
}

/// Why a redirect is not followed.
pub(super) fn unencrypted(target: &str) -> String {
    format!("the server redirects from https to {target}, which is not encrypted")
}

fn is_web_page(response: &Response<Body>) -> bool {
    response.body().mime_type().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"))
}

fn refused(url: &str, path: &Path, reason: &str) -> Error {
    let reason = format!("{reason}; try again later, or fetch it by other means and put it at {}", path.display());
    Error::Download { url: url.to_owned(), reason }
}

/// Waits, but not when the user wants to stop.
fn pause(length: Duration, progress: &dyn Progress) -> Result<()> {
    let end = Instant::now() + length;
    while Instant::now() < end {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        std::thread::sleep(length.min(Duration::from_millis(100)));
    }
    Ok(())
}

/// The file that a download grows in: the target's name with ".part" behind it, locked while it grows.
struct Part {
    path: PathBuf, // the target
    partial: PathBuf,
    file: File,
    length: u64,
    /// What names the version of the file that the bytes belong to; kept beside them for the next process.
    validator: Option<String>,
}

/// `glove.zip.part` -> `glove.zip.part.version`.
fn validator_path(partial: &Path) -> PathBuf {
    let mut path = partial.as_os_str().to_owned();
    path.push(".version");
    PathBuf::from(path)
}

impl Part {
    fn open(url: &str, path: &Path) -> Result<Part> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(".part");
        let partial = PathBuf::from(partial);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
        }
        let write = || Error::io("write", &partial);
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&partial).map_err(write())?;
        if !files::hold(&file) {
            return Err(refused(url, path, "another ninefold is fetching it now"));
        }
        let length = file.seek(SeekFrom::End(0)).map_err(write())?;
        let validator = std::fs::read_to_string(validator_path(&partial)).ok().filter(|_| length > 0);
        Ok(Part { path: path.to_path_buf(), partial, file, length, validator })
    }

    /// Keeps the validator of a transfer that begins.
    fn remember(&mut self, validator: Option<String>) -> Result<()> {
        let path = validator_path(&self.partial);
        match &validator {
            Some(validator) => std::fs::write(&path, validator).map_err(Error::io("write", &path))?,
            None => drop(std::fs::remove_file(&path)), // there may be none
        }
        self.validator = validator;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::io("write", &self.partial))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn empty(&mut self) -> Result<()> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(Error::io("write", &self.partial))?;
        self.length = 0;
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.file.sync_all().map_err(Error::io("write", &self.partial))?;
        drop(std::fs::remove_file(validator_path(&self.partial))); // there may be none
        files::move_into_place(&self.partial, &self.path)
    }
}
