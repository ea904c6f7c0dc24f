//! Reads the settings of the service that a test may choose. Settings that belong to a real service are refused.

use std::path::Path;

use bifrons::{clock::rfc_3339, config::Config};
use entity::UnixMillis;
use poem_openapi::types::ParseFromJSON;
use time::OffsetDateTime;

/// The testbed decides these itself: variables that begin with one of them are refused.
const FIXED: [&str; 9] = [
    "BIFRONS_ADMIN_LISTEN",
    "BIFRONS_CONFIG",
    "BIFRONS_DATABASE",
    "BIFRONS_DATA_DIR",
    "BIFRONS_LISTEN",
    "BIFRONS_MAIL__URL",
    "BIFRONS_REDIS",
    "BIFRONS_TLS",
    "BIFRONS_TOKENS__SECRETS",
];

/// Variables of the testbed, not of the service. A testbed inside another one has them too, and ignores them.
const GIVEN: [&str; 4] = ["BIFRONS_URL", "BIFRONS_CONTROL", "BIFRONS_CONTROL_TOKEN", "BIFRONS_TESTBED_BINARY"];

/// The configuration of a testbed with this data folder, or everything that is wrong with the environment.
pub(crate) fn read(folder: &Path, environment: impl Iterator<Item = (String, String)>) -> Result<Config, String> {
    let mut chosen: Vec<_> =
        environment.filter(|(name, _)| name.starts_with("BIFRONS_") && !GIVEN.contains(&name.as_str())).collect();
    if let Some((name, _)) = chosen.iter().find(|(name, _)| FIXED.iter().any(|fixed| name.starts_with(fixed))) {
        return Err(format!(
            "{name} is not for a testbed: it serves tests alone, on a temporary database and free ports; remove the variable"
        ));
    }
    let has_limits = chosen.iter().any(|(name, _)| name.starts_with("BIFRONS_LIMITS__"));
    chosen.push(("BIFRONS_DATA_DIR".to_owned(), folder.to_string_lossy().into_owned()));
    chosen.push(("BIFRONS_LISTEN".to_owned(), "127.0.0.1:0".to_owned()));
    let mut config = Config::read(None, chosen)
        .config
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    // A costly hash protects nothing here, and slows tests down.
    (config.passwords.hashing.memory_kib, config.passwords.hashing.iterations) = (64, 1);
    // All users of a suite have one address, so they would share the limits of one network.
    config.limits = config.limits.filter(|_| has_limits);
    Ok(config)
}

/// The latest time of the clock, 9000-01-01T00:00:00Z: what expires later can be written in RFC 3339 too.
pub(crate) const LATEST: UnixMillis = UnixMillis(221_845_392_000_000);

/// A moment in RFC 3339.
pub(crate) fn moment(text: &str) -> Result<UnixMillis, String> {
    let parsed = OffsetDateTime::parse_from_json(Some(text.into()));
    in_range(parsed.map_err(|_| "write a time in RFC 3339, such as 2026-01-01T09:00:00Z".to_owned())?)
}

/// The same moment in milliseconds, if the clock can stand there.
pub(crate) fn in_range(moment: OffsetDateTime) -> Result<UnixMillis, String> {
    let millis = i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok().map(UnixMillis);
    let millis = millis.filter(|millis| (UnixMillis(0)..=LATEST).contains(millis));
    millis.ok_or_else(|| format!("must be from {} to {}", rfc_3339(UnixMillis(0)), rfc_3339(LATEST)))
}
