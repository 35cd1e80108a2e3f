//! Instants as people read them.

use core::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::UnixTime;

/// Displays an instant as RFC 3339 in UTC; as a bare number if it lies outside of years that have four digits.
#[derive(Clone, Copy)]
pub(crate) struct Utc(pub(crate) UnixTime);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = OffsetDateTime::from_unix_timestamp(self.0)
            .ok()
            .and_then(|instant| instant.format(&Rfc3339).ok());
        match written {
            Some(written) => f.write_str(&written),
            None => write!(f, "{}", self.0),
        }
    }
}
