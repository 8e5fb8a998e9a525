//! 20 Newsgroups, split by date: found on disk or fetched, and checked.
//!
//! Takes a folder -> gives the 11,314 training and 7,532 test posts of `20news-bydate.tar.gz`, read straight from the
//! archive, or from folders that it was unpacked into. Posts are latin-1, as scikit-learn reads them.
//!
//! The corpus was collected by Ken Lang (1995); this version, sorted by date and without duplicates, is Jason Rennie's.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::named_corpus::NamedCorpus;
use crate::collect;
use crate::columns::Request;
use crate::config::CorpusConfig;
use crate::decode::{self, Charset};
use crate::document::Labelled;
use crate::input::Input;
use crate::labels;
use crate::reading::{Parts, Reading};
use crate::strip::Strip;
use ninefold_core::error::{Error, Result};
use ninefold_core::folders::Folders;
use ninefold_core::phrasing::thousands;
use ninefold_core::progress::Progress;

/// `data = "20newsgroups"`.
pub(crate) const CORPUS: NamedCorpus = NamedCorpus {
    name: "20newsgroups",
    split: "bydate",
    strip: Strip { headers: true, footers: true, quotes: true },
    read: |_, folders, progress| read(folders, progress),
};

const URL: &str = "https://ndownloader.figshare.com/files/5975967";
const SHA256: &str = "8f1b2514ca22a5ade8fbb9cfa5727df95fa587f4c87b786e15c759fa66d95610";
const ARCHIVE: &str = "20news-bydate.tar.gz";
const FOLDERS: [&str; 2] = ["20news-bydate-train", "20news-bydate-test"];
const POSTS: [usize; 2] = [11_314, 7_532];
const GROUPS: usize = 20;

/// Reads the corpus from the data folder, fetching it first where it is not there.
///
/// # Errors
/// [`Error::Data`] without a data folder, [`Error::Download`], [`Error::Checksum`] for a fetched file that is not the known
/// one, [`Error::Format`] for a file put there by hand that does not hold the corpus.
fn read(folders: &Folders, progress: &dyn Progress) -> Result<Parts> {
    read_in(folders.data_for(CORPUS.name)?, &|path| fetch(path, progress), progress)
}

#[cfg(feature = "net")]
fn fetch(path: &Path, progress: &dyn Progress) -> Result<()> {
    ninefold_download::fetch(URL, path, progress)
}

#[cfg(not(feature = "net"))]
fn fetch(_: &Path, _: &dyn Progress) -> Result<()> {
    let reason = "this program was built without the feature \"net\", so that it downloads nothing";
    Err(Error::Download { url: URL.to_string(), reason: reason.to_string() })
}

fn read_in(data_dir: &Path, fetch: &dyn Fn(&Path) -> Result<()>, progress: &dyn Progress) -> Result<Parts> {
    let own = data_dir.join("20newsgroups");
    for folder in [data_dir, &own] {
        let archive = folder.join(ARCHIVE);
        if archive.is_file() {
            return read_archive(&archive, progress);
        }
        let parts = FOLDERS.map(|part| folder.join(part));
        if parts.iter().all(|part| part.is_dir()) {
            return read_folders(&parts, folder, progress);
        }
    }
    let archive = own.join(ARCHIVE);
    std::fs::create_dir_all(&own).map_err(Error::io("create the folder", &own))?;
    fetch(&archive).map_err(|error| or_by_hand(error, data_dir))?;
    verify(&archive, SHA256)?;
    read_archive(&archive, progress)
}

/// A failed download can be replaced by a file from elsewhere.
fn or_by_hand(error: Error, data_dir: &Path) -> Error {
    match error {
        Error::Download { url, reason } => {
            let hint = format!("{reason}; or put {ARCHIVE} into {} yourself", data_dir.display());
            Error::Download { url, reason: hint }
        }
        other => other,
    }
}

/// Holds a fetched file to its checksum, and removes it when it is another.
fn verify(path: &Path, expected: &str) -> Result<()> {
    use sha2::{Digest, Sha256};
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected {
        return Ok(());
    }
    std::fs::remove_file(path).map_err(Error::io("remove", path))?;
    Err(Error::Checksum { path: path.to_path_buf(), expected: expected.to_string(), found })
}

fn read_folders(parts: &[PathBuf; 2], place: &Path, progress: &dyn Progress) -> Result<Parts> {
    let [train, test] = parts;
    let part = |folder: &Path, prefix: &str| {
        let input = Input::open(folder, Charset::Latin1, progress)?;
        collect::labelled(input, prefix, &Request::new(&CorpusConfig::default(), true)?)
    };
    let train = part(train, "train/")?;
    let test = part(test, "test/")?;
    checked(train, test, place)
}

/// Reads the posts out of the archive; unpacking is one thread's work, decoding everyone's.
fn read_archive(path: &Path, progress: &dyn Progress) -> Result<Parts> {
    let fail = || Error::io("read", path);
    let broken = |error: std::io::Error| {
        let expected = "a whole 20news-bydate.tar.gz (remove the file, and it will be fetched)";
        Error::format(path, expected, error.to_string())
    };
    progress.begin("reading 20newsgroups", "texts", Some(POSTS.iter().sum::<usize>() as u64));
    let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(fail())?);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut posts: [Vec<(String, String, Vec<u8>)>; 2] = Default::default(); // group, number, bytes
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut parents = name.rsplit('/');
        let (Some(number), Some(group), Some(part)) = (parents.next(), parents.next(), parents.next()) else {
            continue;
        };
        let Some(part) = FOLDERS.iter().position(|folder| *folder == part) else { continue };
        if !entry.header().entry_type().is_file() || number.starts_with('.') {
            continue;
        }
        let mut bytes = Vec::with_capacity(entry.size().min(1 << 20) as usize);
        entry.read_to_end(&mut bytes).map_err(broken)?;
        posts[part].push((group.to_string(), number.to_string(), bytes));
        progress.advance(1);
    }
    progress.end();
    let [train, test] = posts;
    checked(decoded(train, "train/")?, decoded(test, "test/")?, path)
}

