//! Files that are never half written: written beside their place under a temporary name, then renamed. And files that one process
//! holds against others.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::{Error, Result};

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
    temporary.as_file().sync_all().map_err(fail())?;
    temporary.persist(path).map_err(|error| fail()(error.error))?;
    Ok(())
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
    builder.prefix(".ninefold-");
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
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("{}:{}", path.display(), error.line());
        Error::format(place, "JSON as ninefold writes it", error.to_string())
    })
}
