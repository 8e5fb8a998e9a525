//! ninefold's own form: a safetensors file with the tensor `embeddings` and the words, copied and never parsed.
//!
//! | tensor | type, shape | |
//! | --- | --- | --- |
//! | `embeddings` | F32 [num_words, dim] | |
//! | `words` | U8 [bytes] | UTF-8, each word followed by a newline |
//! | `subwords` | F32 [num_rows, dim] | optional: vectors of n-grams; metadata has `min_n`, `max_n`, `bucket` |
//! | `subword_buckets` | U32 [num_rows] | optional: the bucket of each of those rows; without it row i is bucket i |
//!
//! The metadata `crc32` is the CRC-32 of the whole file, header included, with zeros in place of its own eight digits. Files
//! without it, which others wrote, are read without that check.
//!
//! In Python: `t = load_file(path); words = bytes(t["words"]).decode().split("\n")[:-1]`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde_json::json;

use super::source::{Head, Reader, Source};
use super::{Format, MOST_DIMENSIONS, ReadOptions};
use crate::WordVectors;
use crate::subwords::Subwords;
use ninefold_core::checksum::Crc32;
use ninefold_core::error::{Error, Result};
use ninefold_core::files;
use ninefold_core::progress::Progress;

/// safetensors.
pub const FORMAT: Format = Format {
    name: "safetensors",
    about: "safetensors: the tensors `embeddings` and `words`; loads fastest, keeps n-grams",
    extension: "safetensors",
    recognises,
    is_text: false,
    read,
    write: Some(|vectors, path| write(vectors, None, path)),
};

/// The metadata `format` of files that ninefold wrote before they had a checksum, and of those that it writes.
const TITLES: [&str; 2] = ["ninefold word vectors", "ninefold word vectors, checked"];
/// What stands before the checksum's digits in the header, and what is there while it is computed.
const CHECKSUM: &[u8] = b"\"crc32\":\"";
const NO_CHECKSUM: &[u8; 8] = b"00000000";
/// Largest header of safetensors.
const LARGEST_HEADER: u64 = 100_000_000;

/// The length of a JSON header as u64, then the header.
fn recognises(head: &Head) -> bool {
    let length = head.bytes.first_chunk().map(|length| u64::from_le_bytes(*length));
    length.is_some_and(|length| (2..LARGEST_HEADER).contains(&length)) && head.bytes[8..].starts_with(b"{\"")
}

fn read(source: Source, _: ReadOptions, progress: &dyn Progress) -> Result<WordVectors> {
    File::read(source.into_reader(), progress).map(|file| file.vectors)
}

/// Reads a file that [`write`] wrote with a note.
///
/// # Errors
/// [`Error::Format`] when anything in it was altered, [`Error::Io`], [`Error::Interrupted`].
pub fn read_with_note(source: Source, progress: &dyn Progress) -> Result<(WordVectors, String)> {
    let place = source.place().to_owned();
    if !recognises(&source.head()) {
        return Err(Error::format(place, "cached vectors (safetensors)", "another format"));
    }
    let file = File::read(source.into_reader(), progress)?;
    match file.note {
        Some(note) if file.is_checked => Ok((file.vectors, note)),
        _ => Err(Error::format(place, "cached vectors with a checksum and a note", "none of both")),
    }
}

/// What a file holds.
struct File {
    vectors: WordVectors,
    note: Option<String>,
    is_checked: bool,
}

/// The tensors that are known, by name.
#[derive(Default)]
struct Tensors {
    embeddings: Option<(usize, usize, Vec<f32>)>, // rows, dim
    subwords: Option<Vec<f32>>,
    subword_buckets: Option<Vec<u32>>,
    words: Option<Vec<u8>>,
}

impl File {
    fn read(mut reader: Reader, progress: &dyn Progress) -> Result<File> {
        let place = reader.place().to_owned();
        let (header, promised) = read_header(&mut reader)?;
        let header: Metadata =
            serde_json::from_slice(&header).map_err(Error::parse(&place, "an intact safetensors file"))?;
        let tensors = Tensors::read(&header, &mut reader, progress)?;
        let (more, _) = reader.finish(|_| true)?;
        if more > 0 {
            return Err(Error::format(place, "the end of the safetensors file", format!("{more} more bytes")));
        }
        if let Some(promised) = promised.filter(|promised| Some(*promised) != reader.checksum()) {
            let (expected, found) = (format!("the checksum {promised:08x}"), reader.checksum().unwrap_or_default());
            return Err(Error::format(place, expected, format!("{found:08x} (the file was altered)")));
        }
        reader.report(progress);
        let metadata = |key: &str| header.metadata().as_ref().and_then(|metadata| metadata.get(key)).cloned();
        if promised.is_none() && metadata("format").as_deref() == Some(TITLES[1]) {
            return Err(Error::format(place, "the metadata `crc32`", "none (the file was altered)"));
        }
        let vectors = tensors.into_vectors(&place, &metadata)?;
        Ok(File { vectors, note: metadata("note"), is_checked: promised.is_some() })
    }
}

