//! The procedure of Article 16-2, on one screen. Read this file first.
//!
//! Each step consumes the one before it, so that no line can be left out or moved. Three wrappers carry the promises, each
//! with one origin: `certs::Verified` (a signature verified), `policy::Granted` (a positive decision), and
//! [`Recorded`](crate::journal::Recorded) (durable, after COMMIT returned).

use std::sync::Arc;

use bytes::Bytes;
use certs::EnvelopeKind;
use tracing::Instrument as _;

use crate::cases::Cases;
use crate::channel::Channels;
use crate::decisions::Decisions;
use crate::declined::Declined;
use crate::document::Rules;
use crate::journal::Journal;
use crate::listener::{Admitted, Peer};
use crate::refusal::{Code, Refusal};
use crate::registries::Registries;
use crate::seal::{Denied, Seal, Sealed};
use crate::stopwatch::Stopwatch;
use crate::submission::Submission;
use crate::telemetry::metrics::Step;
use crate::trust::Trust;
use crate::users::Users;

/// Everything a request passes through.
#[derive(Debug)]
pub struct Exchange {
    pub channels: Channels,
    pub rules: Rules,
    pub trust: Arc<Trust>,
    pub users: Users,
    pub cases: Cases,
    pub decisions: Arc<Decisions>,
    pub journal: Journal,
    pub registries: Registries,
    pub seal: Seal,
}

/// What arrived: the body of a POST, or why there is none to speak of.
pub type Arrival = Result<(EnvelopeKind, Bytes), Refusal>;

impl Exchange {
    async fn steps(&self, peer: &Peer, arrival: Arrival) -> Result<Sealed, Declined> {
        let mut watch = Stopwatch::start();
        let channel = self.channels.admit_request(peer).await?; //           1 channel         SLS 16-2(1)
        let submission = Submission::receive(channel, arrival)?;
        let submitted = submission.read(&self.rules)?; //                    2 document        SLS 16-2(2), 16-2(3)¶1
        watch.lap(Step::Document);
        let attested = self.trust.verify(submitted).await?; //               3 signature       SLS 16-2(1), (2)
        watch.lap(Step::Signature);
        let identified = self.users.identify(attested).await?; //            4 registered user SLS 16-2(1)
        watch.lap(Step::User);
        let reconciled = self.cases.reconcile(identified).await?; //         5 case            SLS 16-2(3)¶2
        watch.lap(Step::Case);
        let granted = self.decisions.decide(reconciled)?; //                 6 decision        SLS 16-2(3)¶3
        watch.lap(Step::Decision);
        let recorded = self.journal.record(granted).await?; //               7 the grant is durable
        watch.lap(Step::Grant);
        let answer = self.registries.ask(recorded).await?; //                8 the registry    SLS 16-1(1)¶1
        watch.lap(Step::Registry);
        let kept = self.journal.record(answer).await?; //                    9 the answer's digest is durable
        watch.lap(Step::Answer);
        self.seal.close(kept) //                                            10 restrictions, receipt SLS 16-3
    }

    /// Takes a request to its end, whatever its client does: it runs in a task of its own, so that a client that hangs up
    /// cannot drop it half-way. Every refusal is recorded here and nowhere else; one that cannot be is not given.
    pub async fn exchange(
        self: Arc<Self>,
        peer: Peer,
        arrival: Arrival,
        admitted: Admitted,
    ) -> Result<Sealed, Denied> {
        let steps = async move {
            // Counted among the requests in flight to the end, also when nobody waits for it any more.
            let _admitted = admitted;
            let outcome = match self.steps(&peer, arrival).await {
                Ok(sealed) => Ok(sealed),
                Err(declined) => Err(self.refuse(&peer, declined).await),
            };
            outcome.as_ref().map_or_else(Denied::count, Sealed::count);
            outcome
        };
        // On the heap once: a task is moved several times on its way to a worker, with all that the steps keep.
        let steps = Box::pin(steps).in_current_span();
        // The task neither panics (denied by lint) nor is aborted; should it ever, nobody learns why.
        tokio::spawn(steps).await.unwrap_or_else(|_| Err(Denied::unrecorded(unrecordable())))
    }

    async fn refuse(&self, peer: &Peer, declined: Declined) -> Denied {
        let declined = self.channels.confirm(peer, declined).await;
        if let Err(refusal) = self.channels.may_record(peer, &declined) {
            return Denied::unrecorded(refusal);
        }
        match self.journal.record(declined).await {
            Ok(recorded) => self.seal.deny(recorded),
            Err(declined) => Denied::unrecorded(declined.refusal),
        }
    }
}

/// Refusals are evidence too: what cannot be recorded is not said.
fn unrecordable() -> Refusal {
    Refusal::new(Code::EvidenceUnavailable, "The outcome of this request could not be recorded.")
}
