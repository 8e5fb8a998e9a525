//! Vector files of every form: read to the bit, written as gensim writes them, refused with the place when they are broken.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ninefold_core::progress::{Progress, Silent};
use ninefold_vectors::WordVectors;
use ninefold_vectors::formats::{self, FORMATS, Format, ReadOptions};
use ninefold_vectors::subwords::Subwords;
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    word: String,
    bits: Vec<u32>,
}

/// Keeps the notices.
#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Progress for Notices {
    fn notice(&self, text: &str) {
        self.0.lock().unwrap().push(text.to_owned());
    }
}

fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/vectors")
}

fn golden() -> WordVectors {
    let text = fs::read_to_string(golden_folder().join("words.json")).unwrap();
    let Golden { cases } = serde_json::from_str(&text).unwrap();
    let dim = cases[0].bits.len();
    let matrix = cases.iter().flat_map(|case| case.bits.iter().map(|&bits| f32::from_bits(bits))).collect();
    WordVectors::new(cases.into_iter().map(|case| case.word).collect(), dim, matrix).unwrap()
}

fn bits(vectors: &WordVectors) -> Vec<u32> {
    vectors.matrix().iter().map(|value| value.to_bits()).collect()
}

fn assert_same(found: &WordVectors, expected: &WordVectors, what: &str) {
    assert_eq!(found.words(), expected.words(), "{what}");
    assert_eq!(bits(found), bits(expected), "{what}");
}

/// The bytes as a file, loaded.
fn load(name: &str, bytes: impl AsRef<[u8]>) -> ninefold_core::Result<WordVectors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    formats::load(&path, &Silent)
}

/// The error of loading the bytes, without the folder.
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    let error = load("f", bytes).unwrap_err().to_string();
    error.split_once("/f").map_or(error.clone(), |(_, rest)| format!("f{rest}"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A Zstandard frame of one block that is not compressed (RFC 8878, section 3.1.1).
fn zstandard(bytes: &[u8]) -> Vec<u8> {
    let size = u8::try_from(bytes.len()).unwrap();
    let block = (u32::from(size) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size][..], &block[..3], bytes].concat()
}

#[test]
fn zstandard_files_are_read_and_checked_to_their_end() {
    let packed = zstandard(b"the 0.5 -1\nof 1.5 2\n");
    assert_eq!(load("v.txt.zst", &packed).unwrap().words(), ["the", "of"]);
    let two = [&packed[..], &zstandard(b"and 1 1\n")].concat();
    assert_eq!(load("v.txt.zst", &two).unwrap().words(), ["the", "of", "and"], "all frames are read");
    assert!(load("v.txt.zst", &packed[..packed.len() - 3]).is_err(), "cut");
    assert!(load("v.txt.zst", [&packed[..], b"garbage"].concat()).is_err(), "bytes after the last frame");
    let gzip = gzip(b"the 0.5 -1\n");
    assert!(load("v.txt.gz", [&gzip[..], b"garbage"].concat()).is_err(), "bytes after the last member");
}

#[test]
fn what_gensim_wrote_reads_to_the_bit() {
    for name in ["gensim.vec", "gensim.bin", "gensim.glove.txt"] {
        let plain = fs::read(golden_folder().join(name)).unwrap();
        assert_same(&load(name, &plain).unwrap(), &golden(), name);
        assert_same(&load(name, gzip(&plain)).unwrap(), &golden(), &format!("{name}, gzipped"));
    }
}

#[test]
fn what_is_written_is_what_gensim_writes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vectors"); // tools/golden/vectors.py --check looks here
    let vectors = golden();
    for (ours, format, theirs) in [
        ("ours.vec", "word2vec-text", "gensim.vec"),
        ("ours.bin", "word2vec-binary", "gensim.bin"),
        ("ours.glove.txt", "glove", "gensim.glove.txt"),
    ] {
        let path = folder.join(ours);
        formats::save(&vectors, &path, Format::named(format).unwrap(), &Silent).unwrap();
        assert!(fs::read(&path).unwrap() == fs::read(golden_folder().join(theirs)).unwrap(), "{ours}");
    }
    for (ours, format) in [("ours.vec.gz", "word2vec-text"), ("ours.safetensors", "safetensors")] {
        let path = folder.join(ours);
        formats::save(&vectors, &path, Format::named(format).unwrap(), &Silent).unwrap();
        assert_same(&formats::load(&path, &Silent).unwrap(), &vectors, ours);
    }
}

