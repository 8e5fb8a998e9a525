//! Texts as Python has them.
//!
//! Takes a list of strings, or a column over Arrow's C stream (pandas, polars, pyarrow) -> gives [`Texts`], of which any number of
//! threads may take `&str`s. An Arrow column is not copied.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, ArrayRef, make_array};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyFloat, PyList, PyString};

use crate::errors::refused;

/// A column of texts; a missing text is an empty one.
#[pyclass(frozen, module = "ninefold._ninefold")]
pub(crate) struct Texts {
    column: Arc<Column>,
}

/// Where the texts are.
#[derive(Debug)]
pub(crate) enum Column {
    Strings(Vec<String>),
    /// Chunks of strings, as the caller's library has them in memory.
    Arrow(Vec<ArrayRef>),
}

impl Column {
    /// Every text, in order.
    pub(crate) fn texts(&self) -> Vec<&str> {
        match self {
            Column::Strings(strings) => strings.iter().map(String::as_str).collect(),
            Column::Arrow(chunks) => {
                chunks.iter().flat_map(|chunk| strings_of(chunk.as_ref()).unwrap_or_default()).collect()
            }
        }
    }

    /// Number of texts.
    pub(crate) fn len(&self) -> usize {
        match self {
            Column::Strings(strings) => strings.len(),
            Column::Arrow(chunks) => chunks.iter().map(|chunk| chunk.len()).sum(),
        }
    }
}

/// What pickled texts are made of.
type Bytes<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

fn damaged() -> PyErr {
    refused("pickled texts: expected the bytes of all texts and the length of each, found others")
}

impl Texts {
    pub(crate) fn shared(column: &Arc<Column>) -> Texts {
        Texts { column: Arc::clone(column) }
    }

    pub(crate) fn column(&self) -> Arc<Column> {
        Arc::clone(&self.column)
    }
}

#[pymethods]
impl Texts {
    /// Of a list of strings; None and NaN are empty texts.
    #[staticmethod]
    fn of_list(texts: &Bound<PyList>) -> PyResult<Texts> {
        let strings = texts.iter().enumerate().map(|(row, text)| string(row, &text)).collect::<PyResult<_>>()?;
        Ok(Texts { column: Arc::new(Column::Strings(strings)) })
    }

    /// Of an object with `__arrow_c_stream__`: one column of strings.
    #[staticmethod]
    fn of_arrow(stream: &Bound<PyAny>) -> PyResult<Texts> {
        let chunks = import(stream)?.into_iter().map(the_column).collect::<PyResult<Vec<_>>>()?;
        if let Some(other) = chunks.iter().find(|chunk| strings_of(chunk.as_ref()).is_none()) {
            let found = other.data_type();
            return Err(PyTypeError::new_err(format!("texts: expected a column of strings, found one of {found}")));
        }
        Ok(Texts { column: Arc::new(Column::Arrow(chunks)) })
    }

    /// Of all texts one after another in UTF-8, and the number of bytes of each as a little-endian `u64`.
    #[staticmethod]
    fn of_bytes(texts: &[u8], lengths: &[u8]) -> PyResult<Texts> {
        let (lengths, rest) = lengths.as_chunks::<8>();
        let mut left = texts;
        let mut strings = Vec::with_capacity(lengths.len());
        for length in lengths {
            let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
            let (text, after) = left.split_at_checked(length).ok_or_else(damaged)?;
            strings.push(String::from_utf8(text.to_vec()).map_err(|_| damaged())?);
            left = after;
        }
        if rest.is_empty() && left.is_empty() {
            return Ok(Texts { column: Arc::new(Column::Strings(strings)) });
        }
        Err(damaged())
    }

    /// Pickling: the bytes travel.
    fn __reduce__<'py>(slf: Bound<'py, Texts>) -> PyResult<(Bound<'py, PyAny>, Bytes<'py>)> {
        let texts = slf.get().column.texts();
        let lengths: Vec<u8> = texts.iter().flat_map(|text| (text.len() as u64).to_le_bytes()).collect();
        let bytes = |bytes: &[u8]| PyBytes::new(slf.py(), bytes);
        Ok((slf.get_type().getattr("of_bytes")?, (bytes(texts.concat().as_bytes()), bytes(&lengths))))
    }

    fn __len__(&self) -> usize {
        self.column.len()
    }

    fn to_list(&self) -> Vec<String> {
        self.column.texts().into_iter().map(str::to_owned).collect()
    }
}

