//! The walk through a parsed file.

use std::collections::BTreeSet;

use syn::{
    Attribute, ImplItemFn, Item, ItemMod, ItemUse, Macro, Meta, Path, UseTree, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{Modules, Reference, absolute, tokens};
use crate::source::Source;

struct Visitor<'a> {
    modules: &'a Modules,
    /// The module that is being read: the file's, or an inline one.
    here: Vec<String>,
    file: &'a [String],
    tests: usize,
    blocks: usize,
    found: Vec<Reference>,
    /// The names with which paths begin, outside of tests and imports.
    used: BTreeSet<String>,
}

/// The references, and the names that the file uses itself.
pub(super) fn collect(source: &Source, modules: &Modules) -> (Vec<Reference>, BTreeSet<String>) {
    let mut visitor = Visitor {
        modules,
        here: source.module.clone(),
        file: &source.module,
        tests: 0,
        blocks: 0,
        found: Vec::new(),
        used: BTreeSet::new(),
    };
    visitor.visit_file(&source.syntax);
    (visitor.found, visitor.used)
}

/// Whether the attributes compile an item for tests alone.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "test")
        }
        _ => false,
    })
}

impl Visitor<'_> {
    fn add(&mut self, path: &[String], line: usize, alias: Option<String>, is_reexport: bool) {
        if let Some(path) = absolute(path, &self.here, self.modules) {
            let at_level = self.blocks == 0 && self.here == self.file;
            let alias = alias.filter(|_| at_level);
            self.found.push(Reference { path, line, in_tests: self.tests > 0, alias, is_reexport });
        }
    }

    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let tests = usize::from(is_for_tests(attributes));
        self.tests += tests;
        visit(self);
        self.tests -= tests;
    }

    fn use_tree(&mut self, tree: &UseTree, prefix: &[String], is_reexport: bool) {
        let line = tree.span().start().line;
        let join = |ident: &syn::Ident| [prefix, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, &join(&path.ident), is_reexport),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.use_tree(item, prefix, is_reexport)),
            UseTree::Glob(_) => self.add(prefix, line, Some("*".to_owned()), is_reexport),
            UseTree::Name(name) if name.ident == "self" => self.add(prefix, line, prefix.last().cloned(), is_reexport),
            UseTree::Name(name) => self.add(&join(&name.ident), line, Some(name.ident.to_string()), is_reexport),
            UseTree::Rename(rename) => self.add(&join(&rename.ident), line, Some(rename.rename.to_string()), is_reexport),
        }
    }

    fn scan(&mut self, stream: proc_macro2::TokenStream) {
        if self.tests == 0 {
            tokens::idents(stream.clone(), &mut self.used);
        }
        let mut paths = Vec::new();
        tokens::paths(stream, &mut |path, line| paths.push((path, line)));
        for (path, line) in paths {
            self.add(&path, line, None, false);
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.within(attributes(item), |this| visit::visit_item(this, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.within(&item.attrs, |this| visit::visit_impl_item_fn(this, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.here.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.here.pop();
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.use_tree(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
        }
    }

    /// `pub(super)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast Path) {
        if let Some(first) = path.segments.first().filter(|_| self.tests == 0) {
            self.used.insert(first.ident.to_string());
        }
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.add(&segments, path.span().start().line, None, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        visit::visit_macro(self, item);
        self.scan(item.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone());
        }
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