#[test]
fn the_c_tools_newlines_and_a_letter_cut_in_two_are_read() {
    let notices = Notices::default();
    let found = formats::load(&golden_folder().join("ctool.bin"), &notices).unwrap();
    assert_eq!(bits(&found), bits(&golden()));
    assert_eq!(found.words()[3], "고양\u{fffd}");
    assert_eq!(found.words()[4..], golden().words()[4..]);
    assert!(notices.0.lock().unwrap()[0].starts_with("1 words are not valid UTF-8"));
}

#[test]
fn lines_end_as_they_please() {
    let expected = WordVectors::new(vec!["a".into(), "b".into()], 2, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
    for text in [
        "a 1 2\nb 3 4\n",
        "a 1 2\nb 3 4",
        "a 1 2 \nb 3 4 \n",
        "a 1 2\r\nb 3 4\r\n",
        "a 1 2\nb 3 4\n\n\n",
        "2 2\na 1 2\nb 3 4",
        "2 2 \r\na 1 2 \r\nb 3 4 \r\n",
    ] {
        assert_same(&load("f", text).unwrap(), &expected, &format!("{text:?}"));
    }
}

#[test]
fn words_with_spaces_are_read_from_the_right() {
    let notices = Notices::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("glove.txt");
    fs::write(&path, ". . . 1 2\nat name@domain.com 3 4\nno\u{a0}break 5 6\n7 7 8\n 9 9\n").unwrap();
    let found = formats::load(&path, &notices).unwrap();
    assert_eq!(found.words(), [". . .", "at name@domain.com", "no\u{a0}break", "7", ""]);
    assert_eq!(found.matrix(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 9.0]);
    assert_eq!(notices.0.lock().unwrap()[..], ["2 words contain spaces, \". . .\" for one"]);
}

#[test]
fn a_broken_line_is_named_with_its_number() {
    assert_eq!(refusal("a 1 2\nb 3\nc 4 5\n"), "f:2: expected a word and 2 numbers, found 1 numbers after \"b\"");
    assert_eq!(refusal("a 1 2\nb 3 4 c 5 6\n"), "f:2: expected a word and 2 numbers, found 2 numbers after \"b\"");
    assert_eq!(refusal("2 2\na 1 2\nb 3 4 5 6\n"), "f:3: expected a word and 2 numbers, found 4 numbers after \"b\"");
    assert_eq!(refusal("2 2\na 1 2\n\nb 1 2\n"), "f:3: expected a word and 2 numbers, found an empty line");
    assert_eq!(refusal("2 2\na 1 2\nb 1 x\n"), "f:3: expected a finite number, found \"x\" as number 2 of \"b\"");
    assert_eq!(refusal("a 1 2\nb nan 2\n"), "f:2: expected a finite number, found \"nan\" as number 1 of \"b\"");
    assert_eq!(refusal("a 1 2\nb 1 1e99\n"), "f:2: expected a finite number, found \"1e99\" as number 2 of \"b\"");
}

#[test]
fn any_white_space_separates_fields() {
    let expected = WordVectors::new(vec!["the".into(), "of".into()], 3, vec![0.5, -1.0, 2.0, 1.5, 0.25, -3.0]).unwrap();
    for text in [
        "the\t0.5 -1 2\nof\t1.5 0.25 -3\n",
        "the  0.5 -1 2\nof  1.5 0.25 -3\n",
        "the\t0.5\t-1\t2\r\nof\t1.5\t0.25\t-3\r\n",
        "  the   0.5   -1     2\n   of   1.5    0.25 -3  \n",
        "the \t 0.5 \t -1 \t 2\t\nof\t\t1.5 0.25\t-3 \t \n",
        "2\t3\nthe\t0.5\t-1\t2\nof\t1.5\t0.25\t-3",
        "  2   3 \n the  0.5 -1 2\n of  1.5 0.25 -3\n",
        "\u{feff}the 0.5 -1 2\nof 1.5 0.25 -3\n",
        "\u{feff}2 3\r\nthe 0.5 -1 2\r\nof 1.5 0.25 -3\r\n",
    ] {
        assert_same(&load("f", text).unwrap(), &expected, &format!("{text:?}"));
        assert_same(&load("f.gz", gzip(text.as_bytes())).unwrap(), &expected, &format!("{text:?}, gzipped"));
    }
}

#[test]
fn a_separator_that_is_no_white_space_is_named() {
    for (text, named) in [
        ("the,0.5,-1,2\nof,1.5,0.25,-3\n", "separated by ','"),
        ("the, 0.5, -1, 2\nof, 1.5, 0.25, -3\n", "separated by ','"),
        ("the;0.5;-1;2\n", "separated by ';'"),
        ("the 0,5 -1,0 2,5\n", "decimal commas"),
        ("2 3\nthe,0.5,-1,2\nof,1.5,0.25,-3\n", "separated by ','"),
        ("2 2\nthe 0,5 -1,0\nof 0,5 -1,0\n", "decimal commas"),
    ] {
        assert!(refusal(text).contains(named), "{text:?}: {}", refusal(text));
    }
    let utf_16: Vec<u8> = "\u{feff}a 1 2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(refusal(utf_16).contains("text in UTF-16: save it as UTF-8"));
}

#[test]
fn words_may_end_in_numbers_where_the_dimension_is_known() {
    let expected = ["windows 95", "New York", "7", "area 51 b"];
    let lines = "windows 95 0.5 1 2\nNew York 0.5 1 2\n7 0.5 1 2\narea 51 b\t0.5 1 2\n";
    for text in [lines.to_owned(), format!("4 3\n{lines}")] {
        let found = load("f", &text).unwrap();
        assert_eq!((found.dim(), found.words()), (3, &expected.map(String::from)[..]), "{text:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, notices) = (folder.path().join("v.txt"), Notices::default());
    fs::write(&path, lines).unwrap();
    formats::load(&path, &notices).unwrap();
    let notices = notices.0.into_inner().unwrap();
    assert!(notices.iter().any(|it| it.contains("more than 3 numbers, the first of them line 1")), "{notices:?}");
}

#[test]
fn bad_lines_are_skipped_and_counted_where_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.txt");
    let options = ReadOptions { skip_bad_lines: true };
    let bad = "a 1 2\nb 3\n\nc 4 5\nd nan 1\ne 6 7\n# end\nf 8 9\n";
    for (text, place) in [(bad.to_owned(), 2), (format!("8 2\n{bad}"), 3)] {
        for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes())] {
            fs::write(&path, bytes).unwrap();
            let notices = Notices::default();
            let found = formats::load_with(&path, options, &notices).unwrap();
            assert_eq!(found.words(), ["a", "c", "e", "f"]);
            assert_eq!(found.matrix(), [1.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
            let notices = notices.0.into_inner().unwrap();
            let expected = format!("v.txt:{place}: expected a word and 2 numbers, found 1 numbers after \"b\"");
            assert_eq!(notices.len(), 1, "{notices:?}");
            assert!(notices[0].starts_with("4 lines were skipped") && notices[0].ends_with(&expected), "{notices:?}");
        }
    }
    let many: String =
        (0..300_000).map(|n| if n % 3 == 0 { format!("w{n} x\n") } else { format!("w{n} 0 {n}\n") }).collect();
    fs::write(&path, &many).unwrap();
    let found = formats::load_with(&path, options, &Silent).unwrap();
    assert_eq!((found.len(), found.get("w299999").unwrap()), (200_000, &[0.0, 299_999.0][..]));
    fs::write(&path, "2 2\nnothing\nhere\n").unwrap();
    assert!(formats::load_with(&path, options, &Silent).is_err(), "no line is left");
    let binary = formats::load_with(&golden_folder().join("gensim.bin"), options, &Silent).unwrap_err().to_string();
    assert!(binary.starts_with("skip_bad_lines has no effect here"), "{binary}");
}

#[test]
fn the_place_is_right_in_a_file_of_many_blocks() {
    let mut text: String = (0..200_000).map(|number| format!("w{number} 0.5 0.25\n")).collect(); // more than two blocks
    assert_eq!(load("f", &text).unwrap().len(), 200_000);
    text.push_str("last 1\n");
    let expected = "f:200001: expected a word and 2 numbers, found 1 numbers after \"last\"";
    assert_eq!(refusal(&text), expected);
    assert_eq!(refusal(gzip(text.as_bytes())), expected, "gzipped");
}

#[test]
fn a_header_that_lies_is_found_out_without_setting_memory_aside() {
    let promise = |count: &str| format!("f: expected {count} words, as its first line says, found 1");
    assert_eq!(refusal("3 2\na 1 2\n"), promise("3") + " (was the file cut short?)");
    assert_eq!(refusal("0 2\na 1 2\n"), promise("0"));
    assert_eq!(refusal("1 3\na 1 2\n"), "f:2: expected a word and 3 numbers, found 2 numbers after \"a\"");
    assert!(
        refusal("99999999999999 99999999999999\na 1 2\n")
            .starts_with("f:2: expected a word and 99999999999999 numbers")
    );
    assert!(refusal("18446744073709551615 2\na 1 2\n").contains("(was the file cut short?)"));
    let binary = |header: &str| [header.as_bytes(), b"a \0\0\x80\x3f\0\0\0\x40"].concat();
    assert_eq!(load("f", binary("1 2\n")).unwrap().matrix(), [1.0, 2.0]);
    let cut = |header: &str, found: &str| format!("f: expected {header}, as its first line says, found {found}");
    assert_eq!(refusal(binary("2 2\n")), cut("2 words of 2 dimensions", "14 bytes (was the file cut short?)"));
    for header in ["999999999999 300", "1 4611686018427387904", "18446744073709551615 18446744073709551615"] {
        let file = binary(&format!("{header}\n"));
        assert!(refusal(&file).contains("as its first line says"), "{}", refusal(&file));
        let packed = refusal(gzip(&file));
        assert!(packed.contains("the file's end") || packed.contains("an impossible header"), "{packed}");
    }
    let more = refusal([&binary("1 2\n")[..], b"b \0\0\x80\x3f\0\0\0\x40"].concat());
    assert!(more.starts_with("f: expected the file's end after 1 words of 2 dimensions"), "{more}");
    assert_eq!(refusal("0 0\n"), "f:1: expected a dimension of at least 1, found 0");
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    for name in ["gensim.vec", "gensim.bin", "ctool.bin"] {
        let whole = fs::read(golden_folder().join(name)).unwrap();
        let last = whole.len() - 10; // past it only digits of the last number are missing, which nobody can see
        for end in (0..last).step_by(7) {
            assert!(load("f", &whole[..end]).is_err(), "{name} cut after {end} bytes");
            assert!(end == 0 || load("f", gzip(&whole[..end])).is_err(), "{name} cut after {end} bytes, then gzipped");
        }
        let packed = gzip(&whole);
        for end in (1..packed.len()).step_by(11) {
            assert!(load("f", &packed[..end]).is_err(), "{name}, gzipped, cut after {end} bytes");
        }
    }
}

#[test]
fn binary_numbers_that_are_not_finite_are_refused_by_word() {
    let mut file = b"2 1\na \0\0\x80\x3fb ".to_vec();
    file.extend_from_slice(&f32::NAN.to_le_bytes());
    let expected = "f, vector of \"b\" (word 2 of 2): expected finite numbers, found NaN";
    assert_eq!(refusal(&file), expected);
}

#[test]
fn what_is_no_vectors_file_is_refused_for_what_it_is() {
    assert!(refusal("The national executive\nof the strike-torn\n").contains("begins with \"The national executive\""));
    assert_eq!(refusal(""), "f: expected word vectors, found an empty file");
    assert!(refusal(b"FiFu\0\0\0\0").contains("finalfusion"));
    assert!(refusal(b"\x80\x04\x95\x10").contains("a Python pickle"));
    assert!(refusal(b"\x93NUMPY\x01\0").contains("a NumPy array"));
    let folder = tempfile::tempdir().unwrap();
    let error = formats::load(folder.path(), &Silent).unwrap_err().to_string();
    assert!(error.ends_with("expected a file of word vectors, found a folder"), "{error}");
    let missing = formats::load(&folder.path().join("none.vec"), &Silent).unwrap_err().to_string();
    assert!(missing.contains("none.vec: cannot read"), "{missing}");
}

#[test]
fn a_word_that_a_format_cannot_hold_is_refused_and_safetensors_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = WordVectors::new(vec!["a".into(), "b c".into(), String::new()], 1, vec![1.0, 2.0, 3.0]).unwrap();
    for format in ["word2vec-text", "word2vec-binary", "glove"] {
        let path = folder.path().join(format);
        let error = formats::save(&vectors, &path, Format::named(format).unwrap(), &Silent).unwrap_err().to_string();
        assert!(error.starts_with("word 2 is \"b c\"") && !path.exists(), "{error}");
    }
    let path = folder.path().join("cache.safetensors");
    formats::save_cache(&vectors, "note", &path).unwrap();
    assert_same(&formats::load(&path, &Silent).unwrap(), &vectors, "safetensors");
    let tab = WordVectors::new(vec!["a\tb".into()], 1, vec![1.0]).unwrap();
    assert!(formats::save(&tab, &path, Format::named("glove").unwrap(), &Silent).is_err(), "a tab separates, too");
}

#[test]
fn the_cache_keeps_ngrams_and_text_says_that_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    for buckets in [None, Some(vec![4, 0, 2])] {
        let rows = buckets.as_ref().map_or(5, Vec::len);
        let numbers = (0..rows * 2).map(|number| number as f32).collect();
        let subwords = Subwords::new((2, 3), 5, 2, buckets.as_deref(), numbers).unwrap();
        let vectors = WordVectors::new(vec!["cat".into()], 2, vec![1.0, 2.0]).unwrap().with_subwords(subwords).unwrap();
        formats::save_cache(&vectors, "note", &path).unwrap();
        let first = fs::read(&path).unwrap();
        let back = formats::load(&path, &Silent).unwrap();
        assert_eq!(back.subwords(), vectors.subwords());
        assert_eq!(back.vector("dog"), vectors.vector("dog"));
        formats::save_cache(&back, "note", &path).unwrap();
        assert!(first == fs::read(&path).unwrap(), "the same vectors, other bytes");

        let notices = Notices::default();
        formats::save(&vectors, &folder.path().join("v.vec"), Format::named("word2vec-text").unwrap(), &notices)
            .unwrap();
        assert!(notices.0.lock().unwrap()[0].starts_with("word2vec-text holds words only"));
    }
}

