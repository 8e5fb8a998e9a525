//! Pretrained vectors by name: from the data folder, else from their mirror.
//!
//! `6B.100d` -> the cached safetensors, or the .txt, or the archive that lies in the data folder; else the one member of the
//! archive on the server, of whose other members nothing travels; then cached. Anything that is not a name is a path.

mod catalogue;
#[cfg(feature = "net")]
mod fetch;

use std::path::Path;

use super::WordVectors;
use super::formats::{self, ReadOptions, source::Source};
pub use catalogue::{MIRRORS, RELEASES, Release};
use ninefold_core::error::{Error, Result};
use ninefold_core::folders::Folders;
use ninefold_core::progress::Progress;
#[cfg(feature = "net")]
use ninefold_download::Client;

/// Where pretrained vectors are looked for: folders first, then servers.
#[derive(Clone, Debug)]
pub struct PretrainedSources {
    /// Their data folder and its folder `glove`, which has what was fetched, are searched first.
    pub folders: Folders,
    /// Addresses of folders with the archives, tried in this order.
    pub mirrors: Vec<String>,
    /// The client that fetches.
    #[cfg(feature = "net")]
    pub client: Client,
}

impl PretrainedSources {
    /// These folders and the usual mirrors.
    pub fn new(folders: &Folders) -> PretrainedSources {
        let mirrors = MIRRORS.iter().map(ToString::to_string).collect();
        PretrainedSources {
            folders: folders.clone(),
            mirrors,
            #[cfg(feature = "net")]
            client: Client::default(),
        }
    }
}

/// Loads pretrained vectors: a release by name, or a file of any known format by its path (`vectors.zip:member` for one of
/// several in a zip).
///
/// # Errors
/// [`Error::InvalidValue`] with suggestions when it is neither, [`Error::Data`] for a name without a data folder, [`Error::Download`]
/// when the vectors cannot be fetched (never tried without the feature `net`),
/// [`Error::Format`] when a file is damaged, [`Error::Io`], [`Error::Interrupted`].
pub fn load(name: &str, places: &PretrainedSources, progress: &dyn Progress) -> Result<WordVectors> {
    load_with(name, ReadOptions::default(), places, progress)
}

/// As [`load`], files read as `options` say.
///
/// # Errors
/// As [`load`]; [`Error::NotApplicable`] for lines to skip where there are no lines.
pub fn load_with(
    name: &str,
    options: ReadOptions,
    places: &PretrainedSources,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    if is_path(name) {
        return formats::load_with(Path::new(name), options, progress);
    }
    let release = Release::named(name)?;
    options.apply_to("a GloVe release", false)?;
    let data = places.folders.data_for(name)?;
    let folder = data.join("glove");
    let cache = folder.join(format!("glove.{}.safetensors", release.name));
    if cache.is_file() {
        match Source::open(&cache).and_then(|source| load_of(release, source, progress)) {
            Err(error @ Error::Format { .. }) => progress.notice(&format!("{error}; it is made anew")),
            loaded => return loaded,
        }
    }
    let vectors = match lying_here(release, &[&folder, data])? {
        Some(source) => load_of(release, source, progress)?,
        None => fetch::fetch(release, places, &folder, progress)?,
    };
    if let Err(error) = formats::save_cache(&vectors, release.name, &cache) {
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
    let vectors = formats::load_from(source, ReadOptions::default(), progress)?;
    if vectors.dim() == release.dim {
        return Ok(vectors);
    }
    Err(Error::format(place, format!("vectors of {} dimensions", release.dim), vectors.dim().to_string()))
}

#[cfg(not(feature = "net"))]
mod fetch {
    use super::*;

    pub(super) fn fetch(
        release: Release,
        places: &PretrainedSources,
        folder: &Path,
        _: &dyn Progress,
    ) -> Result<WordVectors> {
        let reason = format!(
            "this program was built without the feature \"net\", so that it downloads nothing. By hand: put the archive at {}",
            folder.join(release.archive).display()
        );
        let mirror = places.mirrors.first().map_or("", |mirror| mirror.trim_end_matches('/'));
        Err(Error::Download { url: format!("{mirror}/{}", release.archive), reason })
    }
}
