//! Word vectors: trained, read, searched, and averaged over texts.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use ninefold::embeddings::TrainVectors;
use ninefold::lab::EmbeddingKind;
use ninefold::text::tokenize::{Tokenizer, TokenizerConfig};
use ninefold::vectors::WordVectors;
use ninefold::vectors::formats::{self, Format};
use ninefold::vectors::nearest::Neighbours;
use ninefold::vectors::pretrained::{self, PretrainedSources};
use ninefold::{Error, Folders, Result};
use numpy::ndarray::ArrayView2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;

use crate::Watcher;
use crate::column::Texts;
use crate::errors::{refused, to_python};
use crate::model::temporary;
use crate::settings::Settings;
use crate::watch;

/// Words and their vectors, shared by any number of threads.
#[pyclass(frozen, module = "ninefold._ninefold")]
pub(crate) struct Vectors {
    shared: Arc<Shared>,
}

/// Vectors, and how texts are divided into words for them.
pub(crate) struct Shared {
    pub(crate) table: WordVectors,
    tokenizer: Tokenizer,
}

impl Shared {
    fn new(table: WordVectors, tokenizer: &TokenizerConfig) -> Result<Arc<Shared>> {
        Ok(Arc::new(Shared { table, tokenizer: Tokenizer::new(tokenizer)? }))
    }

    /// The mean vector of the words of a text that have one; zeros where none has. `[dim]`
    fn mean(&self, text: &str) -> Vec<f32> {
        let (mut sum, mut count) = (vec![0.0; self.table.dim()], 0.0f32);
        self.tokenizer.for_each(text, |word| {
            if let Some(vector) = self.table.vector(word) {
                sum.iter_mut().zip(vector.iter()).for_each(|(sum, value)| *sum += value);
                count += 1.0;
            }
        });
        sum.iter_mut().for_each(|sum| *sum /= count.max(1.0));
        sum
    }
}

impl Vectors {
    pub(crate) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let write = || {
            let (place, note) = (temporary()?, serde_json::to_string(self.shared.tokenizer.config()));
            let path = place.path().join("vectors.safetensors");
            let note = note.map_err(|error| Error::internal(format!("a tokenizer that is no JSON: {error}")))?;
            formats::save_cache(&self.shared.table, &note, &path)?;
            fs::read(&path).map_err(Error::io("read", &path))
        };
        let bytes = py.detach(write).map_err(to_python)?;
        Ok(PyBytes::new(py, &bytes))
    }
}

#[pymethods]
impl Vectors {
    #[getter]
    fn words(&self) -> Vec<String> {
        self.shared.table.words().to_vec()
    }

    fn __len__(&self) -> usize {
        self.shared.table.len()
    }

    #[getter]
    fn dim(&self) -> usize {
        self.shared.table.dim()
    }

    /// Whether words that are not in the table have vectors, too.
    #[getter]
    fn has_subwords(&self) -> bool {
        self.shared.table.subwords().is_some() || self.shared.table.wordpieces().is_some()
    }

    /// The row of a word that is in the table.
    fn index(&self, word: &str) -> Option<usize> {
        self.shared.table.id(word)
    }

