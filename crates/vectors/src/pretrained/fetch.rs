//! Fetches one release of pretrained vectors: its member of the archive on the server alone, where the server sends parts.

use std::path::Path;

use super::{PretrainedSources, Release, load_of};
use crate::WordVectors;
use crate::formats::source::Source;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;
use ninefold_download::{Client, RangeReader};
use ninefold_packing::archive;

/// Tries every mirror; when all fail, the last one's error tells what to do by hand.
pub(super) fn fetch(
    release: Release,
    places: &PretrainedSources,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    let mut last = None;
    for mirror in &places.mirrors {
        let url = format!("{}/{}", mirror.trim_end_matches('/'), release.archive);
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
    // The checksum in the name: a download of another edition of the archive is not resumed.
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
