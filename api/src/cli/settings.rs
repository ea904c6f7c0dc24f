//! The configuration of a command: the file and the environment.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::failure::Failure;
use crate::config::{Config, File, InvalidSetting, Reading, Setting};

/// The file in the working folder that is read if no other one is named.
const DEFAULT: &str = "bifrons.toml";

/// The configuration file that must exist: the one that was named, or else the one in the working folder, if there is one.
pub(super) fn file_in_use(file: Option<&PathBuf>) -> Option<PathBuf> {
    named(file).or_else(|| Path::new(DEFAULT).exists().then(|| PathBuf::from(DEFAULT)))
}

fn named(file: Option<&PathBuf>) -> Option<PathBuf> {
    file.cloned().or_else(|| std::env::var_os("BIFRONS_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from))
}

/// Reads the configuration file, if it exists, and the environment.
pub(super) fn read(file: Option<&PathBuf>) -> Result<Reading, Failure> {
    let explicit = named(file);
    let path = explicit.clone().unwrap_or_else(|| PathBuf::from(DEFAULT));
    let text = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound && explicit.is_none() => None,
        Err(error) => {
            let error = InvalidSetting { key: path.display().to_string(), message: format!("cannot be read: {error}") };
            return Err(Failure::Configuration(vec![error]));
        }
    };
    // A value that is not UTF-8 fails its parser.
    let environment =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    let name = path.display().to_string();
    Ok(Config::read(text.as_deref().map(|text| File { name: &name, text }), environment))
}

pub(super) fn load(file: Option<&PathBuf>) -> Result<(Vec<Setting>, Config), Failure> {
    let Reading { settings, config } = read(file)?;
    config.map(|config| (settings, config)).map_err(Failure::Configuration)
}
