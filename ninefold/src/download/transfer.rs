//! One file (or one range of it) brought over completely, over as many connections as that takes.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ureq::Body;
use ureq::http::Response;

use super::{Client, content_range, length_beyond_which_nothing_is};
use crate::error::{Error, Result};
use crate::progress::Progress;

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

pub(super) fn fetch(
    client: &Client,
    url: &str,
    range: Option<(u64, u64)>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<()> {
    let mut part = Part::open(url, path)?;
    let wanted = path.file_name().map_or_else(|| url.into(), |name| name.to_string_lossy());
    let mut told = part.length;
    let mut total = range.map(|(_, length)| length);
    progress.begin(&format!("fetch {wanted}"), "bytes", total);
    progress.advance(told);
    let mut failures = 0;
    loop {
        let before = part.length;
        let (problem, afresh) = match attempt(client, url, range, &mut part, &mut total, &mut told, progress)? {
            Attempt::Done => break,
            Attempt::Again(problem) => (problem, false),
            Attempt::Afresh(problem) => (problem, true),
        };
        if part.length >= before + WORTH_WHILE {
            failures = 0;
        }
        if afresh {
            part.empty()?;
        }
        failures += 1;
        if failures > client.retries {
            return Err(refused(url, path, &format!("{problem} ({failures} attempts)")));
        }
        progress.status(&format!("{problem}: attempt {} of {}", failures + 1, client.retries + 1));
        pause(client.pause * 2u32.saturating_pow(failures - 1), progress)?;
    }
    part.finish()?;
    progress.end();
    Ok(())
}

/// Asks for what is missing and writes what comes.
fn attempt(
    client: &Client,
    url: &str,
    range: Option<(u64, u64)>,
    part: &mut Part,
    total: &mut Option<u64>,
    told: &mut u64,
    progress: &dyn Progress,
) -> Result<Attempt> {
    if let Some((_, length)) = range {
        match part.length {
            have if have == length => return Ok(Attempt::Done),
            have if have > length => return Ok(Attempt::Afresh("the .part file is longer than the piece".into())),
            _ => {}
        }
    }
    let target = part.path.clone();
    let refuse = |reason: &str| Err(refused(url, &target, reason));
    let asked = range.map(|(start, _)| start + part.length).or((part.length > 0).then_some(part.length));
    let answer = client.get(url, asked, range.map(|(start, length)| start + length - 1));
    let mut response = match answer {
        Ok(response) => response,
        Err(error @ (ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::TooManyRedirects)) => {
            return refuse(&error.to_string());
        }
        Err(error) => return Ok(Attempt::Again(error.to_string())),
    };
    match (response.status().as_u16(), asked) {
        (200, _) if range.is_some() => return refuse("the server does not send parts of files"),
        (200, _) | (206, Some(_)) => {}
        (416, Some(have)) if length_beyond_which_nothing_is(&response) == Some(have) => return Ok(Attempt::Done),
        (416, Some(_)) => return Ok(Attempt::Afresh("the .part file is longer than the file on the server".into())),
        (408 | 429 | 500..=599, _) => return Ok(Attempt::Again(format!("the server answered {}", response.status()))),
        _ => return refuse(&format!("the server answered {}", response.status())),
    }
    if is_web_page(&response) && !url.ends_with(".html") {
        return refuse("the server sent a web page where the file should be");
    }
    if response.status().as_u16() == 200 {
        part.empty()?; // the server starts over, whatever was asked
        *total = response.body().content_length();
    } else {
        match (content_range(&response), asked) {
            (Some((first, _, whole)), Some(asked)) if first == asked => *total = total.or(whole),
            _ => return Ok(Attempt::Afresh("the server sent another part than was asked for".into())),
        }
    }
    let problem = copy(&mut response, part, told, progress)?;
    match *total {
        Some(total) if part.length < total => {
            let (have, reason) = (part.length, problem.unwrap_or_else(|| "the connection was cut".into()));
            Ok(Attempt::Again(format!("{reason} after {have} of {total} bytes")))
        }
        Some(total) if part.length > total => {
            let found = part.length;
            part.empty()?;
            refuse(&format!("the server sent {found} bytes where it had promised {total}"))
        }
        _ => Ok(problem.map_or(Attempt::Done, Attempt::Again)),
    }
}

/// Appends the body to the .part file; gives the reason when it ends too early.
fn copy(
    response: &mut Response<Body>,
    part: &mut Part,
    told: &mut u64,
    progress: &dyn Progress,
) -> Result<Option<String>> {
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        match body.read(&mut buffer) {
            Ok(0) => return Ok(None),
            Ok(read) => part.append(&buffer[..read])?,
            Err(error) => return Ok(Some(error.to_string())),
        }
        // After a start from nothing the bar waits until the bytes it has seen are there again.
        progress.advance(part.length.saturating_sub(*told));
        *told = part.length.max(*told);
    }
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
        if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(refused(url, path, "another ninefold is fetching it now"));
        }
        let length = file.seek(SeekFrom::End(0)).map_err(write())?;
        Ok(Part { path: path.to_path_buf(), partial, file, length })
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
        std::fs::rename(&self.partial, &self.path).map_err(Error::io("write", &self.path))
    }
}