/// The JSON at the beginning, and the checksum that it promises; the reader computes that of the file from here on.
fn read_header(reader: &mut Reader) -> Result<(Vec<u8>, Option<u32>)> {
    let cut_short = |reader: &Reader| {
        Error::format(reader.place(), "an intact safetensors file", "the file's end (was it cut short?)")
    };
    let mut length = [0; 8];
    if !reader.fill(&mut length)? {
        return Err(cut_short(reader));
    }
    let size = u64::from_le_bytes(length);
    if size > LARGEST_HEADER {
        let expected = format!("a header of at most {LARGEST_HEADER} bytes");
        return Err(Error::format(reader.place(), expected, size.to_string()));
    }
    let mut header = Vec::new();
    if !reader.numbers(size, &mut header)? {
        return Err(cut_short(reader));
    }
    let digits = memchr::memmem::find(&header, CHECKSUM).map(|at| at + CHECKSUM.len());
    let digits = digits.and_then(|start| Some(start..start + header.get(start..start + NO_CHECKSUM.len())?.len()));
    let mut promised = None;
    let mut checked = [&length[..], &header].concat();
    if let Some(digits) = digits {
        let text = std::str::from_utf8(&header[digits.clone()]).ok();
        let number = text.and_then(|text| u32::from_str_radix(text, 16).ok());
        promised = number.filter(|number| text == Some(&format!("{number:08x}"))); // digits of another case were altered
        checked[8 + digits.start..8 + digits.end].copy_from_slice(NO_CHECKSUM);
    }
    if promised.is_some() {
        reader.begin_checksum(&checked);
    }
    Ok((header, promised))
}

impl Tensors {
    /// Reads what is known and passes over the rest, in the order in which tensors lie.
    fn read(header: &Metadata, reader: &mut Reader, progress: &dyn Progress) -> Result<Tensors> {
        let mut tensors = Tensors::default();
        tensors.check(header, reader.place())?;
        for name in header.offset_keys() {
            let Some(info) = header.info(&name) else { continue };
            let size = (info.data_offsets.1 - info.data_offsets.0) as u64;
            let whole = match name.as_str() {
                "embeddings" => {
                    let rows = tensors.embeddings.insert((info.shape[0], info.shape[1], Vec::new()));
                    reader.numbers(size / 4, &mut rows.2)?
                }
                "subwords" => reader.numbers(size / 4, tensors.subwords.insert(Vec::new()))?,
                "subword_buckets" => reader.numbers(size / 4, tensors.subword_buckets.insert(Vec::new()))?,
                "words" => reader.numbers(size, tensors.words.insert(Vec::new()))?,
                _ => reader.skip(size)?,
            };
            if !whole {
                let expected = format!("the tensor `{name}` of {size} bytes");
                return Err(Error::format(reader.place(), expected, "the file's end (was it cut short?)"));
            }
            reader.report(progress);
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
        }
        Ok(tensors)
    }

    /// Refuses tensors of another type or shape before memory is set aside for them.
    fn check(&self, header: &Metadata, place: &str) -> Result<()> {
        let known = [
            ("embeddings", Dtype::F32, 2),
            ("words", Dtype::U8, 1),
            ("subwords", Dtype::F32, 2),
            ("subword_buckets", Dtype::U32, 1),
        ];
        for (name, dtype, rank) in known {
            let Some(info) = header.info(name) else { continue };
            if info.dtype != dtype || info.shape.len() != rank {
                let expected = format!("the tensor `{name}` as {dtype:?} with {rank} dimensions");
                return Err(Error::format(place, expected, format!("{:?} {:?}", info.dtype, info.shape)));
            }
        }
        let missing = |name: &str| {
            let names = header.offset_keys().join(", ");
            Error::format(place, format!("a tensor `{name}`"), format!("the tensors {names}"))
        };
        let embeddings = header.info("embeddings").ok_or_else(|| missing("embeddings"))?;
        let words = header.info("words").ok_or_else(|| missing("words"))?;
        let (num_words, dim) = (embeddings.shape[0], embeddings.shape[1]);
        if num_words > words.shape[0] || dim > MOST_DIMENSIONS {
            let expected = format!(
                "`embeddings` of at most {} words, each with a line of `words`, and {MOST_DIMENSIONS} dimensions",
                words.shape[0]
            );
            return Err(Error::format(place, expected, format!("{:?}", embeddings.shape)));
        }
        Ok(())
    }

