//! Downloads from a server that misbehaves: whatever happens, the file is whole or it is not there.

#![allow(clippy::unwrap_used)]

use crate::server;

use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ninefold_core::Error;
use ninefold_core::progress::{Progress, Silent};
use ninefold_core::rng::Rng;
use ninefold_download::{Client, RangeReader, sha256_file, verify_sha256};
use server::{Behaviour, Server};

/// Three hundred thousand bytes that do not repeat.
fn file() -> Vec<u8> {
    let mut rng = Rng::new(1);
    (0..300_000).map(|_| rng.next_u64() as u8).collect()
}

fn client() -> Client {
    Client::new(3, Duration::from_millis(1), Duration::from_millis(200))
}

/// A folder for one download, and where it goes.
fn target() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("file.zip"), folder.path().join("file.zip.part"));
    (folder, path, part)
}

fn serve(behaviour: Behaviour) -> (Server, String) {
    let server = Server::start(&[("file.zip", &file())], behaviour);
    let url = format!("{}/file.zip", server.url);
    (server, url)
}

#[test]
fn a_file_arrives_whole_and_progress_adds_up() {
    struct Bytes(AtomicU64);
    impl Progress for Bytes {
        fn advance(&self, amount: u64) {
            self.0.fetch_add(amount, Ordering::Relaxed);
        }
    }
    let (_server, url) = serve(Behaviour { cut_after: vec![100_000], no_ranges: true, ..Behaviour::default() });
    let (_folder, path, part) = target();
    let bytes = Bytes(AtomicU64::new(0));
    client().fetch(&url, &path, &bytes).unwrap();
    assert!(fs::read(&path).unwrap() == file() && !part.exists());
    assert_eq!(bytes.0.into_inner(), 300_000, "a start from nothing is not counted twice");
}

#[test]
fn a_connection_that_breaks_is_taken_up_where_it_broke() {
    let cut_after = vec![100_000, 100_000, 50_000];
    let (server, url) = serve(Behaviour { cut_after, ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["", "100000-", "200000-", "250000-"]);
    assert_eq!(server.sent(), 300_000, "no byte travelled twice");
}

#[test]
fn many_short_connections_are_no_failure_as_long_as_each_brings_something() {
    let (_server, url) = serve(Behaviour { cut_after: vec![70_000; 4], ..Behaviour::default() });
    let (_folder, path, _) = target();
    Client::new(0, Duration::ZERO, Duration::from_secs(1)).fetch(&url, &path, &Silent).unwrap_err();
    Client::new(1, Duration::ZERO, Duration::from_secs(1)).fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
}

#[test]
fn an_interrupted_download_goes_on_in_the_next_call() {
    let (server, url) = serve(Behaviour { cut_after: vec![1000], ..Behaviour::default() });
    let (_folder, path, part) = target();
    let error = Client::new(0, Duration::ZERO, Duration::from_secs(1)).fetch(&url, &path, &Silent).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("after 1000 of 300000 bytes") && text.contains("put it at"), "{text}");
    assert!(!path.exists() && fs::metadata(&part).unwrap().len() == 1000);
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["", "1000-"]);
}

#[test]
fn a_file_that_changed_on_the_server_is_fetched_anew() {
    for (versions, sent) in [(vec!["\"1\"", "\"2\""], 301_000), (vec!["\"1\"", "\"1\""], 300_000)] {
        let (server, url) = serve(Behaviour { cut_after: vec![1000], versions, ..Behaviour::default() });
        let (_folder, path, part) = target();
        Client::new(0, Duration::ZERO, Duration::from_secs(1)).fetch(&url, &path, &Silent).unwrap_err();
        client().fetch(&url, &path, &Silent).unwrap();
        assert!(fs::read(&path).unwrap() == file());
        assert_eq!((server.ranges(), server.sent()), (vec![String::new(), "1000-".to_owned()], sent));
        assert!(!part.exists() && !part.with_extension("part.version").exists());
    }
}

