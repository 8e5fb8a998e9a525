//! Pretrained vectors by name: from the data folder, else from their home.
//!
//! `6B.100d` -> the cached safetensors, or the .txt, or the archive that lies in the data folder; else the one member of the
//! archive on the server, of whose other members nothing travels; then cached. Anything that is not a name is a path.

mod catalogue;

use std::path::Path;

use super::WordVectors;
use super::formats::{self, archive, source::Source};
pub use catalogue::{HOMES, RELEASES, Release};
use ninefold_core::error::{Error, Result};
use ninefold_core::folders::Folders;
use ninefold_core::progress::Progress;
use ninefold_download::{Client, RangeReader};

/// Where pretrained vectors are looked for.
#[derive(Clone, Debug)]
pub struct Places {
    /// Whose data folder is looked into first, itself and its folder `glove`, where what was fetched is kept.
    pub folders: Folders,
    /// Addresses of folders with the archives, tried in turn.
    pub homes: Vec<String>,
    /// Who fetches.
    pub client: Client,
}

impl Places {
    /// These folders and the usual homes.
    pub fn new(folders: &Folders) -> Places {
        let homes = HOMES.iter().map(ToString::to_string).collect();
        Places { folders: folders.clone(), homes, client: Client::default() }
    }
}

/// Loads pretrained vectors: a release by name, or a file of any known format by its path (`vectors.zip:member` for one of
/// several in a zip).
///
/// # Errors
/// [`Error::Config`] with suggestions when it is neither, [`Error::Data`] for a name without a data folder, [`Error::Download`] when the vectors cannot be fetched,
/// [`Error::Format`] when a file is damaged, [`Error::Io`], [`Error::Interrupted`].
pub fn load(name: &str, places: &Places, progress: &dyn Progress) -> Result<WordVectors> {
    if is_path(name) {
        return formats::load(Path::new(name), progress);
    }
    let release = Release::named(name)?;
    let data = places.folders.data_for(name)?;
    let folder = data.join("glove");
    let cache = folder.join(format!("glove.{}.safetensors", release.name));
    if cache.is_file() {
        match load_of(release, Source::open(&cache)?, progress) {
            Err(error @ Error::Format { .. }) => progress.notice(&format!("{error}; it is made anew")),
            loaded => return loaded,
        }
    }
    let vectors = match lying_here(release, &[&folder, data])? {
        Some(source) => load_of(release, source, progress)?,
        None => fetch(release, places, &folder, progress)?,
    };
    if let Err(error) = formats::save_cache(&vectors, &cache) {
        progress.notice(&format!("{error}; the next start will take as long as this one"));
    }
    Ok(vectors)
}

/// A name has no folder in it, and is not the name of a file or folder that is there or that was clearly meant.
fn is_path(name: &str) -> bool {
    const ENDS: [&str; 9] = [".txt", ".vec", ".bin", ".gz", ".zip", ".safetensors", ".ftz", ".fifu", ".kv"];
    let lower = name.to_ascii_lowercase();
    let like_a_file = ENDS.iter().any(|end| lower.ends_with(end)) || lower.contains(".zip:");
    name.contains(['/', '\\']) || Path::new(name).exists() || like_a_file && Release::named(name).is_err()
}

/// The release's text, packed or not, in one of the folders.
fn lying_here(release: Release, folders: &[&Path]) -> Result<Option<Source>> {
    let member = release.member();
    for folder in folders {
        for name in [member.clone(), format!("{member}.gz")] {
            let path = folder.join(name);
            if path.is_file() {
                return Source::open(&path).map(Some);
            }
        }
        let archive = folder.join(release.archive);
        if archive.is_file() {
            return Source::in_zip(&archive, Some(&member)).map(Some);
        }
    }
    Ok(None)
}

fn load_of(release: Release, source: Source, progress: &dyn Progress) -> Result<WordVectors> {
    let place = source.place().to_owned();
    let vectors = formats::load_from(source, progress)?;
    if vectors.dim() == release.dim {
        return Ok(vectors);
    }
    Err(Error::format(place, format!("vectors of {} dimensions", release.dim), vectors.dim().to_string()))
}

/// Tries every home; when all fail, the last one's error tells what to do by hand.
fn fetch(release: Release, places: &Places, folder: &Path, progress: &dyn Progress) -> Result<WordVectors> {
    let mut last = None;
    for home in &places.homes {
        let url = format!("{}/{}", home.trim_end_matches('/'), release.archive);
        match fetch_from(&url, release, &places.client, folder, progress) {
            Err(error @ (Error::Download { .. } | Error::Format { .. })) => {
                if let Some(earlier) = last.replace(error) {
                    progress.notice(&earlier.to_string());
                }
            }
            done => return done,
        }
    }
    let archive = folder.join(release.archive);
    Err(match last {
        Some(Error::Download { url, reason }) => {
            let reason = format!("{reason}. By hand: put the archive at {}", archive.display());
            Error::Download { url, reason }
        }
        Some(error) => error,
        None => Error::data(format!("no address to fetch {} from: put it at {}", release.archive, archive.display())),
    })
}

/// Fetches the member alone, or the whole archive where the server sends no parts.
fn fetch_from(
    url: &str,
    release: Release,
    client: &Client,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    let Some(reader) = RangeReader::open(client, url)? else {
        let path = folder.join(release.archive);
        client.fetch(url, &path, progress)?;
        let source = Source::in_zip(&path, Some(&release.member()));
        let loaded = source.and_then(|source| load_of(release, source, progress));
        if matches!(loaded, Err(Error::Format { .. })) {
            std::fs::remove_file(&path).map_err(Error::io("remove", &path))?; // else it would be found and refused for ever
        }
        return loaded;
    };
    let member = archive::find(url, reader, Some(&release.member())).map_err(|error| match error {
        Error::Io { source, .. } => Error::Download { url: url.to_owned(), reason: source.to_string() },
        error => error,
    })?;
    // The checksum in the name: a part of another edition of the archive is not gone on with.
    let packed = folder.join(format!("{}.{:08x}.packed", release.member(), member.crc32));
    client.fetch_range(url, member.start, member.packed_size, &packed, progress)?;
    let file = std::fs::File::open(&packed).map_err(Error::io("read", &packed))?;
    let place = format!("{url}:{}", member.name);
    let loaded = Source::of_member(place, member, file).and_then(|source| load_of(release, source, progress));
    // Whole or damaged, it has done its service; interrupted, it is unpacked again next time.
    if !matches!(loaded, Err(Error::Interrupted)) {
        std::fs::remove_file(&packed).map_err(Error::io("remove", &packed))?;
    }
    loaded
}
