//! Clocks of the operational track: they start when a body says that it terminated a record, tell the prosecutor three months
//! before the end, and then ask for the destruction that he confirms (OI 5(5)).

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use super::{Cause, Destroyer, Destruction, DestructionError};
use crate::clock::Millis;
use crate::outbox::Notice;

const DAY: i64 = 86_400;

/// What the material is, by how long the law lets it be kept after its record was terminated (OI 5(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeping {
    /// On persons of whom nothing was proven: a year.
    Unproven,
    /// Intercepts: six months.
    Intercepts,
}

impl Keeping {
    pub const ALL: [Self; 2] = [Self::Unproven, Self::Intercepts];
    /// The clause that sets the time.
    pub const CLAUSE: &str = "OI 5(5)";

    /// As stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Intercepts => "intercepts",
        }
    }

    const fn months(self) -> i32 {
        match self {
            Self::Unproven => 12,
            Self::Intercepts => 6,
        }
    }

    /// When the time is over, of a record terminated at `ended`. `None` beyond the calendar.
    #[must_use]
    pub fn end(self, ended: Millis) -> Option<Millis> {
        let at = OffsetDateTime::from_unix_timestamp(ended.seconds()).ok()?;
        let months = i32::from(u8::from(at.month())).checked_add(self.months())?.checked_sub(1)?;
        let year = at.year().checked_add(months.div_euclid(12))?;
        let month = u8::try_from(months.rem_euclid(12).checked_add(1)?).ok()?;
        let first = time::Date::from_calendar_date(year, month.try_into().ok()?, 1).ok()?;
        // What began on a 31st ends with the last day of a shorter month.
        let day = at.day().min(first.month().length(first.year()));
        let end = at.replace_date(first.replace_day(day).ok()?);
        Some(Millis(end.unix_timestamp().checked_mul(1000)?))
    }
}

/// A record that its body terminated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Termination {
    pub kind: String,
    pub number: String,
    /// Names the key that will go.
    pub case_ref: [u8; 32],
    pub keeping: Keeping,
    pub ended_at: Millis,
    /// When the prosecutor is told.
    pub due_at: Millis,
    /// BIN of the body.
    pub agency: String,
    pub reason: String,
    pub reported_by: String,
    pub reported_at: Millis,
}

impl Termination {
    /// From when on the prosecutor is told, of what may go at `end`.
    #[must_use]
    pub fn due(end: Millis, notice_days: u32) -> Millis {
        end.plus_seconds(-DAY.saturating_mul(i64::from(notice_days)))
    }

    /// The same on every node and at every attempt, so that it is asked and told once.
    fn id(&self) -> Uuid {
        let bytes = self.case_ref.first_chunk().copied().unwrap_or_default();
        Builder::from_random_bytes(bytes).into_uuid()
    }

    fn destruction(&self, now: Millis) -> Destruction {
        let Self { keeping, ended_at, reason, .. } = self;
        let (what, ended) = (keeping.name(), ended_at.rfc3339());
        Destruction {
            id: self.id(),
            case_ref: self.case_ref,
            kind: self.kind.clone(),
            number: self.number.clone(),
            cause: Cause::RetentionEnded,
            reason: format!("the record was terminated at {ended}, its material is {what}: {reason}"),
            asked_by: self.reported_by.clone(),
            asked_at: now,
            confirmed: None,
        }
    }
}

impl Destroyer {
    /// Tells the prosecutor of what is to go in three months, and asks for its destruction, which he confirms.
    pub(super) async fn keep_terminated(&self, now: Millis) -> Result<(), DestructionError> {
        for termination in self.custody.terminations_due(now).await? {
            let destruction = termination.destruction(now);
            let from = now.plus_seconds(DAY.saturating_mul(i64::from(self.notice_days)));
            // Told before it is asked: what is cut off between the two is told again under the same id.
            self.store.put_notice(&Notice::destruction(&destruction, &termination.agency, from)).await?;
            self.custody.ask(&destruction).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(keeping: Keeping, ended: &str) -> String {
        let ended = OffsetDateTime::parse(ended, &time::format_description::well_known::Rfc3339).unwrap();
        keeping.end(Millis(ended.unix_timestamp() * 1000)).unwrap().rfc3339()
    }

    #[test]
    fn is_kept_by_the_calendar() {
        assert!(end(Keeping::Unproven, "2026-11-20T10:00:00Z").starts_with("2027-11-20T10:00:00"));
        assert!(end(Keeping::Intercepts, "2026-11-20T10:00:00Z").starts_with("2027-05-20T10:00:00"));
        assert!(end(Keeping::Intercepts, "2026-08-31T10:00:00Z").starts_with("2027-02-28T10:00:00"));
        assert!(end(Keeping::Unproven, "2028-02-29T10:00:00Z").starts_with("2029-02-28T10:00:00"));
    }
}
