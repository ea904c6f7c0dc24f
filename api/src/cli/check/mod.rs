//! `bifrons check`: whether a deployment has what it needs, seen from one node.

mod finding;
mod mail;
mod public_url;
mod redis;
mod sql;

use clap::Args;
use serde_json::Value;

use super::{failure::Failure, log, print::print, runtime::block_on};
use crate::config::Config;
use finding::{Finding, State};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Runs each check and prints its findings as soon as they are there. A failure never keeps the next check from running.
pub(super) fn run(Arguments { json }: &Arguments, config: &Config) -> Result<(), Failure> {
    let _log = log::start_for_command(config.log)?;
    block_on(async {
        let mut all = Vec::new();
        let mut report = |findings: Vec<Finding>| {
            if !json {
                findings.iter().try_for_each(|finding| print(&finding.line()))?;
            }
            all.extend(findings);
            Ok::<_, Failure>(())
        };
        let (database, findings) = sql::check(config).await;
        report(findings)?;
        report(vec![redis::check(config, database.as_ref()).await])?;
        report(vec![mail::check(config).await])?;
        report(public_url::check(config).await)?;
        if let Some(database) = database {
            database.close().await.map_err(Failure::new)?;
        }
        if *json {
            let findings: Vec<Value> = all.iter().map(Finding::json).collect();
            print(&format!("{}\n", serde_json::json!({ "findings": findings })))?;
        }
        if all.iter().any(|finding| finding.state == State::Failed) { Err(Failure::Reported) } else { Ok(()) }
    })
}
