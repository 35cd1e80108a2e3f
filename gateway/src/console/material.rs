//! What a destruction is about: the material of a case, or of a ground that rests on none; and who has a say in it.
//!
//! Operational material has rules of its own. No case registry knows it, so it is its body's officials who say that the record
//! was terminated; the prosecutor is told the time of notice before it goes (OI 5(5)) and confirms; nobody else sees it (OI 14(3)).

use axum::response::{IntoResponse as _, Response};
use policy::{CaseKind, CaseStatus, Ground};

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
use crate::register::Track;
use crate::replica::CaseState;

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

    /// Whether the case has ended, in this agency's production, by the last word of its registry.
    async fn has_ended(
        &self,
        console: &Console,
        reader: &Reader,
        kind: CaseKind,
        asked: &Asked,
    ) -> Result<(), Response> {
        let case = self.closed(console, kind).await?;
        let own = reader.role == ConsoleRole::Prosecutor || case.agency == reader.channel.agency.bin;
        match own {
            true => Ok(()),
            false => Err(reader.refuse(console, asked, "The case was in another agency's production.").await),
        }
    }

    /// The case, if its registry says that it is closed. What nobody knows to have ended is not destroyed.
    async fn closed(&self, console: &Console, kind: CaseKind) -> Result<CaseState, Response> {
        let conflict = |detail: String| Problem::from(Fault::Conflict).detail(detail).into_response();
        let known = console.shared.exchange.cases.word_on(kind, &self.number).await;
        let Some(case) = known.map_err(|refusal| refusal.into_response())? else {
            let detail = format!("No registry of {kind} cases knows this case, so none says that it ended.");
            return Err(conflict(detail));
        };
        match case.status {
            CaseStatus::Closed => Ok(case),
            status => Err(conflict(format!(
                "The case is {status}; the material of a case that goes on is not destroyed."
            ))),
        }
    }

    /// Whether the case has not been taken up again since its destruction was asked for.
    pub(super) async fn still_ended(&self, console: &Console) -> Result<(), Response> {
        match self.kind.parse::<CaseKind>() {
            Ok(kind) => self.closed(console, kind).await.map(|_| ()),
            Err(_) => Ok(()),
        }
    }

    /// Names the key of this reader's material.
    pub(super) fn key(&self, console: &Console, reader: &Reader) -> [u8; 32] {
        console.keyring.material_ref(self.kind, self.number.as_str(), &reader.channel.agency.bin)
    }

    /// Whether this agency asked in the material. Another's is answered like one that there is not.
    ///
    /// Bodies that use one number have a key each. Content from before they had may stand under one key for all of them: then
    /// whoever else asked has a say that nobody can ask for, and it stays.
    async fn is_own(&self, console: &Console, reader: &Reader, asked: &Asked) -> Result<(), Response> {
        caught_up(console).await?;
        let (kind, number) = (self.kind, self.number.as_str());
        let agencies = console.register.agencies(console.keyring.case(kind, number)).await;
        let agencies = agencies.map_err(|error| unreadable(&error))?;
        let own = reader.channel.agency.bin.as_str();
        let mut is_own = agencies.iter().any(|agency| agency == own);
        if is_own && agencies.len() > 1 {
            let store = &console.shared.store;
            let shared = store.find_case_keys(&[console.keyring.case_ref(kind, number)]).await;
            let shared = shared.map_err(|error| unreadable(&error))?;
            is_own = shared.iter().all(|(_, wrapped)| wrapped.is_none());
        }
        match is_own {
            true => Ok(()),
            false => Err(reader.refuse(console, asked, "This agency has no such material of its own.").await),
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
