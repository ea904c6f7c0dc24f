//! The files of a crate. The path of a file tells its module: `http/v1/me.rs` is `crate::http::v1::me`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// One file.
pub struct Source {
    /// The path below the folder that was read.
    pub file: String,
    /// The segments of the module's path below the crate.
    pub module: Vec<String>,
    pub text: String,
    pub syntax: syn::File,
}

/// Why a folder cannot be checked.
#[derive(Debug)]
pub enum ReadError {
    Io(PathBuf, io::Error),
    Syntax(String, syn::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Syntax(file, error) => write!(f, "{file}:{}: {error}", error.span().start().line),
        }
    }
}

impl std::error::Error for ReadError {}

impl Source {
    /// A file with this text.
    pub fn new(file: &str, text: &str) -> Result<Self, ReadError> {
        let syntax = syn::parse_file(text).map_err(|error| ReadError::Syntax(file.to_owned(), error))?;
        Ok(Self { file: file.to_owned(), module: module(file), text: text.to_owned(), syntax })
    }
}

/// All files below a folder, in a stable order.
pub fn read(folder: &Path) -> Result<Vec<Source>, ReadError> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    files.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|error| ReadError::Io(path.clone(), error))?;
        Source::new(&path.strip_prefix(folder).unwrap_or(path).to_string_lossy(), &text)
    };
    files.iter().map(read).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), ReadError> {
    let failed = |error| ReadError::Io(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn module(file: &str) -> Vec<String> {
    let path = file.strip_suffix(".rs").unwrap_or(file);
    let mut module: Vec<_> = path.split('/').map(str::to_owned).collect();
    let is_root = module.len() == 1 && module[0] == "lib";
    if is_root || module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    module
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_path_tells_the_module() {
        for (file, module) in [
            ("lib.rs", ""),
            ("clock.rs", "clock"),
            ("http/mod.rs", "http"),
            ("http/v1/me.rs", "http::v1::me"),
            ("a/lib.rs", "a::lib"),
        ] {
            assert_eq!(super::module(file).join("::"), module, "{file}");
        }
    }
}