fn string(row: usize, text: &Bound<PyAny>) -> PyResult<String> {
    let Ok(text) = text.cast::<PyString>() else {
        if is_missing(text)? {
            return Ok(String::new());
        }
        let found = text.get_type().qualname()?.to_string();
        let hint = if found == "bytes" { ": decode them, such as text.decode('utf-8')" } else { "" };
        return Err(PyTypeError::new_err(format!("texts: expected a string in row {row}, found {found}{hint}")));
    };
    text.to_str().map(str::to_owned).map_err(|_| {
        PyValueError::new_err(format!(
            "texts: row {row} holds a lone surrogate, which is no character: read the file as UTF-8"
        ))
    })
}

/// None, NaN, and what pandas has in their place.
fn is_missing(text: &Bound<PyAny>) -> PyResult<bool> {
    if let Ok(number) = text.cast::<PyFloat>() {
        return Ok(number.value().is_nan());
    }
    Ok(text.is_none()
        || ["NAType", "NaTType"].iter().any(|name| text.get_type().qualname().is_ok_and(|own| own == *name)))
}

/// The chunks of a stream. A stream without chunks, or of another kind, is refused by name.
fn import(object: &Bound<PyAny>) -> PyResult<Vec<ArrayRef>> {
    let capsule = object.call_method0("__arrow_c_stream__")?;
    let capsule = capsule.cast::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: a capsule of this name holds a pointer to such a stream, which is moved out: the capsule's destructor finds it released.
    let mut stream = unsafe { FFI_ArrowArrayStream::from_raw(pointer.cast().as_ptr()) };
    let (Some(get_schema), Some(get_next)) = (stream.get_schema(), stream.get_next()) else {
        return Err(refused("texts: the Arrow stream was read before: pass the column itself"));
    };
    let mut schema = FFI_ArrowSchema::empty();
    // SAFETY: as the C stream interface demands: a live stream and a place for the schema.
    if unsafe { get_schema(&raw mut stream, &raw mut schema) } != 0 {
        return Err(PyTypeError::new_err("texts: the Arrow stream has no schema"));
    }
    let mut chunks = Vec::new();
    loop {
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: as above, with a place for the array.
        if unsafe { get_next(&raw mut stream, &raw mut array) } != 0 {
            return Err(PyValueError::new_err("texts: the Arrow stream ends with an error"));
        }
        if array.is_released() {
            return Ok(chunks);
        }
        // SAFETY: the stream gives arrays of its schema.
        let data = unsafe { from_ffi(array, &schema) };
        chunks.push(make_array(data.map_err(|error| PyTypeError::new_err(format!("texts: {error}")))?));
    }
}

/// A chunk itself, or the only column of a table.
fn the_column(chunk: ArrayRef) -> PyResult<ArrayRef> {
    let Some(table) = chunk.as_struct_opt() else { return Ok(chunk) };
    match table.columns() {
        [only] => Ok(Arc::clone(only)),
        columns => {
            let names = table.column_names().join(", ");
            let count = columns.len();
            Err(refused(format!(
                "texts: expected one column, found {count} ({names}): choose one, such as frame[\"text\"]"
            )))
        }
    }
}

/// The strings of a chunk; `None` where it holds something else.
fn strings_of(chunk: &dyn Array) -> Option<Vec<&str>> {
    fn all<'a>(strings: impl Iterator<Item = Option<&'a str>>) -> Vec<&'a str> {
        strings.map(Option::unwrap_or_default).collect()
    }
    if let Some(strings) = chunk.as_string_opt::<i32>() {
        return Some(all(strings.iter()));
    }
    if let Some(strings) = chunk.as_string_opt::<i64>() {
        return Some(all(strings.iter()));
    }
    if let Some(strings) = chunk.as_string_view_opt() {
        return Some(all(strings.iter()));
    }
    if let Some(categories) = chunk.as_any_dictionary_opt() {
        let values = strings_of(categories.values().as_ref())?;
        let keys = categories.normalized_keys();
        let text = |(row, key): (usize, usize)| if chunk.is_null(row) { "" } else { values[key] };
        return Some(keys.into_iter().enumerate().map(text).collect());
    }
    (chunk.null_count() == chunk.len() && chunk.data_type().is_null()).then(|| vec![""; chunk.len()])
}
