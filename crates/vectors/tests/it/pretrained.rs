//! Pretrained vectors by name: from the data folder, from a server, from a server that misbehaves.

#![allow(clippy::unwrap_used)]

use crate::server;

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use ninefold_core::progress::{Progress, Silent};
use ninefold_core::rng::Rng;
use ninefold_core::{Error, Folders};
use ninefold_download::Client;
use ninefold_vectors::WordVectors;
use ninefold_vectors::pretrained::{PretrainedSources, load};
use server::{Behaviour, Server};

/// GloVe text of `words` words.
fn glove_text(dim: usize, words: usize) -> String {
    let mut rng = Rng::new(dim as u64);
    let mut text = String::new();
    for word in 0..words {
        text.push_str(&format!("w{word}"));
        (0..dim).for_each(|_| text.push_str(&format!(" {:.5}", rng.normal())));
        text.push('\n');
    }
    text
}

/// An archive as Stanford's, with four members of which the second is the one that the tests ask for.
fn archive() -> Vec<u8> {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(make_archive).clone()
}

fn make_archive() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (dim, words) in [(50, 2000), (100, 500), (200, 500), (300, 500)] {
        zip.start_file(format!("glove.6B.{dim}d.txt"), options).unwrap();
        zip.write_all(glove_text(dim, words).as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Where the member's packed bytes lie.
fn member_range(archive: &[u8]) -> std::ops::Range<usize> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let member = zip.by_name("glove.6B.100d.txt").unwrap();
    let start = member.data_start().unwrap() as usize;
    start..start + member.compressed_size() as usize
}

fn places(data_dir: &Path, mirrors: &[&str]) -> PretrainedSources {
    PretrainedSources {
        folders: Folders::at(data_dir),
        mirrors: mirrors.iter().map(ToString::to_string).collect(),
        client: Client::new(2, Duration::from_millis(1), Duration::from_millis(300)),
    }
}

fn serve(archive: &[u8], behaviour: Behaviour) -> Server {
    Server::start(&[("data/glove.6B.zip", archive)], behaviour)
}

fn assert_right(vectors: &WordVectors) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expected.txt");
    fs::write(&path, glove_text(100, 500)).unwrap();
    let expected = load(path.to_str().unwrap(), &places(folder.path(), &[]), &Silent).unwrap();
    assert_eq!(vectors.words(), expected.words());
    assert_eq!(vectors.matrix(), expected.matrix());
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Progress for Notices {
    fn notice(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

#[test]
fn only_the_members_bytes_travel_and_the_second_start_needs_no_network() {
    let (folder, archive) = (tempfile::tempdir().unwrap(), archive());
    let server = serve(&archive, Behaviour::default());
    let places = places(folder.path(), &[&format!("{}/data", server.url)]);
    assert_right(&load("6B.100d", &places, &Silent).unwrap());

    let member = member_range(&archive);
    // Beside the member: one byte to ask for the length, and blocks of 64 KiB: two for the directory (it may straddle), one
    // for the member's own header.
    let allowed = member.len() as u64 + 1 + 3 * (1 << 16);
    assert!(archive.len() as u64 > 3 * allowed / 2, "the test needs an archive much larger than {allowed}");
    assert!(server.sent() <= allowed, "{} bytes travelled of {}, {allowed} allowed", server.sent(), archive.len());
    assert!(server.ranges().contains(&format!("{}-{}", member.start, member.end - 1)), "{:?}", server.ranges());
    assert_eq!(names_in(&folder.path().join("glove")), ["glove.6B.100d.safetensors"]);

    let requests = server.ranges().len();
    assert_right(&load("glove.6B.100d", &places, &Silent).unwrap());
    assert_eq!(server.ranges().len(), requests, "the cache should have served");
}

#[test]
fn every_release_is_fetched_by_its_name() {
    for (name, member, mirror) in [
        ("twitter.27B.25d", "glove.twitter.27B.25d.txt", "glove.twitter.27B.zip"),
        ("840B.300d", "glove.840B.300d.txt", "glove.840B.300d.zip"),
    ] {
        let dim = name.rsplit('.').next().unwrap().trim_end_matches('d').parse().unwrap();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(glove_text(dim, 30).as_bytes()).unwrap();
        let archive = zip.finish().unwrap().into_inner();
        let server = Server::start(&[(&format!("data/{mirror}"), &archive)], Behaviour::default());
        let folder = tempfile::tempdir().unwrap();
        let vectors = load(name, &places(folder.path(), &[&format!("{}/data", server.url)]), &Silent).unwrap();
        assert_eq!((vectors.len(), vectors.dim()), (30, dim), "{name}");
        assert_eq!(names_in(&folder.path().join("glove")), [format!("glove.{name}.safetensors")]);
    }
}

#[test]
fn a_server_that_lies_is_got_around_or_found_out() {
    let archive = archive();
    let whole = Behaviour { no_ranges: true, ..Behaviour::default() };
    for (behaviour, can_be_got_around) in [
        (Behaviour { promise_more: 1000, ..Behaviour::default() }, true), // the member's own bytes are there
        (Behaviour { shift: 1, ..Behaviour::default() }, true),           // ranges are wrong, the whole file is right
        (Behaviour { promise_more: 1000, ..whole.clone() }, false),
        (Behaviour { web_pages: true, ..whole }, false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(&archive, behaviour);
        let loaded = load("6B.100d", &places(folder.path(), &[&format!("{}/data", server.url)]), &Silent);
        if can_be_got_around {
            assert_right(&loaded.unwrap());
            continue;
        }
        let error = loaded.map(|vectors| vectors.len()).unwrap_err();
        assert!(matches!(error, Error::Download { .. }), "{error}");
        let cache = folder.path().join("glove");
        let left = if cache.exists() { names_in(&cache) } else { Vec::new() };
        assert!(left.iter().all(|name| name.ends_with(".part")), "a later start would take these for whole: {left:?}");
    }
}

#[test]
fn an_interrupted_fetch_goes_on_where_it_stopped() {
    let (folder, archive) = (tempfile::tempdir().unwrap(), archive());
    let mut cut_after = vec![usize::MAX; 20];
    let whole = serve(&archive, Behaviour::default());
    load("6B.100d", &places(tempfile::tempdir().unwrap().path(), &[&format!("{}/data", whole.url)]), &Silent).unwrap();
    let last = whole.ranges().len() - 1; // the request that brings the member
    cut_after[last] = 10_000;
    let server = serve(&archive, Behaviour { cut_after, ..Behaviour::default() });
    assert_right(&load("6B.100d", &places(folder.path(), &[&format!("{}/data", server.url)]), &Silent).unwrap());
    let member = member_range(&archive);
    assert_eq!(server.ranges()[last + 1], format!("{}-{}", member.start + 10_000, member.end - 1));
}

#[test]
fn without_ranges_the_whole_archive_is_fetched_and_kept() {
    let (folder, archive) = (tempfile::tempdir().unwrap(), archive());
    let server = serve(&archive, Behaviour { no_ranges: true, ..Behaviour::default() });
    let places = places(folder.path(), &[&format!("{}/data", server.url)]);
    assert_right(&load("6B.100d", &places, &Silent).unwrap());
    assert_eq!(names_in(&folder.path().join("glove")), ["glove.6B.100d.safetensors", "glove.6B.zip"]);
    let requests = server.ranges().len();
    assert_eq!(load("6B.300d", &places, &Silent).unwrap().dim(), 300, "another member of the archive that is here now");
    assert_eq!(server.ranges().len(), requests);
}

#[test]
fn a_flipped_byte_is_refused_however_it_comes() {
    let mut archive = archive();
    let middle = member_range(&archive).start + member_range(&archive).len() / 2;
    archive[middle] ^= 0x10;
    for no_ranges in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(&archive, Behaviour { no_ranges, ..Behaviour::default() });
        let error = load("6B.100d", &places(folder.path(), &[&format!("{}/data", server.url)]), &Silent).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{error}");
        assert!(names_in(&folder.path().join("glove")).is_empty(), "nothing damaged may stay and be found again");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("glove.6B.zip"), &archive).unwrap();
    let error = load("6B.100d", &places(folder.path(), &[]), &Silent).unwrap_err().to_string();
    assert!(error.contains("glove.6B.zip:glove.6B.100d.txt"), "{error}");
}

#[test]
fn a_truncated_archive_is_refused() {
    let archive = archive();
    let cut = &archive[..archive.len() - 1000];
    for no_ranges in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let server = serve(cut, Behaviour { no_ranges, ..Behaviour::default() });
        let error = load("6B.100d", &places(folder.path(), &[&format!("{}/data", server.url)]), &Silent).unwrap_err();
        assert!(error.to_string().contains("expected an intact zip archive"), "{error}");
    }
}

#[test]
fn the_next_home_is_tried_and_the_last_error_says_what_to_do() {
    let (folder, archive) = (tempfile::tempdir().unwrap(), archive());
    let server = serve(&archive, Behaviour::default());
    let (wrong, right) = (format!("{}/nothing", server.url), format!("{}/data/", server.url));
    let notices = Notices::default();
    let error = load("6B.100d", &places(folder.path(), &[&wrong, &wrong]), &notices).unwrap_err().to_string();
    assert!(error.contains("404") && error.contains("put the archive at") && error.contains("glove.6B.zip"), "{error}");
    assert_eq!(notices.0.lock().unwrap().len(), 1, "the first mirror's error is told, the last one's returned");
    assert_right(&load("6B.100d", &places(folder.path(), &[&wrong, &right]), &Silent).unwrap());
}

#[test]
fn what_lies_in_the_data_folder_needs_no_network() {
    let text = glove_text(100, 500);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let files = [
        ("glove.6B.100d.txt", text.into_bytes()),
        ("glove.6B.100d.txt.gz", packed.finish().unwrap()),
        ("glove.6B.zip", archive()),
    ];
    for (name, bytes) in files {
        for below in ["", "glove"] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join(below)).unwrap();
            fs::write(folder.path().join(below).join(name), &bytes).unwrap();
            assert_right(&load("6B.100d", &places(folder.path(), &[]), &Silent).unwrap());
            assert!(folder.path().join("glove/glove.6B.100d.safetensors").is_file(), "{name} should be cached");
        }
    }
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("glove.6B.100d.txt"), glove_text(100, 500)).unwrap();
    let places = places(folder.path(), &[]);
    load("6B.100d", &places, &Silent).unwrap();
    let cache = folder.path().join("glove/glove.6B.100d.safetensors");
    let whole = fs::read(&cache).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [&whole[..whole.len() - 1], &whole[..9], b"", &flipped] {
        fs::write(&cache, damaged).unwrap();
        let notices = Notices::default();
        assert_right(&load("6B.100d", &places, &notices).unwrap());
        assert!(notices.0.lock().unwrap()[0].ends_with("it is made anew"));
        assert!(fs::read(&cache).unwrap() == whole);
    }
}

