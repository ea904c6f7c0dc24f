//! Modules that import each other. Within every module, its own items and each of its children are one point; arrows between them
//! must not form a circle. This covers circles between folders and between the files of one folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Offence, resolve::Graph};

/// The arrows between the children of one module, each with a place that draws it.
type Arrows = BTreeMap<String, BTreeMap<String, (String, usize)>>;

/// One offence for every set of points that reach each other.
pub fn check(graph: &Graph<'_>) -> Vec<Offence> {
    arrows(graph).into_iter().flat_map(|(module, arrows)| of_module(&module, &arrows)).collect()
}

fn arrows(graph: &Graph<'_>) -> BTreeMap<Vec<String>, Arrows> {
    let mut all: BTreeMap<Vec<String>, Arrows> = BTreeMap::new();
    for (source, references) in &graph.files {
        if source.module == ["main"] || source.module.last().is_some_and(|name| name == "tests") {
            continue;
        }
        for reference in references.iter().filter(|reference| !reference.in_tests && !reference.is_reexport) {
            let Some(target) = graph.definition(&reference.path) else { continue };
            let common = source.module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            let point = |module: &[String]| module.get(common).cloned().unwrap_or_else(|| "(itself)".to_owned());
            let (from, to) = (point(&source.module), point(&target));
            if from != to {
                let arrows = all.entry(source.module[..common].to_vec()).or_default();
                arrows.entry(from).or_default().entry(to).or_insert((source.file.clone(), reference.line));
            }
        }
    }
    all
}

fn of_module(module: &[String], arrows: &Arrows) -> Vec<Offence> {
    let mut done = BTreeSet::new();
    let mut offences = Vec::new();
    for from in arrows.keys() {
        if done.contains(from) {
            continue;
        }
        let there = reachable(from, arrows);
        let circle: BTreeSet<_> = there.into_iter().filter(|to| reachable(to, arrows).contains(from)).collect();
        if circle.is_empty() {
            continue;
        }
        let mut inside: Vec<_> = circle
            .iter()
            .flat_map(|one| arrows[one].iter().filter(|(to, _)| circle.contains(*to)).map(move |to| (one, to)))
            .collect();
        inside.sort();
        let drawn: Vec<_> = inside.iter().map(|(from, (to, (file, line)))| format!("{from} → {to} ({file}:{line})")).collect();
        let (_, (_, (file, line))) = inside[0];
        let name = [&["crate".to_owned()], module].concat().join("::");
        offences.push(Offence { file: file.clone(), line: *line, what: format!("a circle in `{name}`: {}", drawn.join(", ")) });
        done.extend(circle);
    }
    offences
}

fn reachable(from: &str, arrows: &Arrows) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(here) = open.pop() {
        for to in arrows.get(&here).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(to.clone()) {
                open.push(to.clone());
            }
        }
    }
    found
}
