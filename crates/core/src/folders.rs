//! Where ninefold keeps what is not part of a run: data sets that were fetched, word vectors that were trained.
//!
//! The library takes the folders with each call and looks for no others; a program takes them [from the
//! environment](Folders::from_env).

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The folders that a call may read and write beside its own output. The default is none at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// Data sets and pretrained vectors by name, and what is fetched of them. It may be shared and read-only where everything
    /// wanted lies in it. `None`: nothing can be loaded by name.
    pub data: Option<PathBuf>,
    /// What can be made again, such as trained word vectors, and how often test labels were used. `None`: nothing is cached.
    pub cache: Option<PathBuf>,
}

impl Folders {
    /// The folders of a program: `NINEFOLD_DATA_DIR` and `NINEFOLD_CACHE_DIR`, each the platform's cache folder where it is not set.
    pub fn from_env() -> Folders {
        let [data, cache] =
            ["NINEFOLD_DATA_DIR", "NINEFOLD_CACHE_DIR"].map(|name| Some(variable(name).unwrap_or_else(platform)));
        Folders { data, cache }
    }

    /// Both in one folder.
    pub fn at(folder: impl Into<PathBuf>) -> Folders {
        let folder = folder.into();
        Folders { data: Some(folder.clone()), cache: Some(folder) }
    }

    /// The data folder, for what is loaded by this name.
    ///
    /// # Errors
    /// [`Error::Data`] where there is none.
    pub fn data_for(&self, name: &str) -> Result<&Path> {
        let missing = || {
            Error::data(format!("{name}: there is no data folder to load it from: set `Folders::data`, or give a path"))
        };
        self.data.as_deref().ok_or_else(missing)
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

fn platform() -> PathBuf {
    let folders = directories::ProjectDirs::from("", "", "ninefold");
    folders.map_or_else(|| std::env::temp_dir().join("ninefold"), |folders| folders.cache_dir().to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_need_a_data_folder() {
        let error = Folders::default().data_for("20newsgroups").expect_err("no folder");
        assert!(error.to_string().starts_with("20newsgroups: there is no data folder"), "{error}");
        assert_eq!(Folders::at("here").data_for("20newsgroups").ok(), Some(Path::new("here")));
    }
}
