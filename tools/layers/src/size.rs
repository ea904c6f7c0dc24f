//! Lines of files and functions.

use syn::{
    ImplItemFn, ItemFn, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::{Offence, source::Source};

pub const MAX_FILE: usize = 300;
pub const MAX_MEDIAN: usize = 100;
pub const MAX_FUNCTION: usize = 60;

/// Files and functions that are too long.
pub fn check(source: &Source) -> Vec<Offence> {
    let mut functions = Functions { file: &source.file, found: Vec::new() };
    functions.visit_file(&source.syntax);
    let lines = source.text.lines().count();
    if lines > MAX_FILE {
        let what = format!("the file has {lines} lines, more than {MAX_FILE}");
        functions.found.push(Offence { file: source.file.clone(), line: lines, what });
    }
    functions.found
}

/// The median of the files' lines.
pub fn median(sources: &[Source]) -> usize {
    let mut lines: Vec<_> = sources.iter().map(|source| source.text.lines().count()).collect();
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or_default()
}

struct Functions<'a> {
    file: &'a str,
    found: Vec<Offence>,
}

impl Functions<'_> {
    /// From the line of `fn` to the line of the last brace: attributes and documentation are no code.
    fn measure(&mut self, signature: &Signature, body: &syn::Block) {
        let (first, last) = (signature.fn_token.span().start().line, body.span().end().line);
        let lines = last + 1 - first;
        if lines > MAX_FUNCTION {
            let what = format!("`{}` has {lines} lines, more than {MAX_FUNCTION}", signature.ident);
            self.found.push(Offence { file: self.file.to_owned(), line: first, what });
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.measure(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.measure(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
