//! Packed files: all members are read, every damage is found, and names and content decide as people expect.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::path::Path;

use ninefold_core::Result;
use ninefold_packing::{Packing, kind_of, open, open_stream};

const TEXT: &str = "a film that is good\na film that is bad\na film that is long, and good and bad in turn\n";

fn gzip(text: &str) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn bzip2(text: &str) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap()
}

fn zstandard(text: &str) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest)
}

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        out.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn read(path: &Path) -> Result<String> {
    let mut unpacked = open(path, Default::default())?;
    let mut text = String::new();
    let place = path.display().to_string();
    unpacked.bytes.read_to_string(&mut text).map_err(|error| ninefold_packing::damaged(&place, error))?;
    Ok(text)
}

fn read_bytes(name: &str, bytes: &[u8]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path)
}

type Packer = (&'static str, fn(&str) -> Vec<u8>);
const STREAMS: [Packer; 3] = [("x.gz", gzip), ("x.bz2", bzip2), ("x.zst", zstandard)];

#[test]
fn all_members_are_read() {
    for (name, pack) in STREAMS {
        let two = [pack("one\n"), pack("two\n"), pack(""), pack("three\n")].concat();
        assert_eq!(read_bytes(name, &two).unwrap(), "one\ntwo\nthree\n", "{name}");
        assert_eq!(read_bytes("any name", &two).unwrap(), "one\ntwo\nthree\n", "{name}: the content decides");
        let large = TEXT.repeat(20_000);
        assert!(read_bytes(name, &pack(&large)).unwrap() == large, "{name}");
    }
}

#[test]
fn frames_for_other_programs_are_skipped() {
    let skippable = [b"\x52\x2a\x4d\x18\x03\0\0\0".as_slice(), b"abc"].concat();
    let bytes =
        [skippable.clone(), zstandard("one\n"), skippable.clone(), zstandard("two\n"), skippable.clone()].concat();
    assert_eq!(read_bytes("x.zst", &bytes).unwrap(), "one\ntwo\n");
    assert!(read_bytes("x.zst", &bytes[..bytes.len() - 1]).is_err());
}

#[test]
fn bytes_after_the_last_member_are_refused() {
    for (name, pack) in STREAMS {
        for garbage in ["x", "garbage that goes on", "\u{1f}", "("] {
            let bytes = [pack(TEXT), garbage.into()].concat();
            let error = read_bytes(name, &bytes).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
    let padded = [gzip(TEXT), vec![0; 1000]].concat();
    assert_eq!(read_bytes("x.gz", &padded).unwrap(), TEXT, "zeros are padding, as for gzip itself");
}

#[test]
fn every_truncation_is_found() {
    for (name, pack) in STREAMS {
        let bytes = pack(TEXT);
        for length in 5..bytes.len() {
            assert!(read_bytes(name, &bytes[..length]).is_err(), "{name}: {length} of {} bytes", bytes.len());
        }
    }
}

/// A flip may change what does not matter (the time in a gzip header); it never changes the content unseen.
#[test]
fn no_flipped_bit_changes_the_content_unseen() {
    let pack_zip: Packer = ("x.zip", |text| zip(&[("x.csv", text)]));
    for (name, pack) in STREAMS.into_iter().chain([pack_zip]) {
        let bytes = pack(TEXT);
        let mut harmless = 0;
        for bit in 32..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(text) = read_bytes(name, &flipped) {
                assert_eq!(text, TEXT, "{name}: bit {bit}");
                harmless += 1;
            }
        }
        assert!(harmless < 4 * bytes.len(), "{name}: {harmless} of {} flips have no effect", 8 * bytes.len());
    }
}

#[test]
fn a_window_beyond_the_limit_of_zstd_is_refused() {
    // Magic number, a header without a content size, a window of 2^30 bytes, an empty last block.
    let error = read_bytes("x.zst", b"\x28\xb5\x2f\xfd\x00\xa0\x01\0\0").unwrap_err().to_string();
    assert!(error.contains("a window of") && error.contains("zstd -d --long=31"), "{error}");
}

#[test]
fn the_only_file_of_a_zip_is_read_and_one_of_several_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mac = [("reviews.csv", TEXT), ("__MACOSX/._reviews.csv", "x"), (".DS_Store", "y")];
    std::fs::write(path("one.zip"), zip(&mac)).unwrap();
    assert_eq!(read(&path("one.zip")).unwrap(), TEXT);
    assert_eq!(open(&path("one.zip"), Default::default()).unwrap().name, "reviews.csv");
    std::fs::write(path("two.zip"), zip(&[("train.csv", TEXT), ("in/test.csv", "other")])).unwrap();
    assert_eq!(read(&path("two.zip:in/test.csv")).unwrap(), "other");
    let error = read(&path("two.zip")).unwrap_err().to_string();
    assert!(
        error.contains("train.csv, in/test.csv (name one, e.g. ") && error.contains("two.zip:train.csv"),
        "{error}"
    );
    std::fs::write(path("none.zip"), zip(&[])).unwrap();
    assert!(read(&path("none.zip")).unwrap_err().to_string().contains("an empty archive"));
    std::fs::write(path("a.xlsx"), zip(&[("[Content_Types].xml", ""), ("xl/workbook.xml", "")])).unwrap();
    let error = read(&path("a.xlsx")).unwrap_err().to_string();
    assert!(error.contains("an Excel workbook (.xlsx): save the sheet as CSV"), "{error}");
}

#[test]
fn a_name_that_announces_another_packing_is_refused_only_for_plain_content() {
    let error = read_bytes("x.csv.gz", b"text,label\n").unwrap_err().to_string();
    assert!(error.contains("expected a gzip file") && error.contains("rename it to \"x.csv\""), "{error}");
    assert_eq!(read_bytes("x.csv.gz", &zstandard(TEXT)).unwrap(), TEXT);
    for (name, packing) in [("a.GZ", Packing::Gzip), ("a.b.zst", Packing::Zstandard), ("a.bz2", Packing::Bzip2)] {
        assert_eq!(Packing::of_name(name), Some(packing));
    }
}

#[test]
fn a_stream_is_unpacked_as_a_file_is() {
    let mut text = String::new();
    open_stream(std::io::Cursor::new(gzip(TEXT)), "standard input").unwrap().bytes.read_to_string(&mut text).unwrap();
    assert_eq!(text, TEXT);
    let error = open_stream(std::io::Cursor::new(zip(&[("a", "b")])), "standard input").err().unwrap().to_string();
    assert_eq!(
        error,
        "standard input: expected a stream that can be read from front to back, found a zip archive (write it to a file first)"
    );
}

#[test]
fn binary_files_are_named_by_their_kind_and_texts_are_not() {
    for (head, name) in [
        (b"PAR1\x15\0".as_slice(), "a Parquet file"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\xfd7zXZ\0\0", "an xz file"),
    ] {
        assert_eq!(kind_of(head).map(|kind| kind.name), Some(name));
    }
    for text in
        ["ORCs are green\n", "GIF87 and GIF89 are formats\n", "PAR1 is a word\n", "Rar! said the lion", "text,label\n"]
    {
        assert_eq!(kind_of(text.as_bytes()), None, "{text}");
    }
}
