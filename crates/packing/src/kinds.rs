//! Binary files that people give by mistake, recognised by their magic numbers, and what to do with each.

/// A kind of binary file that holds no plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryKind {
    /// Its name with its article: "a PDF file".
    pub name: &'static str,
    /// What to do instead, as a clause in the imperative.
    pub advice: &'static str,
}

struct Magic {
    offset: usize,
    bytes: &'static [u8],
    kind: BinaryKind,
}

const fn magic(offset: usize, bytes: &'static [u8], name: &'static str, advice: &'static str) -> Magic {
    Magic { offset, bytes, kind: BinaryKind { name, advice } }
}

const SPREADSHEET: &str = "save the sheet as CSV (UTF-8)";
const DATA_FRAME: &str = "write it as CSV, e.g. with pandas: df.to_csv(\"data.csv\", index=False)";
const DOCUMENT: &str = "save its text as a .txt file";
const ARCHIVE: &str = "unpack it first";
const IMAGE: &str = "only texts are read";
const ARRAYS: &str = "write its texts as CSV or JSON lines";

/// Longer and more particular magic numbers go first.
static MAGIC: &[Magic] = &[
    magic(0, b"PAR1", "a Parquet file", DATA_FRAME),
    magic(0, b"ARROW1", "an Arrow file", DATA_FRAME),
    magic(0, b"FEA1", "a Feather file", DATA_FRAME),
    magic(0, b"ORC", "an ORC file", DATA_FRAME),
    magic(0, b"Obj\x01", "an Avro file", DATA_FRAME),
    magic(0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", DATA_FRAME),
    magic(
        0,
        b"SQLite format 3\0",
        "an SQLite database",
        "export the table as CSV: sqlite3 -header -csv FILE 'SELECT ...'",
    ),
    magic(0, b"\x93NUMPY", "a NumPy array", ARRAYS),
    magic(0, b"%PDF-", "a PDF file", "extract its text first, e.g. with pdftotext"),
    magic(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.xls, .doc)", SPREADSHEET),
    magic(0, b"{\\rtf", "an RTF document", DOCUMENT),
    magic(0, b"\xfd7zXZ\0", "an xz file", "unpack it with xz -d"),
    magic(0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", ARCHIVE),
    magic(0, b"Rar!\x1a\x07", "a RAR archive", ARCHIVE),
    magic(0, b"\x04\x22\x4d\x18", "an LZ4 file", "unpack it with lz4 -d"),
    magic(257, b"ustar", "a tar archive", "unpack it with tar -xf and name the folder"),
    magic(0, b"\x89PNG\r\n\x1a\n", "a PNG image", IMAGE),
    magic(0, b"\xff\xd8\xff", "a JPEG image", IMAGE),
    magic(0, b"GIF8", "a GIF image", IMAGE),
    magic(0, b"\x7fELF", "a program", IMAGE),
    magic(0, b"\x80\x04\x95", "a Python pickle", ARRAYS),
    magic(0, b"\x80\x05\x95", "a Python pickle", ARRAYS),
    magic(0, b"\x80\x03", "a Python pickle", ARRAYS),
    magic(0, b"\x80\x02", "a Python pickle", ARRAYS),
];

/// What a zip archive holds that has a file of this name: `.xlsx` and `.docx` files are zip archives.
static ZIPPED: &[(&str, BinaryKind)] = &[
    ("xl/workbook.xml", BinaryKind { name: "an Excel workbook (.xlsx)", advice: SPREADSHEET }),
    ("xl/workbook.bin", BinaryKind { name: "an Excel workbook (.xlsb)", advice: SPREADSHEET }),
    ("word/document.xml", BinaryKind { name: "a Word document (.docx)", advice: DOCUMENT }),
    ("ppt/presentation.xml", BinaryKind { name: "a PowerPoint file (.pptx)", advice: DOCUMENT }),
    ("content.xml", BinaryKind { name: "an OpenDocument file (.ods, .odt)", advice: SPREADSHEET }),
    ("META-INF/container.xml", BinaryKind { name: "an EPUB book", advice: DOCUMENT }),
    ("data.pkl", BinaryKind { name: "a PyTorch checkpoint", advice: ARRAYS }),
];

/// The kind of a binary file that begins with `head` (512 bytes suffice).
///
/// ```
/// let kind = ninefold_packing::kind_of(b"PAR1\x15\x04\x15").expect("Parquet files begin with PAR1");
/// assert_eq!(kind.name, "a Parquet file");
/// assert_eq!(ninefold_packing::kind_of(b"text,label\n"), None);
/// ```
pub fn kind_of(head: &[u8]) -> Option<BinaryKind> {
    let matches = |magic: &&Magic| head.get(magic.offset..).is_some_and(|rest| rest.starts_with(magic.bytes));
    let found = MAGIC.iter().find(matches)?;
    // "ORC" and "GIF8" may begin a text as well; binary files have control characters at their beginning.
    let is_control = |&byte: &u8| byte < b'\t' || (0x0e..0x20).contains(&byte);
    let is_marked = ["a PDF file", "an RTF document"].contains(&found.kind.name);
    (is_marked || head.iter().take(512).any(is_control)).then_some(found.kind)
}

/// The kind of a zip archive of these files.
pub(crate) fn kind_of_zip<'a>(mut files: impl Iterator<Item = &'a str>) -> Option<BinaryKind> {
    files.find_map(|file| {
        let is_kind =
            |(name, _): &&(&str, BinaryKind)| file == *name || (*name == "data.pkl" && file.ends_with("/data.pkl"));
        ZIPPED.iter().find(is_kind).map(|&(_, kind)| kind)
    })
}