    fn into_vectors(self, place: &str, metadata: &dyn Fn(&str) -> Option<String>) -> Result<WordVectors> {
        let Tensors { embeddings: Some((_, dim, matrix)), words: Some(words), subwords, subword_buckets } = self else {
            return Err(Error::internal("tensors were checked and not read"));
        };
        let words = String::from_utf8(words).map_err(Error::parse(place, "`words` in UTF-8"))?;
        let words: Vec<String> = words.split_terminator('\n').map(str::to_owned).collect();
        let vectors = WordVectors::new(words, dim, matrix)?;
        let Some(rows) = subwords else { return Ok(vectors) };
        let setting = |key: &str| -> Result<u32> {
            let value = metadata(key).and_then(|value| value.parse().ok());
            value.ok_or_else(|| Error::format(place, format!("the metadata `{key}` of n-grams"), "none"))
        };
        let ngram = (setting("min_n")? as usize, setting("max_n")? as usize);
        vectors.with_subwords(Subwords::new(ngram, setting("bucket")?, dim, subword_buckets.as_deref(), rows)?)
    }
}

/// Writes the file with its tensors in alphabetical order: the same vectors give the same bytes.
///
/// # Errors
/// [`Error::Data`] when a word holds a line break, [`Error::Io`] when it cannot be written.
pub fn write(vectors: &WordVectors, note: Option<&str>, path: &Path) -> Result<()> {
    if let Some(row) = vectors.words().iter().position(|word| word.contains('\n')) {
        return Err(Error::data(format!("word {} holds a line break: {:?}", row + 1, vectors.words()[row])));
    }
    let buckets = vectors.subwords().and_then(Subwords::buckets);
    files::write_atomically(path, |out| {
        let mut header = header(vectors, buckets.as_deref(), note)?;
        let mut checksum = Crc32::default();
        write_parts(vectors, buckets.as_deref(), &header, &mut checksum)?;
        if let Some(at) = memchr::memmem::find(&header, CHECKSUM) {
            let digits = format!("{:08x}", checksum.value());
            header[at + CHECKSUM.len()..][..NO_CHECKSUM.len()].copy_from_slice(digits.as_bytes());
        }
        write_parts(vectors, buckets.as_deref(), &header, out)
    })
}

/// The JSON header without its checksum, of a length that aligns the numbers after it.
fn header(vectors: &WordVectors, buckets: Option<&[u32]>, note: Option<&str>) -> io::Result<Vec<u8>> {
    let words: usize = vectors.words().iter().map(|word| word.len() + 1).sum();
    let checksum = String::from_utf8_lossy(NO_CHECKSUM).into_owned();
    let mut metadata = BTreeMap::from([("format", TITLES[1].to_owned()), ("crc32", checksum)]);
    metadata.extend(note.map(|note| ("note", note.to_owned())));
    let mut header = BTreeMap::new();
    let mut end = 0;
    let mut lay = |name: &'static str, dtype: &str, shape: &[usize], size: usize| {
        header.insert(name, json!({"dtype": dtype, "shape": shape, "data_offsets": [end, end + size]}));
        end += size;
    };
    lay("embeddings", "F32", &[vectors.len(), vectors.dim()], 4 * vectors.matrix().len());
    if let Some(subwords) = vectors.subwords() {
        metadata.insert("min_n", subwords.min_n().to_string());
        metadata.insert("max_n", subwords.max_n().to_string());
        metadata.insert("bucket", subwords.bucket().to_string());
        if let Some(buckets) = buckets {
            lay("subword_buckets", "U32", &[buckets.len()], 4 * buckets.len());
        }
        let numbers = subwords.matrix().len();
        lay("subwords", "F32", &[numbers / subwords.dim(), subwords.dim()], 4 * numbers);
    }
    lay("words", "U8", &[words], words);
    header.insert("__metadata__", json!(metadata));
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok(header)
}

fn write_parts(vectors: &WordVectors, buckets: Option<&[u32]>, header: &[u8], out: &mut impl Write) -> io::Result<()> {
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header)?;
    write_floats(out, vectors.matrix())?;
    for bucket in buckets.unwrap_or_default() {
        out.write_all(&bucket.to_le_bytes())?;
    }
    write_floats(out, vectors.subwords().map_or(&[], Subwords::matrix))?;
    for word in vectors.words() {
        out.write_all(word.as_bytes())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_floats(out: &mut impl Write, numbers: &[f32]) -> io::Result<()> {
    if cfg!(target_endian = "little") {
        return out.write_all(bytemuck::cast_slice(numbers));
    }
    numbers.iter().try_for_each(|number| out.write_all(&number.to_le_bytes()))
}
