//! What a destruction is about: the material of a case, or of a ground that rests on none; and who has a say in it.
//!
//! Operational material has rules of its own. No case registry knows it, so it is its body's officials who say that the record
//! was terminated; the prosecutor is told the time of notice before it goes (OI 5(5)) and confirms; nobody else sees it (OI 14(3)).

use axum::response::{IntoResponse as _, Response};
use policy::{CaseKind, Ground};

use super::Console;
use super::asked::Asked;
use super::reader::Reader;
use super::search::{caught_up, unreadable};
use crate::clock::Millis;
use crate::destruction::Destruction;
use crate::document::CaseNumber;
use crate::enrolment::ConsoleRole;
use crate::problem::{Fault, Problem};
use crate::prosecutor::material;
use crate::refusal::{Code, Refusal};
use crate::register::{Query, Registered, Scope, Track};

/// Rows of the register looked at in one go.
const PAGE: u16 = 200;
const DAY: i64 = 86_400;

/// The material a destruction is about.
pub(super) struct Material {
    pub(super) kind: &'static str,
    pub(super) number: CaseNumber,
}

impl Material {
    /// Reads kind and number.
    pub(super) fn read(kind: &str, number: &str) -> Result<Self, Refusal> {
        let malformed = |detail| Refusal::new(Code::MalformedDocument, detail);
        let kind = material(kind).ok_or_else(|| {
            malformed("`case.kind` is neither a kind of case nor a ground that rests on none.")
        })?;
        let number =
            CaseNumber::parse(number).ok_or_else(|| malformed("`case.number` has no accepted form."))?;
        Ok(Self { kind, number })
    }

    /// Which track it belongs to.
    pub(super) fn track(&self) -> Track {
        track_of(self.kind)
    }

    /// As queries and answers name it.
    pub(super) fn name(&self) -> String {
        format!("{}:{}", self.kind, self.number)
    }

    /// Whether this reader may say that the material was destroyed; recorded if not.
    pub(super) async fn may_be_asked_by(
        &self,
        console: &Console,
        reader: &Reader,
        asked: &Asked,
    ) -> Result<(), Response> {
        let (roles, detail): (&[ConsoleRole], _) = match self.kind.parse::<CaseKind>() {
            Ok(_) => (
                &[ConsoleRole::Agency, ConsoleRole::Prosecutor],
                "The body in whose production the case was says that its material is destroyed.",
            ),
            Err(_) => (
                &[ConsoleRole::Agency],
                "The body whose material it is says that it is destroyed; another confirms.",
            ),
        };
        if !roles.contains(&reader.role) {
            return Err(reader.refuse(console, asked, detail).await);
        }
        match self.kind.parse() {
            Ok(kind) => self.has_ended(console, reader, kind, asked).await,
            Err(_) => self.is_own(console, reader, asked).await,
        }
    }

    /// Whether the case has ended, in this agency's production, as far as the case registry has said.
    async fn has_ended(
        &self,
        console: &Console,
        reader: &Reader,
        kind: CaseKind,
        asked: &Asked,
    ) -> Result<(), Response> {
        let cases = console.shared.store.replica_cases(self.number.as_str()).await;
        let cases = cases.map_err(|error| unreadable(&error))?;
        let Some(case) = cases.into_iter().find(|case| case.state.kind == kind) else { return Ok(()) };
        if case.state.status != policy::CaseStatus::Closed {
            let detail = format!(
                "The case is {}; the material of a case that goes on is not destroyed.",
                case.state.status
            );
            return Err(Problem::from(Fault::Conflict).detail(detail).into_response());
        }
        let own = reader.role == ConsoleRole::Prosecutor || case.state.agency == reader.channel.agency.bin;
        match own {
            true => Ok(()),
            false => Err(reader.refuse(console, asked, "The case was in another agency's production.").await),
        }
    }

    /// Whether this agency, and no other, asked in the material. Another's is answered like one that there is not.
    async fn is_own(&self, console: &Console, reader: &Reader, asked: &Asked) -> Result<(), Response> {
        caught_up(console).await?;
        let mut query = Query {
            scope: Scope { agency: None, track: None },
            officer: None,
            agency: None,
            cases: vec![console.keyring.case(self.kind, self.number.as_str())],
            registry: None,
            subject: None,
            ending: None,
            code: None,
            from: None,
            to: None,
            after: None,
            limit: PAGE,
        };
        let own = Some(&reader.channel.agency.bin);
        let mut any = false;
        loop {
            let rows: Vec<Registered> =
                console.register.search(&query).await.map_err(|error| unreadable(&error))?;
            any |= !rows.is_empty();
            if !any || rows.iter().any(|row| row.agency.as_ref() != own) {
                return Err(reader
                    .refuse(console, asked, "This agency has no such material of its own.")
                    .await);
            }
            match rows.last() {
                Some(last) if rows.len() >= usize::from(PAGE) => query.after = Some((last.at, last.place)),
                _ => return Ok(()),
            }
        }
    }
}

/// Which track the material of a destruction belongs to.
pub(super) fn track(destruction: &Destruction) -> Track {
    track_of(&destruction.kind)
}

fn track_of(kind: &str) -> Track {
    kind.parse::<Ground>().map_or(Track::Ordinary, Track::of)
}

/// From when on operational material may go: the prosecutor was told so long before (OI 5(5)).
pub(super) fn not_before(console: &Console, destruction: &Destruction) -> Option<Millis> {
    let days = i64::from(console.destroyer.notice_days);
    (track(destruction) == Track::Operational)
        .then(|| destruction.asked_at.plus_seconds(DAY.saturating_mul(days)))
}
