//! Resolutions, urgent measures and notices as both databases keep them.

use sqlx::FromRow;
use uuid::Uuid;

use super::StoreError;
use super::row::digest;
use crate::clock::Millis;
use crate::matrices::Proposal;
use crate::outbox::{Due, Notice, Told};
use crate::resolutions::{Ended, KeptResolution};
use crate::urgent::{ClockOf, Running};

#[derive(Debug, FromRow)]
pub(super) struct ResolutionRow {
    digest: Vec<u8>,
    ended: String,
    target: Vec<u8>,
    since: i64,
}

/// What a resolution ends, as stored.
pub(super) const fn ended(ended: &Ended) -> (&'static str, &[u8; 32]) {
    match ended {
        Ended::Case(case) => ("case", case),
        Ended::Sanction(digest) => ("sanction", digest),
    }
}

impl TryFrom<ResolutionRow> for KeptResolution {
    type Error = StoreError;

    fn try_from(row: ResolutionRow) -> Result<Self, StoreError> {
        let target = digest(&row.target, "what a resolution ends")?;
        let ended = match row.ended.as_str() {
            "case" => Ended::Case(target),
            "sanction" => Ended::Sanction(target),
            _ => return Err(StoreError::Corrupt("the kind of a resolution".to_owned())),
        };
        Ok(Self { digest: digest(&row.digest, "a resolution")?, ended, since: Millis(row.since) })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct RunningRow {
    case_ref: Vec<u8>,
    subject: Vec<u8>,
    request: Uuid,
    agency: String,
    decided: i64,
    deadline: i64,
    sanctioned: Option<i64>,
    flagged: Option<i64>,
}

impl TryFrom<RunningRow> for Running {
    type Error = StoreError;

    fn try_from(row: RunningRow) -> Result<Self, StoreError> {
        let clock = ClockOf {
            case: digest(&row.case_ref, "a case reference")?,
            subject: digest(&row.subject, "a subject")?,
        };
        Ok(Self {
            clock,
            request: row.request,
            agency: row.agency,
            decided: Millis(row.decided),
            deadline: Millis(row.deadline),
            sanctioned: row.sanctioned.map(Millis),
            flagged: row.flagged.map(Millis),
        })
    }
}

#[derive(Debug, FromRow)]
pub(super) struct NoticeRow {
    id: Uuid,
    body: String,
    made: i64,
    told: i16,
}

impl From<NoticeRow> for Due {
    fn from(row: NoticeRow) -> Self {
        let notice = Notice { id: row.id, body: row.body, made: Millis(row.made) };
        Self { notice, told: Told::of_bits(row.told) }
    }
}

/// Digest of a kept set, and since when it decides.
pub(super) fn kept_since((set, since): &(Vec<u8>, i64)) -> Result<([u8; 32], Millis), StoreError> {
    Ok((digest(set, "the digest of a set")?, Millis(*since)))
}

#[derive(Debug, FromRow)]
pub(super) struct ProposalRow {
    set_digest: Vec<u8>,
    matrix: String,
    proposer: Vec<u8>,
    proposed: i64,
}

impl TryFrom<ProposalRow> for Proposal {
    type Error = StoreError;

    fn try_from(row: ProposalRow) -> Result<Self, StoreError> {
        Ok(Self {
            set: digest(&row.set_digest, "the digest of a set")?,
            matrix: row.matrix,
            proposer: digest(&row.proposer, "who proposed a matrix")?,
            proposed: Millis(row.proposed),
        })
    }
}