#[test]
fn a_server_without_ranges_starts_over() {
    let (server, url) = serve(Behaviour { cut_after: vec![1000], no_ranges: true, ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["", "1000-"]);
}

#[test]
fn a_part_that_is_whole_already_is_only_renamed() {
    let (server, url) = serve(Behaviour::default());
    let (_folder, path, part) = target();
    fs::write(&part, file()).unwrap();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.sent(), 0);
}

#[test]
fn a_part_of_something_longer_is_thrown_away() {
    let (_server, url) = serve(Behaviour::default());
    let (_folder, path, part) = target();
    fs::write(&part, vec![0; 300_001]).unwrap();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
}

#[test]
fn a_wrong_length_is_an_error_and_leaves_no_file() {
    let (server, url) = serve(Behaviour { promise_more: 10, no_ranges: true, ..Behaviour::default() });
    let (_folder, path, _) = target();
    let error = client().fetch(&url, &path, &Silent).unwrap_err().to_string();
    assert!(error.contains("after 300000 of 300010 bytes"), "{error}");
    assert!(!path.exists());
    assert!(server.ranges().len() <= 10, "it must give up");
}

#[test]
fn a_range_other_than_the_asked_one_is_not_believed() {
    let (server, url) = serve(Behaviour { shift: 3, ..Behaviour::default() });
    let (_folder, path, part) = target();
    fs::write(&part, &file()[..5000]).unwrap();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["5000-", ""], "what was sent must not be kept");
}

#[test]
fn a_missing_file_is_an_error_at_once_with_what_to_do() {
    let (server, url) = serve(Behaviour::default());
    let (_folder, path, _) = target();
    let error = client().fetch(&url.replace("file", "other"), &path, &Silent).unwrap_err();
    assert!(matches!(error, Error::Download { .. }));
    let text = error.to_string();
    assert!(text.contains("the server answered 404") && text.contains("put it at"), "{text}");
    assert_eq!(server.ranges().len(), 1, "asking again would not help");
}

