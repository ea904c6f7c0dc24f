//! Where the texts of mails come from: the binary, and a folder of the operator's.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use include_dir::{Dir, include_dir};

use super::template_error::TemplateError;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/mail/templates");

/// The texts that are built in, by the name that templates know them by: `en/test.txt`.
pub(super) fn built_in() -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    collect(&BUILT_IN, &mut sources);
    sources
}

fn collect(folder: &Dir<'_>, sources: &mut BTreeMap<String, String>) {
    for file in folder.files() {
        if let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            sources.insert(name.to_owned(), text.to_owned());
        }
    }
    folder.dirs().for_each(|folder| collect(folder, sources));
}

/// Reads `LOCALE/NAME`, and the layout that all share.
pub(super) fn overrides(
    folder: &Path,
    names: &BTreeSet<String>,
    sources: &mut BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    let file = |path: &Path| {
        let path = path.to_owned();
        move |error| TemplateError::File(path, error)
    };
    let root = fs::canonicalize(folder).map_err(file(folder))?;
    let mut folders = vec![root.clone()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).map_err(file(&current))? {
            let entry = entry.map_err(file(&current))?;
            // What orchestrators keep beside the files that they mount, and editors beside those that they write.
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = entry.path();
            let real = fs::canonicalize(&path).map_err(file(&path))?;
            if !real.starts_with(&root) {
                return Err(TemplateError::Outside(path));
            }
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            if real.is_dir() {
                if name.contains('/') || crate::config::locale(&name).is_err() {
                    return Err(TemplateError::Unknown(name));
                }
                folders.push(path);
                continue;
            }
            if !names.contains(name.rsplit('/').next().unwrap_or_default()) {
                return Err(TemplateError::Unknown(name));
            }
            sources.insert(name, fs::read_to_string(&path).map_err(file(&path))?);
        }
    }
    Ok(())
}
