//! Every path in a file that names another module of the same crate: in `use`, in expressions and types, and in macros.

mod tokens;
mod visitor;

use std::collections::BTreeSet;

use crate::source::Source;

/// A path from the crate's root, as a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub path: Vec<String>,
    pub line: usize,
    /// Whether only tests name it.
    pub in_tests: bool,
    /// The name that a `use` gives it at the level of the module.
    pub alias: Option<String>,
    /// Whether the module offers it to others under that name.
    pub is_reexport: bool,
}

/// The modules that are files of their own.
pub type Modules = BTreeSet<Vec<String>>;

/// The references of a file; `modules` tells which relative paths name a child.
pub fn of(source: &Source, modules: &Modules) -> Vec<Reference> {
    let (mut references, used) = visitor::collect(source, modules);
    for reference in &mut references {
        // A module that shows what its own children make imports nothing, unless it uses that itself.
        let inside = reference.path.len() > source.module.len() && reference.path.starts_with(&source.module);
        let is_named = reference.alias.as_ref().is_some_and(|name| used.contains(name));
        reference.is_reexport &= inside && !is_named;
    }
    references
}

/// The same path from the crate's root; `None` for what another crate defines.
fn absolute(path: &[String], here: &[String], modules: &Modules) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([here, rest].concat()),
        "super" => {
            let climbs = path.iter().take_while(|segment| *segment == "super").count();
            let base = &here[..here.len().checked_sub(climbs)?];
            Some([base, &path[climbs..]].concat())
        }
        _ => {
            let child = [here, std::slice::from_ref(first)].concat();
            modules.contains(&child).then(|| [here, path].concat())
        }
    }
}
