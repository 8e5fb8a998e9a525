//! The parts of a fastText model: settings, dictionary, matrices.

use rustc_hash::FxHashMap;

use super::fields::Fields;
use super::quantised::Quantised;
use ninefold_core::error::Result;

/// What a model was trained for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Model {
    Words,
    Supervised,
}

/// The settings that vectors depend on.
#[derive(Debug)]
pub(super) struct Settings {
    pub dim: usize,
    pub model: Model,
    pub bucket: u32,
    /// Fewest and most characters of an n-gram; `None` when the model has no n-grams.
    pub ngrams: Option<(usize, usize)>,
    /// Whether `</s>` has n-grams like any other word.
    pub cuts_end_of_line: bool,
}

/// Twelve i32 in their order, with what they may be; the f64 `t` comes after them.
const FIELDS: [(&str, std::ops::RangeInclusive<i32>); 12] = [
    ("dim", 1..=100_000),
    ("ws", 1..=10_000),
    ("epoch", 0..=100_000),
    ("minCount", 0..=i32::MAX),
    ("neg", 0..=100_000),
    ("wordNgrams", 1..=1000),
    ("loss", 1..=4),
    ("model", 1..=3),
    ("bucket", 0..=i32::MAX),
    ("minn", 0..=100),
    ("maxn", 0..=100),
    ("lrUpdateRate", 0..=i32::MAX),
];

impl Settings {
    /// True when `bytes` begin as settings do: which identifies the format without a magic number.
    pub fn begin(bytes: &[u8]) -> bool {
        let Some((fields, rest)) = bytes.split_first_chunk::<48>() else { return false };
        let is_plausible = |(field, (_, range)): (&[u8; 4], &(&str, std::ops::RangeInclusive<i32>))| {
            range.contains(&i32::from_le_bytes(*field))
        };
        let t = rest.first_chunk().map(|t| f64::from_le_bytes(*t));
        fields.as_chunks().0.iter().zip(&FIELDS).all(is_plausible) && t.is_some_and(|t| (0.0..=1.0).contains(&t))
    }

    pub fn read(fields: &mut Fields, version: Option<i32>) -> Result<Settings> {
        let mut values = [0; 12];
        for (value, (name, range)) in values.iter_mut().zip(&FIELDS) {
            *value = fields.i32(&format!("the setting {name}"))?;
            if !range.contains(value) {
                return Err(fields
                    .refuse(format!("a fastText model whose {name} is {} to {}", range.start(), range.end()), value));
            }
        }
        fields.skip(1, 8, "the setting t")?;
        let [dim, _, _, _, _, _, _, model, bucket, min_n, max_n, _] = values.map(|value| value as usize);
        let model = if model == 3 { Model::Supervised } else { Model::Words };
        // Classifiers of version 11 had no n-grams, whatever their settings say.
        let has_ngrams = max_n > 0 && min_n <= max_n && !(model == Model::Supervised && version == Some(11));
        if has_ngrams && bucket == 0 {
            return Err(fields.refuse(format!("buckets for n-grams of {min_n} to {max_n} characters"), "bucket 0"));
        }
        Ok(Settings {
            dim,
            model,
            bucket: bucket as u32,
            ngrams: has_ngrams.then_some((min_n.max(1), max_n)),
            cuts_end_of_line: version.is_none(),
        })
    }
}

/// Words in the order of their rows.
pub(super) struct Dictionary {
    pub words: Vec<Vec<u8>>,
    pub num_labels: usize,
    /// After pruning: the bucket of each row that is left. `[num_rows]`
    pub buckets: Option<Vec<u32>>,
}