    /// The vector of a word: its own, else one of its n-grams. `[dim]`
    fn vector<'py>(&self, py: Python<'py>, word: &str) -> Option<Bound<'py, PyArray1<f32>>> {
        self.shared.table.vector(word).map(|vector| vector.into_owned().into_pyarray(py))
    }

    /// All vectors, not copied and read-only. `[words, dim]`
    fn matrix<'py>(slf: Bound<'py, Vectors>) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let table = &slf.get().shared.table;
        let view = ArrayView2::from_shape((table.len(), table.dim()), table.matrix())
            .map_err(|error| to_python(Error::internal(format!("the shape of word vectors: {error}"))))?;
        // SAFETY: the memory belongs to `slf`, which is frozen, so that it is neither changed nor moved while the array refers to it.
        let array = unsafe { PyArray2::borrow_from_array(&view, slf.clone().into_any()) };
        array.readwrite().make_nonwriteable();
        Ok(array)
    }

    /// The rows most like a vector, with their cosines; `without` are passed over.
    fn nearest(
        &self,
        py: Python<'_>,
        query: Vec<f32>,
        n: usize,
        without: Vec<usize>,
        threads: usize,
    ) -> PyResult<Vec<(String, f32)>> {
        let dim = self.shared.table.dim();
        if query.len() != dim {
            return Err(refused(format!("the vector has {} numbers, the words have {dim}", query.len())));
        }
        let shared = self.shared();
        watch::run(py, threads, &None, move |_| {
            let found = Neighbours::new(&shared.table).nearest(&query, n, &without);
            Ok(found.into_iter().map(|near| (shared.table.words()[near.id].clone(), near.similarity)).collect())
        })
    }

    /// The mean vector of each text, row by row. `[texts * dim]`
    fn means<'py>(
        &self,
        py: Python<'py>,
        texts: &Texts,
        threads: usize,
        watcher: Watcher,
    ) -> PyResult<Bound<'py, PyArray1<f32>>> {
        let (shared, column) = (self.shared(), texts.column());
        let means = watch::run(py, threads, &watcher, move |_| {
            let texts = column.texts();
            Ok(texts.par_iter().with_min_len(64).flat_map_iter(|text| shared.mean(text)).collect::<Vec<f32>>())
        })?;
        Ok(means.into_pyarray(py))
    }

    /// Writes them in the format of that name, or in the one that the file's name asks for.
    fn save(&self, py: Python<'_>, path: PathBuf, format: Option<String>, watcher: Watcher) -> PyResult<()> {
        let shared = self.shared();
        watch::run(py, 1, &watcher, move |watch| {
            let format = match format {
                Some(name) => Format::named(&name)?,
                None => Format::for_path(&path, shared.table.subwords().is_some())?,
            };
            formats::save(&shared.table, &path, format, watch)
        })
    }

    /// Pickling: the bytes travel.
    fn __reduce__<'py>(slf: Bound<'py, Vectors>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let bytes = slf.get().to_bytes(slf.py())?;
        Ok((slf.get_type().getattr("from_bytes")?, (bytes,)))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: Vec<u8>) -> PyResult<Vectors> {
        let read = || {
            let place = temporary()?;
            let path = place.path().join("vectors.safetensors");
            fs::write(&path, &bytes).map_err(Error::io("write", &path))?;
            let (table, note) = formats::load_cache(&path, &ninefold::prelude::Silent)?;
            let tokenizer = serde_json::from_str(&note).map_err(Error::parse("pickled vectors", "a tokenizer"))?;
            Ok(Vectors { shared: Shared::new(table, &tokenizer)? })
        };
        py.detach(read).map_err(to_python)
    }
}

/// Trains vectors of a kind on texts.
#[pyfunction]
pub(crate) fn train_vectors(
    py: Python<'_>,
    texts: &Texts,
    kind: String,
    settings: Settings,
    threads: usize,
    watcher: Watcher,
) -> PyResult<Vectors> {
    let column = texts.column();
    let shared = watch::run(py, threads, &watcher, move |watch| {
        let config = settings.resolve()?;
        let texts = column.texts();
        let spec = config.embedding.iter().find(|spec| spec.name == kind);
        let Some(spec) = spec else {
            return Err(Error::invalid_value("kind", EmbeddingKind::NAMES.join(", "), format!("{kind:?}")));
        };
        let threads = if threads == 0 { ninefold::threads::available() } else { threads };
        let (tokenizer, vocab) = (&config.tokenizer, &config.vocab);
        let table = match spec.kind.clone().seeded(config.seed, threads) {
            EmbeddingKind::Word2vec(trainer) => trainer.fit_with(&texts, tokenizer, vocab, watch),
            EmbeddingKind::Fasttext(trainer) => trainer.fit_with(&texts, tokenizer, vocab, watch),
            EmbeddingKind::Glove(trainer) => trainer.fit_with(&texts, tokenizer, vocab, watch),
            EmbeddingKind::Pretrained(file) => pretrained::load(&file.path, &sources(), watch),
        }?;
        Shared::new(table, tokenizer)
    })?;
    Ok(Vectors { shared })
}

/// Reads vectors from a file of any known format, or a release by its name.
#[pyfunction]
pub(crate) fn load_vectors(py: Python<'_>, path: String, settings: Settings, watcher: Watcher) -> PyResult<Vectors> {
    let shared = watch::run(py, 0, &watcher, move |watch| {
        let tokenizer = settings.resolve()?.tokenizer;
        Shared::new(pretrained::load(&path, &sources(), watch)?, &tokenizer)
    })?;
    Ok(Vectors { shared })
}

fn sources() -> PretrainedSources {
    PretrainedSources::new(&Folders::from_env())
}
