//! Files that are never half written: written beside their place under a temporary name, then renamed. And files that one process
//! holds against others.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Location, Result};

/// How the names of temporary files begin.
const TEMPORARY: &str = ".ninefold-";

/// Whether a file of this name is one that [`write_atomically`] had not renamed yet.
pub fn is_temporary(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(TEMPORARY))
}

/// Removes the temporary files that killed processes left in a folder and its subfolders. The caller makes sure that no other
/// process writes there.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be read or a file not removed.
pub fn remove_temporary(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io("read the folder", folder))? {
        let entry = entry.map_err(Error::io("read the folder", folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(Error::io("read", entry.path()))?);
        if kind.is_dir() {
            remove_temporary(&path)?;
        } else if kind.is_file() && is_temporary(&entry.file_name()) {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Writes a file through `write`, so that `path` holds either its old content or the whole new one, never a part.
/// Missing parent folders are made.
///
/// # Errors
/// [`Error::Io`] with the path when the folder cannot be made or written (a full disk, no permission).
pub fn write_atomically(path: &Path, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
    let fail = || Error::io("write", path);
    let temporary = temporary_in(folder).map_err(fail())?;
    let mut writer = BufWriter::new(temporary.as_file());
    write(&mut writer).and_then(|()| writer.flush()).map_err(fail())?;
    drop(writer);
    abort_point();
    temporary.as_file().sync_all().map_err(fail())?;
    temporary.persist(path).map_err(|error| fail()(error.error))?;
    abort_point();
    Ok(())
}

/// Gives a file or folder that is complete its final name.
///
/// # Errors
/// [`Error::Io`] with the final name.
pub fn move_into_place(from: &Path, to: &Path) -> Result<()> {
    abort_point();
    fs::rename(from, to).map_err(Error::io("move into place", to))?;
    abort_point();
    Ok(())
}

/// A folder that is made under a hidden name and gets its own when it is complete. What a killed process left of it is found by the
/// next one.
///
/// It is made beside its place, where it then appears at once; or inside, file by file in the end, where somebody has made the empty
/// folder already: that may be a volume, or the current folder of a shell.
#[derive(Debug)]
pub struct UnfinishedFolder {
    place: PathBuf,
    hidden: PathBuf,
}

impl UnfinishedFolder {
    /// Begins a folder, or continues the one that an earlier process began with the same `key`. What was begun with another key is
    /// removed.
    ///
    /// # Errors
    /// [`Error::Data`] when `place` holds something already, [`Error::Io`] when it cannot be written.
    pub fn begin(place: &Path, key: &str) -> Result<UnfinishedFolder> {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let inside = place.join(format!("{TEMPORARY}unfinished"));
        let beside = place.with_file_name(format!("{TEMPORARY}unfinished-{name}"));
        let begun = |hidden: PathBuf| UnfinishedFolder { place: place.to_path_buf(), hidden };
        let has_key = |hidden: &&PathBuf| fs::read_to_string(hidden.join("key")).is_ok_and(|earlier| earlier == key);
        if let Some(hidden) = [&inside, &beside].into_iter().find(has_key) {
            remove_temporary(hidden)?;
            return Ok(begun(hidden.clone()));
        }
        if begun(inside.clone()).is_in_place() {
            return Err(Error::data(format!("{}: holds files already: choose another folder", place.display())));
        }
        [&inside, &beside].into_iter().try_for_each(|hidden| remove(hidden))?;
        let unfinished = begun(if place.is_dir() { inside } else { beside });
        write_atomically(&unfinished.hidden.join("key"), |out| out.write_all(key.as_bytes()))?;
        Ok(unfinished)
    }

    /// Where a part of the work is: under the hidden name, or already in its place.
    pub fn part(&self, name: &str) -> PathBuf {
        let part = self.hidden.join(name);
        let is_moved = fs::read_dir(&part).map_or(true, |mut entries| entries.next().is_none());
        if is_moved && self.is_in_place() { self.place.clone() } else { part }
    }

    /// Whether the place holds something of its own.
    fn is_in_place(&self) -> bool {
        let is_own = |entry: io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.path() != self.hidden);
        fs::read_dir(&self.place).is_ok_and(|mut entries| entries.any(is_own))
    }

    /// Moves a part into its place and removes the others.
    ///
    /// # Errors
    /// [`Error::Io`] when a folder cannot be moved or removed.
    pub fn finish(self, part: &str) -> Result<()> {
        let part = self.hidden.join(part);
        if self.is_in_place() && !part.is_dir() {
            return remove(&self.hidden); // an earlier `finish` has moved it
        }
        if self.hidden.parent() == Some(&self.place) {
            for entry in fs::read_dir(&part).map_err(Error::io("read the folder", &part))? {
                let entry = entry.map_err(Error::io("read the folder", &part))?;
                let target = self.place.join(entry.file_name());
                remove(&target)?; // left by an earlier `finish`
                move_into_place(&entry.path(), &target)?;
            }
        } else {
            if self.place.exists() {
                fs::remove_dir(&self.place).map_err(Error::io("replace the folder", &self.place))?;
            }
            move_into_place(&part, &self.place)?;
        }
        remove(&self.hidden)
    }
}

/// Removes a file or a folder with all that it holds, if it is there.
fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// A moment at which a kill is tested: the process aborts at the one whose number, counted from 1, `NINEFOLD_ABORT_AT` holds.
/// There is one before a file gets its final name and one after. Only tests set the variable.
fn abort_point() {
    static ABORT_AT: LazyLock<Option<u32>> = LazyLock::new(|| std::env::var("NINEFOLD_ABORT_AT").ok()?.parse().ok());
    static PASSED: AtomicU32 = AtomicU32::new(0);
    if let Some(at) = *ABORT_AT
        && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == at
    {
        std::process::abort();
    }
}

/// Fails now, before long work, where [`write_atomically`] would fail after it. Missing parent folders are made.
///
/// # Errors
/// [`Error::Io`] as [`write_atomically`].
pub fn check_writable(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::io("create the folder", folder))?;
    if path.is_dir() {
        return Err(Error::io("write", path)(io::ErrorKind::IsADirectory.into()));
    }
    temporary_in(folder).map(drop).map_err(Error::io("write", path))
}

/// A hidden temporary file with the permissions that an ordinary new file gets (tempfile's own default is private).
fn temporary_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Takes a file for this process alone until it is closed, at the latest when the process ends, however it ends; `false` where another
/// holds it. Where files cannot be locked (some network disks) nobody is kept out.
pub fn hold(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Reads a text file: UTF-8 with or without a byte order mark, or UTF-16 with one. `action` is the verb phrase of the error:
/// "read the vocabulary".
///
/// # Errors
/// [`Error::Io`] when it cannot be read, [`Error::Format`] with the line when it is no text.
pub fn read_text(action: &'static str, path: &Path) -> Result<String> {
    text_of(fs::read(path).map_err(Error::io(action, path))?, path)
}

fn text_of(bytes: Vec<u8>, path: &Path) -> Result<String> {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (units, rest) = bytes.as_chunks();
        let text =
            char::decode_utf16(units.iter().map(|&bytes| unit(bytes))).collect::<std::result::Result<String, _>>().ok();
        let text = text.filter(|_| rest.is_empty());
        text.ok_or_else(|| Error::format(path, "text in UTF-16, as its byte order mark says", "something else"))
    };
    match bytes.as_slice() {
        [0xff, 0xfe, text @ ..] => utf_16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf_16(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => utf_8(text.to_vec(), path),
        _ => utf_8(bytes, path),
    }
}

fn utf_8(bytes: Vec<u8>, path: &Path) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let (valid, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let line = 1 + bytes[..valid].iter().filter(|&&byte| byte == b'\n').count();
        Error::format(Location::line(path, line), "UTF-8 text", format!("the byte 0x{:02x}", bytes[valid]))
    })
}

