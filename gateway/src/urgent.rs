//! Measures that begin before their sanction (OI 12(7)): one clock of twenty-four hours for each case and subject.

use std::sync::Arc;
use std::time::Duration;

use evidence::leaf::ActKind;
use serde_json::json;
use uuid::Uuid;

use crate::clock::{Clock, Millis};
use crate::declined::About;
use crate::exchange::Exchange;
use crate::journal::Acted;
use crate::outbox::Notice;
use crate::store::{Store, StoreError};

/// How often a node looks for clocks that ran out.
const EVERY: Duration = Duration::from_millis(500);

/// What a grant does to the clocks, in the transaction that records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It rests on an urgent decision: the clock runs, and the prosecutor is told.
    Begun(UrgentGrant),
    /// It came with the sanction: the clock of this case and subject stops, unless it has run out.
    Sanctioned { clock: ClockOf, at: Millis },
}

impl Effect {
    /// The clock that it starts or stops.
    #[must_use]
    pub fn clock(&self) -> ClockOf {
        match self {
            Self::Begun(grant) => grant.clock,
            Self::Sanctioned { clock, .. } => *clock,
        }
    }
}

/// Names a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClockOf {
    /// Stands for the case or other material.
    pub case: [u8; 32],
    /// Stands for the subject.
    pub subject: [u8; 32],
}

/// A grant made on an urgent decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrgentGrant {
    pub clock: ClockOf,
    pub request: Uuid,
    pub agency: String,
    pub decided: Millis,
    pub deadline: Millis,
    /// To the prosecutor.
    pub notice: Notice,
}

/// A clock as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub clock: ClockOf,
    /// The first request made on it, and whose.
    pub request: Uuid,
    pub agency: String,
    pub decided: Millis,
    pub deadline: Millis,
    pub sanctioned: Option<Millis>,
    pub flagged: Option<Millis>,
}

/// Flags what was not sanctioned in time, as long as the node runs.
pub async fn watch(exchange: Arc<Exchange>, store: Arc<dyn Store>, clock: Arc<dyn Clock>, origin: String) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = flag_overdue(&exchange, &*store, &*clock, &origin).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "urgent measures cannot be looked through"
            );
        }
    }
}

async fn flag_overdue(
    exchange: &Exchange,
    store: &dyn Store,
    clock: &dyn Clock,
    origin: &str,
) -> Result<(), StoreError> {
    let now = clock.now();
    for running in store.overdue(origin, now).await? {
        // The journal first: a flag without an entry could be taken for an error of the database.
        let mut about = About { agency: running.agency.parse().ok(), ..About::default() };
        let urgent = json!({ "request": running.request, "deadline": running.deadline.0 });
        about.facts.state("urgent", &urgent);
        let acted = Acted { kind: ActKind::Notice, code: "unsanctioned", actor: None, destroyed: None };
        if let Err(refusal) = exchange.journal.act(acted, about).await {
            tracing::error!(code = %refusal.code, "an unsanctioned measure could not be recorded; tried again");
            continue;
        }
        let notice = Notice::unsanctioned(&running, now);
        store.flag(&running.clock, now, &notice).await?;
    }
    Ok(())
}
