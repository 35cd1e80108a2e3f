//! Who time-stamps this node's log, and how often.

use serde::{Deserialize, Serialize};

use super::Seconds;

/// A time-stamping authority (RFC 3161) and the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeStamps {
    /// Where it takes requests (RFC 3161 §3.4): `http` or `https`.
    pub url: String,
    /// Between two time-stamps. A log that did not grow is not stamped again.
    #[serde(default = "TimeStamps::default_every")]
    pub every_seconds: Seconds,
}

impl TimeStamps {
    const fn default_every() -> Seconds {
        Seconds::of(3600)
    }

    /// One every so many seconds.
    #[must_use]
    pub const fn every(url: String, seconds: u32) -> Self {
        Self { url, every_seconds: Seconds::of(seconds) }
    }
}
