//! Dates and instants as operators write them.

use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time};

use crate::clock::Millis;

/// What is expected where an instant cannot be read.
pub(super) const EXPECTED: &str = "a date (2026-01-31) or an instant (2026-01-31T09:00:00+05:00)";

/// The first instant: of a date, its first in the country's time (UTC+5 everywhere since 1 March 2024).
pub(super) fn beginning(text: &str) -> Option<Millis> {
    match day(text) {
        Some(date) => midnight(date),
        None => instant(text),
    }
}

/// The first instant after: a date counts whole, an instant is that instant.
pub(super) fn ending(text: &str) -> Option<Millis> {
    match day(text) {
        Some(date) => midnight(date.checked_add(Duration::DAY)?),
        None => instant(text),
    }
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

fn midnight(date: Date) -> Option<Millis> {
    millis(PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_offset(offset!(+5)))
}

fn instant(text: &str) -> Option<Millis> {
    millis(OffsetDateTime::parse(text, &Rfc3339).ok()?)
}

fn millis(instant: OffsetDateTime) -> Option<Millis> {
    let millis = instant.unix_timestamp_nanos().div_euclid(1_000_000);
    i64::try_from(millis).ok().map(Millis)
}

#[cfg(test)]
mod tests {
    use super::{beginning, ending};
    use crate::clock::Millis;

    #[test]
    fn a_date_begins_and_ends_at_the_countrys_midnight() {
        assert_eq!(beginning("2026-01-31"), beginning("2026-01-30T19:00:00Z"));
        assert_eq!(ending("2026-01-31"), beginning("2026-02-01"));
        assert_eq!(ending("2026-01-31T12:00:00+05:00"), beginning("2026-01-31T07:00:00Z"));
        assert_eq!(beginning("1970-01-01T00:00:00.5Z"), Some(Millis(500)));
    }

    #[test]
    fn refuses_what_is_no_date() {
        for wrong in ["", "2026-02-30", "31.01.2026", "2026-01-31 09:00", "2026-01-31T09:00:00"] {
            assert_eq!(beginning(wrong), None, "{wrong}");
        }
    }
}
