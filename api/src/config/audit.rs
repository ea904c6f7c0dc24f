//! The audit trail.

use std::time::Duration;

use super::{reader::Reader, values::duration};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The audit trail.
#[derive(Clone, Copy, Debug)]
pub struct AuditConfig {
    /// How long its rows are kept; `None`: they are never removed.
    pub keep: Option<Duration>,
}

impl AuditConfig {
    pub(super) fn read(reader: &mut Reader) -> Option<Self> {
        let about = "How long the rows of the audit trail are kept: 1d to 400d, or `off`: they are never removed.";
        let keep = reader.one("audit.keep", "90d", about, |text| {
            if text == "off" {
                return Ok(None);
            }
            let wrong = || "write 1d to 400d, or off".to_owned();
            duration(text).ok().filter(|keep| *keep >= DAY).map(Some).ok_or_else(wrong)
        });
        Some(Self { keep: keep? })
    }
}
