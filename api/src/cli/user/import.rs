//! `bifrons user import`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::Arc,
};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::super::{failure::Failure, print::print};
use crate::{
    accounts::{NewUser, import},
    state::AppState,
};

/// Users stored in one transaction.
const BATCH: usize = 500;

pub(super) async fn run(state: &Arc<AppState>, file: &Path, json: bool) -> Result<(), Failure> {
    let opened = File::open(file).map_err(|error| Failure::Failed(format!("cannot read {}: {error}", file.display())))?;
    let size = opened.metadata().map_or(0, |metadata| metadata.len());
    // Shown on standard error if it is a terminal.
    let style = ProgressStyle::with_template("{bar:40} {percent}%  {elapsed} of {duration}  {msg}").map_err(Failure::new)?;
    let progress = ProgressBar::new(size).with_style(style);
    let counts = lines(state, BufReader::new(opened), &progress).await?;
    progress.finish_and_clear();
    let Counts { imported, present, refused } = counts;
    print(&if json {
        format!("{}\n", json!({ "imported": imported, "existing": present, "refused": refused }))
    } else {
        format!("{imported} imported, {present} already exist, {refused} refused\n")
    })?;
    if refused > 0 { Err(Failure::Reported) } else { Ok(()) }
}

#[derive(Default)]
struct Counts {
    imported: u64,
    present: u64,
    refused: u64,
}

async fn lines(state: &Arc<AppState>, file: impl BufRead, progress: &ProgressBar) -> Result<Counts, Failure> {
    let (mut counts, mut batch) = (Counts::default(), Vec::new());
    for (number, line) in file.split(b'\n').enumerate() {
        let line = line.map_err(Failure::new)?;
        progress.inc(line.len() as u64 + 1);
        if line.trim_ascii().is_empty() {
            continue;
        }
        // A line that is not UTF-8 is not JSON either.
        match import::read(std::str::from_utf8(&line).unwrap_or_default(), state.clock.now()) {
            Ok(user) => batch.push(user),
            Err(error) => {
                counts.refused += 1;
                progress.suspend(|| {
                    let _ = writeln!(io::stderr(), "line {}: {error}", number + 1);
                });
            }
        }
        if batch.len() == BATCH {
            store(state, &mut batch, &mut counts).await?;
            progress.set_message(format!("{} users", counts.imported));
        }
    }
    store(state, &mut batch, &mut counts).await?;
    Ok(counts)
}

async fn store(state: &Arc<AppState>, batch: &mut Vec<NewUser>, counts: &mut Counts) -> Result<(), Failure> {
    let read = batch.len() as u64;
    let imported = import::import(state, std::mem::take(batch)).await.map_err(Failure::new)?;
    counts.imported += imported;
    counts.present += read - imported;
    Ok(())
}