#[test]
fn vectors_of_another_dimension_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("glove.6B.100d.txt"), glove_text(50, 5)).unwrap();
    let error = load("6B.100d", &places(folder.path(), &[]), &Silent).unwrap_err().to_string();
    assert!(error.ends_with("expected vectors of 100 dimensions, found 50"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_costs_only_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("glove.6B.100d.txt"), glove_text(100, 500)).unwrap();
    fs::write(folder.path().join("glove"), "a file where the folder should be").unwrap();
    let notices = Notices::default();
    assert_right(&load("6B.100d", &places(folder.path(), &[]), &notices).unwrap());
    assert!(notices.0.lock().unwrap()[0].ends_with("the next start will take as long as this one"));
}

#[test]
fn misspelt_name_differs_from_a_missing_file() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = |name: &str| load(name, &places(folder.path(), &[]), &Silent).unwrap_err().to_string();
    assert!(refusal("6B.110d").contains("did you mean 6B."));
    assert!(refusal("vectors.txt").contains("vectors.txt: cannot read"));
    assert!(refusal("some/folder/6B.100d").contains("6B.100d: cannot read"));
    assert!(refusal("6B.100d").contains("no address to fetch glove.6B.zip from"));
}

#[test]
fn a_path_may_name_a_member_of_a_zip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.zip");
    fs::write(&path, archive()).unwrap();
    let name = format!("{}:glove.6B.100d.txt", path.display());
    assert_right(&load(&name, &places(folder.path(), &[]), &Silent).unwrap());
}
