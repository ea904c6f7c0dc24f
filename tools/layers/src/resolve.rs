//! The module that defines what a path names. A re-export names the module behind it, not the one that shows it.

use std::collections::{BTreeMap, BTreeSet};

use syn::Item;

use crate::{
    reference::{self, Modules, Reference},
    source::Source,
};

/// Re-exports that lead to each other end after so many steps.
const MAX_STEPS: usize = 16;

/// A crate with every reference in it.
pub struct Graph<'a> {
    pub files: Vec<(&'a Source, Vec<Reference>)>,
    modules: Modules,
    /// What each module calls things that it does not define; `None` for what other crates define.
    aliases: BTreeMap<Vec<String>, BTreeMap<String, Option<Vec<String>>>>,
    /// Modules whose whole content a module imports.
    globs: BTreeMap<Vec<String>, Vec<Vec<String>>>,
    /// What each module defines.
    items: BTreeMap<Vec<String>, BTreeSet<String>>,
}

impl<'a> Graph<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let modules: Modules = sources.iter().map(|source| source.module.clone()).collect();
        let files: Vec<_> = sources.iter().map(|source| (source, reference::of(source, &modules))).collect();
        let (mut aliases, mut globs, mut items) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (source, references) in &files {
            let mut names: BTreeMap<_, _> = imported(&source.syntax.items).into_iter().map(|name| (name, None)).collect();
            for reference in references {
                match &reference.alias {
                    Some(star) if star == "*" => {
                        globs.entry(source.module.clone()).or_insert_with(Vec::new).push(reference.path.clone());
                    }
                    Some(name) => drop(names.insert(name.clone(), Some(reference.path.clone()))),
                    None => {}
                }
            }
            aliases.insert(source.module.clone(), names);
            items.insert(source.module.clone(), defined(&source.syntax.items));
        }
        Self { files, modules, aliases, globs, items }
    }

    /// The module that defines it; `None` if another crate does.
    pub fn definition(&self, path: &[String]) -> Option<Vec<String>> {
        self.follow(path, MAX_STEPS)
    }

    fn follow(&self, path: &[String], steps: usize) -> Option<Vec<String>> {
        let mut here = Vec::new();
        for (n, segment) in path.iter().enumerate() {
            let child = [here.as_slice(), std::slice::from_ref(segment)].concat();
            if self.modules.contains(&child) {
                here = child;
                continue;
            }
            if steps == 0 || self.items.get(&here).is_some_and(|items| items.contains(segment)) {
                return Some(here);
            }
            if let Some(target) = self.aliases.get(&here).and_then(|names| names.get(segment)) {
                return self.follow(&[target.as_deref()?, &path[n + 1..]].concat(), steps - 1);
            }
            let offers = |module: &&Vec<String>| self.items.get(*module).is_some_and(|items| items.contains(segment));
            if let Some(module) = self.globs.get(&here).and_then(|globs| globs.iter().find(offers)) {
                return Some(module.clone());
            }
            return Some(here);
        }
        Some(here)
    }
}

/// The names that a module imports, from wherever.
fn imported(items: &[Item]) -> Vec<String> {
    fn names(tree: &syn::UseTree, found: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree, found),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| names(item, found)),
            syn::UseTree::Name(name) => found.push(name.ident.to_string()),
            syn::UseTree::Rename(rename) => found.push(rename.rename.to_string()),
            syn::UseTree::Glob(_) => {}
        }
    }
    let mut found = Vec::new();
    for item in items {
        if let Item::Use(item) = item {
            names(&item.tree, &mut found);
        }
    }
    found
}

fn defined(items: &[Item]) -> BTreeSet<String> {
    let name = |item: &Item| match item {
        Item::Const(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Fn(item) => Some(item.sig.ident.to_string()),
        Item::Macro(item) => item.ident.as_ref().map(ToString::to_string),
        Item::Static(item) => Some(item.ident.to_string()),
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    };
    items.iter().filter_map(name).collect()
}