impl Dictionary {
    pub fn read(fields: &mut Fields, can_be_pruned: bool) -> Result<Dictionary> {
        const SMALLEST: u64 = 10; // bytes of a word without letters: a zero, its count and its kind
        let mut number = |what: &str| {
            let number = fields.i32(what)?;
            u64::try_from(number).map_err(|_| fields.refuse(format!("{what}, 0 or more"), number))
        };
        let (size, num_words) = (number("the size of the dictionary")?, number("the number of words")?);
        let num_labels = number("the number of labels")?;
        fields.i64("the number of tokens")?;
        let pruned = if can_be_pruned { fields.i64("the number of n-grams after pruning")? } else { -1 };
        let left = fields.left();
        if size != num_words + num_labels || num_words == 0 || left.is_some_and(|left| size * SMALLEST > left) {
            let left = left.map_or(String::new(), |left| format!(", in {left} bytes (was the file cut short?)"));
            let found = format!("{size} entries, {num_words} of them words and {num_labels} labels{left}");
            return Err(fields.refuse("a dictionary of words and labels", found));
        }
        let mut words = Vec::new();
        for entry in 1..=size {
            let word = fields.name(&format!("entry {entry} of {size} of the dictionary"))?;
            fields.i64("a word's count")?;
            let kind = fields.u8("a word's kind")?;
            let expected = u8::from(entry > num_words);
            if kind != expected {
                let what = if expected == 0 { "a word (kind 0)" } else { "a label (kind 1)" };
                return Err(fields.refuse(format!("{what} as entry {entry} of {size} of the dictionary"), kind));
            }
            if expected == 0 {
                words.push(word);
            }
        }
        let buckets = u64::try_from(pruned).ok().map(|count| read_buckets(fields, count)).transpose()?;
        Ok(Dictionary { words, num_labels: num_labels as usize, buckets })
    }

    /// The row of each bucket that survived pruning.
    pub fn row_of_bucket(&self) -> Option<FxHashMap<u32, u32>> {
        let buckets = self.buckets.as_ref()?;
        Some(buckets.iter().zip(0..).map(|(&bucket, row)| (bucket, row)).collect())
    }
}

/// Pairs of bucket and row, in any order.
fn read_buckets(fields: &mut Fields, count: u64) -> Result<Vec<u32>> {
    fields.expect(count, 8, "the n-grams that survived pruning")?;
    let numbers: Vec<u32> = fields.numbers(count.saturating_mul(2), "the n-grams that survived pruning")?;
    let mut buckets = vec![None; numbers.len() / 2];
    for &[bucket, row] in numbers.as_chunks().0 {
        match buckets.get_mut(row as usize) {
            Some(place @ None) => *place = Some(bucket),
            _ => return Err(fields.refuse(format!("each row from 0 to {} for one n-gram", count - 1), row)),
        }
    }
    Ok(buckets.into_iter().flatten().collect())
}

/// The input matrix, unpacked; the output matrix is passed over. `[num_words + num_ngrams, dim]`
pub(super) fn read_input(
    fields: &mut Fields,
    settings: &Settings,
    dictionary: &Dictionary,
    can_be_quantised: bool,
) -> Result<Vec<f32>> {
    let quantised = can_be_quantised && fields.u8("whether the matrix is quantised")? != 0;
    if dictionary.buckets.is_some() && !quantised {
        return Err(fields.refuse("a quantised matrix, since n-grams were pruned", "a plain one"));
    }
    let num_words = dictionary.words.len() as u64;
    let num_ngrams = match (&settings.ngrams, &dictionary.buckets) {
        (_, Some(buckets)) => buckets.len() as u64,
        (Some(_), None) => u64::from(settings.bucket),
        (None, None) => 0,
    };
    let needed = num_words + num_ngrams;
    // Without n-grams of characters the rows after the words' belong to n-grams of words, which have no meaning here.
    let fits = |rows, dim| dim == settings.dim as u64 && (rows == needed || settings.ngrams.is_none() && rows > needed);
    let misfit = |fields: &Fields, rows, dim| {
        let expected = format!("{needed} rows of {} numbers, as words and settings want", settings.dim);
        fields.refuse(expected, format!("{rows} rows of {dim}"))
    };
    let mut matrix = if quantised {
        let codes = Quantised::read(fields)?;
        if !fits(codes.rows, codes.dim) {
            return Err(misfit(fields, codes.rows, codes.dim));
        }
        codes.unpack(fields)?
    } else {
        let (rows, dim) = (fields.count("the number of rows")?, fields.count("the length of a row")?);
        if !fits(rows, dim) {
            return Err(misfit(fields, rows, dim));
        }
        fields.numbers(rows.saturating_mul(dim), "the input matrix")?
    };
    if settings.ngrams.is_none() {
        matrix.truncate(num_words as usize * settings.dim);
    }
    let quantised_output = can_be_quantised && fields.u8("whether the output matrix is quantised")? != 0;
    if quantised && quantised_output {
        Quantised::read(fields)?;
    } else {
        let (rows, dim) = (fields.count("the output's number of rows")?, fields.count("the length of its rows")?);
        fields.skip(rows.saturating_mul(dim), 4, "the output matrix")?;
    }
    Ok(matrix)
}