#[test]
fn an_altered_cache_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.safetensors");
    formats::save_cache(&golden(), "seconds = 1", &path).unwrap();
    let whole = fs::read(&path).unwrap();
    assert_eq!(formats::load_cache(&path, &Silent).unwrap().1, "seconds = 1");
    for end in (0..whole.len()).step_by(13) {
        assert!(load("f", &whole[..end]).is_err(), "cut after {end} bytes");
    }
    assert!(load("f", [&whole[..], b"more"].concat()).is_err());
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        fs::write(&path, altered).unwrap();
        assert!(formats::load_cache(&path, &Silent).is_err(), "byte {at} was flipped");
    }
    let text = |from: &str, to: &str| {
        let header = usize::from(u16::from_le_bytes([whole[0], whole[1]])) + 8;
        let altered = String::from_utf8(whole[8..header].to_vec()).unwrap().replace(from, to);
        [&(altered.len() as u64).to_le_bytes(), altered.as_bytes(), &whole[header..]].concat()
    };
    assert!(refusal(text("embeddings", "embeddingz")).contains("expected a tensor `embeddings`"));
    assert!(refusal(text("F32", "I32")).contains("expected the tensor `embeddings` as F32 with 2 dimensions"));
    assert!(refusal(text("[12,7]", "[7,12]")).contains("(the file was altered)"));
    let unchecked = refusal(text("crc32", "crc_2"));
    assert!(unchecked.contains("the metadata `crc32`"), "{unchecked}");
}