fn decoded(mut posts: Vec<(String, String, Vec<u8>)>, prefix: &str) -> Result<Reading> {
    posts.sort();
    let decode = |(group, number, bytes): (String, String, Vec<u8>)| {
        let source = format!("{prefix}{group}/{number}");
        let decoded = decode::decode(bytes, Charset::Latin1, &source)?;
        Ok((Labelled { text: decoded.text, label: group, source, group: String::new(), weight: 1.0 }, decoded.outcome))
    };
    let mut reading = Reading::default();
    for result in posts.into_par_iter().with_min_len(256).map(decode).collect::<Vec<Result<_>>>() {
        let (document, outcome) = result?;
        reading.encodings.add(&outcome, &document.source);
        reading.documents.push(document);
    }
    Ok(reading)
}

/// Holds what was read to the size of the corpus.
fn checked(train: Reading, test: Reading, place: &Path) -> Result<Parts> {
    let found = [&train, &test].map(|part| part.documents.len());
    let groups = labels::count(train.documents.iter().chain(&test.documents)).len();
    if found != POSTS || groups != GROUPS {
        let say = |[train, test]: [usize; 2], groups: usize| {
            format!("{} training and {} test posts in {groups} groups", thousands(train), thousands(test))
        };
        return Err(Error::format(place, say(POSTS, GROUPS), say(found, groups)));
    }
    Ok(Parts { split: CORPUS.split, ..Parts::given(train, Some(test)) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::progress::Silent;

    /// A made-up corpus of the right shape, as an archive.
    fn archive(posts: [usize; 2]) -> Vec<u8> {
        let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut archive = tar::Builder::new(packer);
        for (folder, count) in FOLDERS.iter().zip(posts) {
            for n in 0..count {
                let body = [b"Subject: ".as_slice(), n.to_string().as_bytes(), b"\n\ncaf\xe9"].concat();
                let mut header = tar::Header::new_ustar();
                header.set_size(body.len() as u64);
                header.set_mode(0o644);
                archive.append_data(&mut header, format!("{folder}/group.{:02}/{n}", n % 20), &body[..]).unwrap();
            }
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    fn no_network(_: &Path) -> Result<()> {
        Err(Error::Download { url: URL.into(), reason: "no network".into() })
    }

    #[test]
    fn an_archive_put_there_by_hand_is_read() {
        let bytes = archive(POSTS);
        for place in ["", "20newsgroups"] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(dir.path().join(place)).unwrap();
            std::fs::write(dir.path().join(place).join(ARCHIVE), &bytes).unwrap();
            let parts = read_in(dir.path(), &no_network, &Silent).unwrap();
            let first = &parts.train.documents[0];
            assert_eq!((first.source.as_str(), first.label.as_str()), ("train/group.00/0", "group.00"));
            assert_eq!(first.text, "Subject: 0\n\ncafé");
            assert!(parts.train.documents.iter().map(|document| &document.source).is_sorted());
            assert_eq!(parts.train.encodings.names(), ["latin-1"]);
        }
    }

    #[test]
    fn another_number_of_posts_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(ARCHIVE), archive([30, 20])).unwrap();
        let error = read_in(dir.path(), &no_network, &Silent).unwrap_err().to_string();
        assert!(error.contains("expected 11,314 training and 7,532 test posts in 20 groups, found 30"), "{error}");
    }

    #[test]
    fn a_truncated_archive_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = archive([40, 20]);
        std::fs::write(dir.path().join(ARCHIVE), &bytes[..bytes.len() / 2]).unwrap();
        let error = read_in(dir.path(), &no_network, &Silent).unwrap_err().to_string();
        assert!(error.contains("expected a whole 20news-bydate.tar.gz"), "{error}");
    }

    #[test]
    fn folders_that_it_was_unpacked_into_are_read_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        for folder in FOLDERS {
            let group = dir.path().join("20newsgroups").join(folder).join("sci.space");
            std::fs::create_dir_all(&group).unwrap();
            std::fs::write(group.join("1"), b"a post").unwrap();
        }
        let error = read_in(dir.path(), &no_network, &Silent).unwrap_err().to_string();
        assert!(error.ends_with("found 1 training and 1 test posts in 1 groups"), "{error}");
    }

    #[test]
    fn a_fetched_file_with_another_checksum_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let fetch = |path: &Path| {
            std::fs::write(path, b"not the corpus").map_err(Error::io("write", path))?;
            Ok(())
        };
        let error = read_in(dir.path(), &fetch, &Silent).unwrap_err();
        assert!(matches!(&error, Error::Checksum { expected, .. } if expected == SHA256), "{error}");
        assert!(!dir.path().join("20newsgroups").join(ARCHIVE).exists());
    }

    #[test]
    fn the_right_checksum_passes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"abc").unwrap();
        // FIPS 180-2, appendix B.1
        verify(file.path(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").unwrap();
        assert!(file.path().exists());
    }

    #[test]
    fn without_a_network_the_error_says_where_to_put_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let error = read_in(dir.path(), &no_network, &Silent).unwrap_err().to_string();
        assert!(error.contains("no network; or put 20news-bydate.tar.gz into"), "{error}");
    }
}
