//! Checks the shape of Rust sources. It parses them, so it sees imports in one-line groups, nested groups, expressions, types and
//! macros alike.
//!
//! | where | what |
//! |---|---|
//! | [`source`] | the files of a crate, as modules |
//! | [`mod@reference`] | every path in a file that names another module of the crate |
//! | [`resolve`] | the module that defines what a path names, through re-exports |
//! | [`map`] | the order of the layers, from the table in `lib.rs` |
//! | [`circles`] | modules that import each other |
//! | [`naming`] | names that only some files may use |
//! | [`size`] | lines of files and functions |

pub mod circles;
pub mod map;
pub mod naming;
pub mod reference;
pub mod resolve;
pub mod size;
pub mod source;

/// A place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offence {
    pub file: String,
    pub line: usize,
    pub what: String,
}

impl std::fmt::Display for Offence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}