#[test]
fn a_zip_is_read_by_member_and_its_checksum_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.zip");
    let write = |members: &[&str], method| {
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        for member in members {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            zip.start_file(*member, options).unwrap();
            writeln!(zip, "{member} 1 2").unwrap();
        }
        zip.finish().unwrap();
    };
    let member = |name: &str| formats::load(Path::new(&format!("{}:{name}", path.display())), &Silent);
    for method in [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored] {
        write(&["one.txt"], method);
        assert_eq!(formats::load(&path, &Silent).unwrap().words(), ["one.txt"]);
        write(&["one.txt", "folder/two.txt"], method);
        assert_eq!(member("one.txt").unwrap().words(), ["one.txt"]);
        assert_eq!(member("two.txt").unwrap().words(), ["folder/two.txt"]);
        let error = formats::load(&path, &Silent).unwrap_err().to_string();
        assert!(error.contains("found one.txt, folder/two.txt (name one, e.g."), "{error}");
        assert!(member("three.txt").unwrap_err().to_string().contains("expected a member three.txt"));
    }
    let whole = fs::read(&path).unwrap();
    let at = whole.windows(11).position(|window| window == b"one.txt 1 2").unwrap();
    let mut flipped = whole.clone();
    flipped[at + 8] ^= 1; // 1 -> 0: still a number
    fs::write(&path, &flipped).unwrap();
    let error = member("one.txt").unwrap_err().to_string();
    assert!(error.contains("expected an intact file, found a member with CRC"), "{error}");
    for end in [10, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..end]).unwrap();
        assert!(member("one.txt").unwrap_err().to_string().contains("(was it cut short?)"), "cut after {end}");
    }
}