/// True for the names of files that the system puts into folders: `.DS_Store` and other hidden files, `Thumbs.db`, `desktop.ini`.
pub fn is_clutter(name: &str) -> bool {
    name.starts_with('.') || ["thumbs.db", "ehthumbs.db", "desktop.ini"].contains(&name.to_lowercase().as_str())
}

/// Writes `value` as indented JSON with a final newline.
///
/// # Errors
/// [`Error::Io`] as [`write_atomically`].
pub fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    write_atomically(path, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// Reads JSON into `T`.
///
/// # Errors
/// [`Error::Io`] when the file cannot be read, [`Error::Format`] with the line when it is not what `T` needs.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text("read", path)?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("{}:{}", path.display(), error.line());
        Error::format(place, "JSON as ninefold writes it", error.to_string())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn leftover_temporary_files_are_removed_from_all_subfolders() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("pairs/word2vec-gru");
        fs::create_dir_all(&below).unwrap();
        let kept = [folder.path().join("config.toml"), below.join("metrics.json")];
        let leftover = [folder.path().join(".ninefold-a1B2c3"), below.join(".ninefold-Zz9")];
        kept.iter().chain(&leftover).for_each(|path| fs::write(path, "x").unwrap());
        remove_temporary(folder.path()).unwrap();
        assert!(kept.iter().all(|path| path.is_file()));
        assert!(leftover.iter().all(|path| !path.exists()));
    }

    #[test]
    fn unfinished_folder_is_continued_with_its_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("student");
        let begin = |key: &str| UnfinishedFolder::begin(&place, key);
        let write = |unfinished: &UnfinishedFolder, text: &str| {
            write_atomically(&unfinished.part("model").join("weights"), |out| out.write_all(text.as_bytes())).unwrap();
        };
        write(&begin("a").unwrap(), "first");
        assert!(begin("a").unwrap().part("model").join("weights").is_file(), "left by a process that was killed");
        let other = begin("b").unwrap();
        assert!(!other.part("model").exists() && !place.exists());
        write(&other, "second");
        fs::rename(other.part("model"), &place).unwrap(); // killed in the middle of `finish`
        let again = begin("b").unwrap();
        assert_eq!(again.part("model"), place);
        again.finish("model").unwrap();
        assert_eq!(fs::read_to_string(place.join("weights")).unwrap(), "second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing hidden is left");
        assert!(begin("b").unwrap_err().to_string().contains("holds files already"));
    }

    #[test]
    fn unfinished_folder_is_made_inside_one_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        let write = |path: &Path| write_atomically(path, |out| out.write_all(b"text")).unwrap();
        let unfinished = UnfinishedFolder::begin(place, "a").unwrap();
        write(&unfinished.part("model").join("members/1"));
        write(&unfinished.part("model").join("weights"));
        fs::rename(unfinished.part("model").join("members"), place.join("members")).unwrap(); // killed in the middle of `finish`
        let again = UnfinishedFolder::begin(place, "a").unwrap();
        assert_ne!(again.part("model"), place, "a part of it is still hidden");
        write(&again.part("model").join("members/1"));
        again.finish("model").unwrap();
        assert!(place.join("members/1").is_file() && place.join("weights").is_file());
        assert_eq!(fs::read_dir(place).unwrap().count(), 2, "nothing hidden is left");
        assert!(UnfinishedFolder::begin(place, "a").unwrap_err().to_string().contains("holds files already"));
    }

    #[test]
    fn text_is_read_without_its_byte_order_mark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.txt");
        let read = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            read_text("read the words", &path)
        };
        let units = |unit: fn(u16) -> [u8; 2]| "\u{feff}naïve 🐸".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for bytes in
            ["naïve 🐸".as_bytes(), "\u{feff}naïve 🐸".as_bytes(), &units(u16::to_le_bytes), &units(u16::to_be_bytes)]
        {
            assert_eq!(read(bytes).unwrap(), "naïve 🐸");
        }
        assert_eq!(read(b"").unwrap(), "");
        let broken = read(b"fine\nb\xe9d").unwrap_err().to_string();
        assert!(broken.ends_with("words.txt:2: expected UTF-8 text, found the byte 0xe9"), "{broken}");
        assert!(read(b"\xff\xfea").is_err(), "half a unit");
    }
}
