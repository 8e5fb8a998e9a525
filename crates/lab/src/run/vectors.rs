//! Word vectors for the training texts: from the cache, trained, or loaded; cut to the vocabulary.
//!
//! The cache lies in the cache folder of the [`Session`]. Its key is the checksum of the training texts' ids and of every setting, so that
//! three networks, a resumed run and the next run share one training; runs side by side share it, too.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::embedding_list::written_key;
use crate::run::oov::Outside;
use crate::run::parts::Parts;
use crate::run::texts::Texts;
use crate::store::keys;
use crate::{Config, Embedding, EmbeddingKind, EmbeddingSpec, PretrainedConfig, Refit, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::hold;
use ninefold_core::progress::Progress;
use ninefold_models::bundle::sha256;
use ninefold_nn::batch::Encoded;
use ninefold_nn::train::TrainData;
use ninefold_records::VectorCoverage;
use ninefold_vectors::WordVectors;
use ninefold_vectors::formats::{self, ReadOptions};
use ninefold_vectors::matrix::EmbeddingMatrix;
use ninefold_vectors::oov::{OovColumns, OovVectors};
use ninefold_vectors::pretrained::{self, PretrainedSources};

/// Changes whenever the trainers give other vectors for the same settings, or cached files have another form.
const CACHE_VERSION: u32 = 12;

/// The embedding matrix of one spec, or of several side by side.
pub(crate) struct Vectors {
    pub(crate) matrix: EmbeddingMatrix,
    /// What networks read where a token is not in the vocabulary, unless that is `<unk>`.
    pub(crate) outside: Option<Outside>,
    /// What training (perhaps in an earlier run) or loading took.
    pub(crate) seconds: f64,
    /// Of all vectors: a checkpoint goes on with these only.
    pub(crate) checksum: String,
    /// Those for [`Texts::whole`], where there are such texts.
    pub(crate) whole: Option<Box<Vectors>>,
}

impl Vectors {
    /// # Errors
    /// Those of the trainers and readers; [`Error::InvalidValue`] when loaded vectors have another dimension than the settings say.
    pub(crate) fn make(embedding: &Embedding, config: &Config, texts: &Texts, session: &Session) -> Result<Vectors> {
        let mut vectors = Vectors::of(embedding, config, texts, session)?;
        if config.refit == Refit::All
            && let Some(whole) = &texts.whole
        {
            let whole = Vectors::of(embedding, config, whole, session)?;
            vectors.seconds += whole.seconds;
            vectors.whole = Some(Box::new(whole));
        }
        Ok(vectors)
    }

    fn of(embedding: &Embedding, config: &Config, texts: &Texts, session: &Session) -> Result<Vectors> {
        let progress = session.progress;
        let (mut parts, mut seconds, mut outside) = (Vec::new(), 0.0, Vec::new());
        let by_ngrams = config.specs(embedding).any(EmbeddingSpec::reads_subwords);
        for spec in config.specs(embedding) {
            let start = Instant::now();
            let (vectors, trained_in) = match &spec.kind {
                EmbeddingKind::Pretrained(from) => (pretrained(spec, from, session)?, None),
                _ => trained_or_cached(spec, config.seed, texts, session)?,
            };
            let (unknown, seed) = (spec.unknown, config.seed);
            let part = EmbeddingMatrix::build(&vectors, &texts.vocab, unknown, seed);
            if let EmbeddingKind::Pretrained(from) = &spec.kind
                && let Some(warning) = part.coverage_warning(&vectors, &texts.vocab)
            {
                progress.notice(&format!("warning: {}: {warning}", from.path));
            }
            parts.push(part);
            if by_ngrams {
                let part = OovColumns::new(&vectors, &texts.vocab, unknown, seed);
                outside.push(if spec.reads_subwords() { part } else { OovColumns { ngrams: None, ..part } });
            }
            seconds += trained_in.unwrap_or(start.elapsed().as_secs_f64());
        }
        let matrix = match <[EmbeddingMatrix; 1]>::try_from(parts) {
            Ok([only]) => only,
            Err(several) => EmbeddingMatrix::side_by_side(&several, &texts.vocab),
        };
        progress.notice(&format!(
            "{}: vectors for {} of {} words of the vocabulary, {:.1} % of the tokens of train",
            embedding.name(),
            matrix.found + matrix.by_subwords,
            matrix.found + matrix.by_subwords + matrix.unknown,
            100.0 * matrix.coverage(),
        ));
        let outside = OovVectors::new(outside).map(|words| Outside::read(words, texts)).transpose()?;
        if by_ngrams {
            progress.notice(&format!("{}: {}", embedding.name(), Outside::described(outside.as_ref())));
        }
        let mut checksum = sha256(bytemuck::cast_slice(&matrix.data));
        if let Some(outside) = &outside {
            checksum += &sha256(bytemuck::cast_slice(&outside.rows));
        }
        Ok(Vectors { matrix, outside, seconds, checksum, whole: None })
    }

    /// The texts as networks over these vectors read them.
    pub(crate) fn parts<'a>(&'a self, texts: &'a Texts) -> Parts<&'a Encoded> {
        match &self.outside {
            Some(Outside { parts, .. }) => {
                Parts { train: &parts.train, validation: &parts.validation, test: &parts.test }
            }
            None => Parts { train: &texts.train, validation: &texts.validation, test: &texts.test },
        }
    }

    /// What a network over these vectors is trained on.
    pub(crate) fn train_data<'a>(&'a self, texts: &'a Texts, seed: u64) -> TrainData<'a> {
        let Parts { train, validation, .. } = self.parts(texts);
        TrainData { train, validation, ..texts.train_data(seed) }
    }

    pub(crate) fn coverage(&self) -> VectorCoverage {
        let matrix = &self.matrix;
        VectorCoverage {
            found: matrix.found,
            by_subwords: matrix.by_subwords,
            unknown: matrix.unknown,
            tokens: matrix.coverage(),
        }
    }
}

fn pretrained(spec: &EmbeddingSpec, from: &PretrainedConfig, session: &Session) -> Result<WordVectors> {
    let options = ReadOptions { skip_bad_lines: from.skip_bad_lines };
    let vectors =
        pretrained::load_with(&from.path, options, &PretrainedSources::new(session.folders), session.progress)?;
    match from.dim {
        Some(dim) if dim != vectors.dim() => {
            let expected = format!("{} as in {} (or other vectors)", vectors.dim(), from.path);
            Err(Error::invalid_value(written_key(spec, "dim"), expected, dim))
        }
        _ => Ok(vectors),
    }
}

/// The note of cached vectors: what training took, and what they were trained with.
#[derive(Serialize, Deserialize)]
struct CacheNote {
    seconds: f64,
    settings: Value,
}

fn trained_or_cached(
    spec: &EmbeddingSpec,
    seed: u64,
    texts: &Texts,
    session: &Session,
) -> Result<(WordVectors, Option<f64>)> {
    let progress = session.progress;
    let Some(cache) = &session.folders.cache else {
        return trained(&spec.kind, seed, texts, progress).map(|(vectors, seconds)| (vectors, Some(seconds)));
    };
    let settings = settings(&spec.kind, seed)?;
    let file = cached_name(&spec.kind, &settings, texts)?;
    let path = cached_path(cache, &file);
    let _lock = wait_for(&cache.join("locks").join(&file), &spec.name, progress)?;
    if path.is_file() {
        match cached(&path, &settings, progress) {
            Ok((vectors, seconds)) => {
                progress.notice(&format!("{}: vectors of an earlier training, {}", spec.name, path.display()));
                return Ok((vectors, Some(seconds)));
            }
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => progress.notice(&format!("{error}; the vectors are trained anew")),
        }
    }
    let (vectors, seconds) = trained(&spec.kind, seed, texts, progress)?;
    let note = json!(CacheNote { seconds, settings }).to_string();
    if let Err(error) = formats::save_cache(&vectors, &note, &path) {
        progress.notice(&format!("{error}; the next run will train these vectors again"));
    }
    Ok((vectors, Some(seconds)))
}

/// Whether an earlier training left these vectors.
pub(crate) fn is_cached(spec: &EmbeddingSpec, seed: u64, texts: &Texts, session: &Session) -> bool {
    let name = || cached_name(&spec.kind, &settings(&spec.kind, seed)?, texts);
    let cache = session.folders.cache.as_ref();
    cache.zip(name().ok()).is_some_and(|(cache, name)| cached_path(cache, &name).is_file())
}

/// What cached vectors and their lock are called.
fn cached_name(kind: &EmbeddingKind, settings: &Value, texts: &Texts) -> Result<String> {
    let key = keys::of(&json!({ "version": CACHE_VERSION, "vectors": settings, "texts": texts.train_fingerprint }))?;
    Ok(format!("{}-{}", kind.name(), &key[..24]))
}

fn cached_path(cache: &Path, name: &str) -> PathBuf {
    cache.join("vectors").join(format!("{name}.safetensors"))
}

/// Vectors of an earlier training with these settings, and what it took.
fn cached(path: &Path, settings: &Value, progress: &dyn Progress) -> Result<(WordVectors, f64)> {
    let (vectors, note) = formats::load_cache(path, progress)?;
    let note: CacheNote = serde_json::from_str(&note).map_err(Error::parse(path, "the settings of a training"))?;
    if note.settings == *settings {
        return Ok((vectors, note.seconds));
    }
    Err(Error::format(path, format!("vectors trained with {settings}"), note.settings.to_string()))
}

/// How often a lock that another holds is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes cached vectors for this run alone: of two runs that want the same ones at the same time, one trains them and the other
/// reads them. Trained by both without locks they would differ, and a run that was stopped would go on with the other's.
/// `None` where the cache cannot be written.
fn wait_for(path: &Path, name: &str, progress: &dyn Progress) -> Result<Option<File>> {
    let opened = fs::create_dir_all(path.parent().unwrap_or(path)).and_then(|()| File::create(path));
    let Ok(file) = opened else { return Ok(None) };
    let mut is_said = false;
    while !hold(&file) {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        if !is_said {
            progress.notice(&format!("{name}: waits for another run that trains the same vectors"));
            is_said = true;
        }
        std::thread::sleep(PAUSE);
    }
    Ok(Some(file))
}

/// Trained now, in so many seconds.
fn trained(kind: &EmbeddingKind, seed: u64, texts: &Texts, progress: &dyn Progress) -> Result<(WordVectors, f64)> {
    let start = Instant::now();
    let kind = kind.clone().seeded(seed, rayon::current_num_threads());
    let vectors = kind.train(&texts.train, &texts.vocab, progress)?;
    Ok((vectors, start.elapsed().as_secs_f64()))
}

/// The settings as the cache's key sees them: of the number of threads only whether the vectors are exact.
fn settings(kind: &EmbeddingKind, seed: u64) -> Result<Value> {
    let exact = matches!(kind, EmbeddingKind::Glove(_)) || rayon::current_num_threads() == 1;
    Ok(json!({ "exact": exact, "settings": keys::json(&kind.clone().seeded(seed, 1))? }))
}