#[test]
fn reading_can_be_stopped() {
    struct Stopped;
    impl Progress for Stopped {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let text: String = (0..5000).map(|number| format!("w{number} 0.5\n")).collect();
    let binary: Vec<u8> = b"5000 1\n".iter().copied().chain((0..5000).flat_map(|_| *b"w \0\0\0\0")).collect();
    for (name, bytes) in [("t", text.as_bytes().to_vec()), ("t.gz", gzip(text.as_bytes())), ("b", binary)] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert!(matches!(formats::load(&path, &Stopped), Err(ninefold_core::Error::Interrupted)), "{name}");
    }
}

#[test]
fn progress_adds_up_to_the_files_size() {
    struct Bytes(Mutex<(u64, u64)>);
    impl Progress for Bytes {
        fn begin(&self, _: &str, unit: &'static str, total: Option<u64>) {
            assert_eq!(unit, "bytes");
            self.0.lock().unwrap().1 = total.unwrap();
        }
        fn advance(&self, amount: u64) {
            self.0.lock().unwrap().0 += amount;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mut vectors = golden();
    for format in FORMATS.iter().filter(|format| format.is_writable()) {
        let path = folder.path().join(format.name);
        formats::save(&vectors, &path, format, &Silent).unwrap();
        fs::write(folder.path().join("gz"), gzip(&fs::read(&path).unwrap())).unwrap();
        for path in [path, folder.path().join("gz")] {
            let progress = Bytes(Mutex::default());
            vectors = formats::load(&path, &progress).unwrap();
            let (done, total) = *progress.0.lock().unwrap();
            assert_eq!((done, total), (total, fs::metadata(&path).unwrap().len()), "{} {path:?}", format.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_format_gives_back_what_was_put_in(
        words in prop::collection::btree_set("[^ \\n\\r\\p{C}]{1,12}", 1..40),
        dim in 2usize..9,
        seed in any::<u64>(),
    ) {
        let mut rng = ninefold_core::rng::Rng::new(seed);
        let matrix = (0..words.len() * dim).map(|_| (rng.normal() * 10f64.powi(rng.below(12) as i32 - 6)) as f32).collect();
        let vectors = WordVectors::new(words.into_iter().collect(), dim, matrix).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for format in FORMATS.iter().filter(|format| format.is_writable()) {
            let path = folder.path().join(format.name);
            formats::save(&vectors, &path, format, &Silent).unwrap();
            assert_same(&formats::load(&path, &Silent).unwrap(), &vectors, format.name);
        }
    }

    #[test]
    fn no_bytes_make_the_readers_panic(
        header in prop::sample::select(vec!["", "2 2\n", "3 1\n", "FiFu", "\u{1f}", "PK\u{3}\u{4}"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = load("f", [header.as_bytes(), &bytes].concat());
    }
}
