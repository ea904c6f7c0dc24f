//! The order of the layers. The table in the documentation of `lib.rs` is the only list: each layer may use those after it.

use syn::{Expr, Lit, Meta};

use crate::{Offence, resolve::Graph, source::Source};

/// The layers that the table names, top first.
pub fn layers(lib: &Source) -> Vec<String> {
    let mut layers = Vec::new();
    for line in documentation(lib) {
        let Some(first) = line.trim().strip_prefix('|').and_then(|row| row.split('|').next()) else { continue };
        // Every second piece stands between backticks.
        layers.extend(first.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    layers
}

fn documentation(lib: &Source) -> Vec<String> {
    let doc = |attribute: &syn::Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    lib.syntax.attrs.iter().filter_map(doc).collect()
}

/// References that point up the table, and layers that the table does not name.
pub fn check(graph: &Graph<'_>, layers: &[String]) -> Vec<Offence> {
    let position = |name: &String| layers.iter().position(|layer| layer == name);
    let mut offences = Vec::new();
    for (source, references) in &graph.files {
        let Some(own) = source.module.first().filter(|name| *name != "main") else { continue };
        let offence = |line, what| Offence { file: source.file.clone(), line, what };
        let Some(from) = position(own) else {
            offences.push(offence(1, format!("the table in lib.rs does not name `{own}`")));
            continue;
        };
        for reference in references {
            let Some(to) = reference.path.first().and_then(position) else { continue };
            if to < from {
                offences
                    .push(offence(reference.line, format!("`{own}` uses `{}`, which stands above it", reference.path.join("::"))));
            }
        }
    }
    offences
}
