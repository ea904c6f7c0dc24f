//! Paths among tokens that are not parsed: the arguments of macros and attributes.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

/// All names.
pub(super) fn idents(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
            TokenTree::Group(group) => idents(group.stream(), found),
            _ => {}
        }
    }
}

/// Calls `found` with every path of two segments or more, and its line. `$crate` reads as `crate`.
pub(super) fn paths(tokens: TokenStream, found: &mut dyn FnMut(Vec<String>, usize)) {
    let mut path: Vec<String> = Vec::new();
    let (mut line, mut colons) = (0, 0);
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if colons != 2 {
                    end(&mut path, line, found);
                    line = ident.span().start().line;
                }
                path.push(ident.to_string());
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => colons += 1,
            TokenTree::Group(group) => {
                // `crate::{a, b}`: each continues the path.
                let prefix = if colons == 2 { path.clone() } else { Vec::new() };
                end(&mut path, line, found);
                colons = 0;
                paths(group.stream(), &mut |inner, at| found([prefix.as_slice(), &inner].concat(), at));
                if !prefix.is_empty() {
                    first_idents(group.stream(), &mut |name, at| found([prefix.as_slice(), &[name]].concat(), at));
                }
            }
            _ => {
                end(&mut path, line, found);
                colons = 0;
            }
        }
    }
    end(&mut path, line, found);
}

/// The names at the beginning and after each comma.
fn first_idents(tokens: TokenStream, found: &mut dyn FnMut(String, usize)) {
    let mut begins = true;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if begins => {
                found(ident.to_string(), ident.span().start().line);
                begins = false;
            }
            TokenTree::Punct(punct) => begins = punct.as_char() == ',',
            _ => begins = false,
        }
    }
}

fn end(path: &mut Vec<String>, line: usize, found: &mut dyn FnMut(Vec<String>, usize)) {
    if path.len() > 1 {
        found(std::mem::take(path), line);
    }
    path.clear();
}