#[test]
fn a_busy_server_is_asked_again() {
    let (server, url) = serve(Behaviour { statuses: vec![503, 429], ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch(&url, &path, &Silent).unwrap();
    assert_eq!(server.ranges().len(), 3);
    let (server, url) = serve(Behaviour { statuses: vec![503; 9], ..Behaviour::default() });
    let (_folder, path, _) = target();
    assert!(client().fetch(&url, &path, &Silent).unwrap_err().to_string().contains("503"));
    assert_eq!(server.ranges().len(), 4, "one attempt and three more");
}

#[test]
fn a_web_page_is_not_taken_for_the_file() {
    let (_server, url) = serve(Behaviour { web_pages: true, ..Behaviour::default() });
    let (_folder, path, part) = target();
    fs::write(&part, &file()[..5000]).unwrap();
    let error = client().fetch(&url, &path, &Silent).unwrap_err().to_string();
    assert!(error.contains("the server sent a web page") && !path.exists(), "{error}");
    assert_eq!(fs::metadata(&part).unwrap().len(), 5000, "what was there is kept");
}

#[test]
fn a_silent_connection_is_given_up_and_taken_up_again() {
    let (server, url) = serve(Behaviour { stall_after: vec![1000], ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["", "1000-"]);
}

#[test]
fn redirects_are_followed_and_keep_the_range() {
    let (server, url) = serve(Behaviour { cut_after: vec![1000], ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch(&url.replace("/file", "/moved/file"), &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
    assert_eq!(server.ranges(), ["", "1000-"]);
}

#[test]
fn a_server_that_is_not_there_is_an_error_with_its_address() {
    let (server, url) = serve(Behaviour::default());
    drop(server);
    let (_folder, path, _) = target();
    let error = client().fetch(&url, &path, &Silent).unwrap_err();
    assert!(matches!(error, Error::Download { .. }) && error.to_string().starts_with(&url), "{error}");
}

#[test]
fn stopping_keeps_what_has_arrived() {
    struct StopAfter(AtomicU64);
    impl Progress for StopAfter {
        fn advance(&self, amount: u64) {
            self.0.fetch_add(amount, Ordering::Relaxed);
        }
        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 50_000
        }
    }
    let (_server, url) = serve(Behaviour::default());
    let (_folder, path, part) = target();
    let error = client().fetch(&url, &path, &StopAfter(AtomicU64::new(0))).unwrap_err();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert!(fs::metadata(&part).unwrap().len() > 50_000 && !path.exists());
    client().fetch(&url, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file());
}

#[test]
fn two_downloads_of_one_file_do_not_mix() {
    let (_server, url) = serve(Behaviour::default());
    let (_folder, path, part) = target();
    let other = fs::File::create(&part).unwrap();
    other.lock().unwrap();
    let error = client().fetch(&url, &path, &Silent).unwrap_err().to_string();
    assert!(error.contains("another ninefold is fetching it now"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let (_server, url) = serve(Behaviour::default());
    let (folder, path, _) = target();
    fs::write(&path, "in the way").unwrap();
    let error = client().fetch(&url, &path.join("file.zip"), &Silent).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    assert!(error.to_string().contains(folder.path().to_str().unwrap()));
}

#[test]
fn a_piece_of_a_file_is_fetched_and_resumed() {
    let (server, url) = serve(Behaviour { cut_after: vec![600], ..Behaviour::default() });
    let (_folder, path, _) = target();
    client().fetch_range(&url, 1000, 2000, &path, &Silent).unwrap();
    assert!(fs::read(&path).unwrap() == file()[1000..3000]);
    assert_eq!(server.ranges(), ["1000-2999", "1600-2999"]);
    let (_server, url) = serve(Behaviour { no_ranges: true, ..Behaviour::default() });
    let (_folder, path, _) = target();
    let error = client().fetch_range(&url, 1000, 2000, &path, &Silent).unwrap_err().to_string();
    assert!(error.contains("does not send parts"), "{error}");
}

#[test]
fn a_remote_file_reads_and_seeks_as_a_local_one() {
    let (server, url) = serve(Behaviour { cut_after: vec![1, 10], statuses: vec![0, 0, 503], ..Behaviour::default() });
    let mut remote = RangeReader::open(&client(), &url).unwrap().unwrap();
    let bytes = file();
    let mut local = Cursor::new(&bytes);
    assert_eq!(remote.length(), 300_000);
    let mut rng = Rng::new(2);
    for _ in 0..300 {
        let to = match rng.below(3) {
            0 => SeekFrom::Start(rng.below(310_000) as u64),
            1 => SeekFrom::End(-(rng.below(300_000) as i64)),
            _ => SeekFrom::Current(rng.below(1000) as i64),
        };
        assert_eq!(remote.seek(to).unwrap(), local.seek(to).unwrap());
        let length = rng.below(2000) as u64;
        let (mut found, mut expected) = (Vec::new(), Vec::new());
        remote.by_ref().take(length).read_to_end(&mut found).unwrap();
        local.by_ref().take(length).read_to_end(&mut expected).unwrap();
        assert!(found == expected);
    }
    assert!(remote.seek(SeekFrom::End(-300_001)).is_err());
    assert!(server.ranges().iter().all(|range| !range.is_empty()));
    let (_server, url) = serve(Behaviour { no_ranges: true, ..Behaviour::default() });
    assert!(RangeReader::open(&client(), &url).unwrap().is_none());
}

#[test]
fn checksums_are_those_of_the_standard() {
    let (_folder, path, _) = target();
    fs::write(&path, "abc").unwrap();
    // FIPS 180-4's own example
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sha256_file(&path).unwrap(), expected);
    verify_sha256(&path, &expected.to_uppercase()).unwrap();
    fs::write(&path, "abd").unwrap();
    let error = verify_sha256(&path, expected).unwrap_err();
    assert!(matches!(error, Error::Checksum { .. }) && error.to_string().contains(expected), "{error}");
}
