//! Step 8: the registry is asked, once, for a grant that is durable.
//!
//! [`Registries::ask`] takes `Recorded<Granted<Reconciled>>` and nothing else, by value, and reads its question from it: there is
//! no other way to a registry in this program.

pub(crate) mod answer;
pub mod ask;
pub mod breaker;
mod failure;
mod lane;
pub mod parameters;
pub mod question;
pub mod token;

use std::sync::Arc;

use arc_swap::ArcSwap;
use evidence::Digest;
use policy::Granted;
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::clock::Clock;
use crate::declined::{About, Declined, Stage};
use crate::journal::{Enter, Happened, Recorded};
use crate::reconciled::Reconciled;
use crate::refusal::{Code, Refusal};
use crate::registries::ask::RegistryClient;
use crate::registries::question::Question;
use crate::registries::token::Account;
use crate::resolutions::Resolutions;
use crate::seal::{BoundCase, DESTROY_WITH, ONWARD_TRANSFER, Restrictions, STORAGE};

/// The catalogue in force; swapped whole when the operator imports another.
#[derive(Debug)]
pub struct Catalogues {
    current: ArcSwap<Catalogue>,
}

impl Catalogues {
    #[must_use]
    pub fn new(catalogue: Catalogue) -> Self {
        Self { current: ArcSwap::from_pointee(catalogue) }
    }

    #[must_use]
    pub fn current(&self) -> Arc<Catalogue> {
        self.current.load_full()
    }

    /// Puts another catalogue in force, for every request not yet reconciled.
    pub fn replace(&self, catalogue: Catalogue) {
        self.current.store(Arc::new(catalogue));
    }
}

/// The registries, seen through recorded grants only.
#[derive(Debug)]
pub struct Registries {
    client: Arc<RegistryClient>,
    resolutions: Arc<Resolutions>,
    clock: Arc<dyn Clock>,
}

impl Registries {
    #[must_use]
    pub fn new(client: Arc<RegistryClient>, resolutions: Arc<Resolutions>, clock: Arc<dyn Clock>) -> Self {
        Self { client, resolutions, clock }
    }

    /// Asks what was granted.
    ///
    /// # Errors
    /// `registry-unavailable`, `registry-timeout`, `registry-failed`: failures of the recorded grant; `case-not-open` where a
    /// prosecutor stopped the case while the request was in flight (OI 25(2)3)).
    pub async fn ask(&self, recorded: Recorded<Granted<Reconciled>>) -> Result<Answer, Declined> {
        let asked = match self.not_stopped(&recorded).and_then(|()| question(&recorded)) {
            Ok((question, account)) => self.client.ask(question, &account).await,
            Err(refusal) => Err(refusal),
        };
        // Once more: what was stopped while the registry answered is not handed over either.
        let asked = asked.and_then(|record| self.not_stopped(&recorded).map(|()| record));
        match asked.and_then(|record| Ok((digest(&record)?, record))) {
            Ok((digest, record)) => Ok(Answer { recorded, record, digest }),
            Err(refusal) => Err(recorded.decline(refusal)),
        }
    }
}

impl Registries {
    fn not_stopped(&self, recorded: &Recorded<Granted<Reconciled>>) -> Result<(), Refusal> {
        match self.resolutions.stopped(recorded.value().considered().material()) {
            Some(since) if since <= self.clock.now() => {
                let detail =
                    format!("A prosecutor's resolution has stopped this case since {}.", since.rfc3339());
                Err(Refusal::new(Code::CaseNotOpen, detail).citing("OI 25(2)3)".to_owned()))
            }
            _ => Ok(()),
        }
    }
}

/// The question, from the recorded grant alone, cut to the fields the decision lets out.
fn question(recorded: &Recorded<Granted<Reconciled>>) -> Result<(Question, Account), Refusal> {
    let granted = recorded.value();
    let reconciled = granted.considered();
    let account = Account {
        request: reconciled.document().id,
        digest: reconciled.identified().attested().digest(),
        case: reconciled.case().map(|fact| fact.state.kind),
        officer: *Digest::of(reconciled.identified().attested().signer().as_str().as_bytes()).as_bytes(),
    };
    Ok((reconciled.question()?.clone().limited_to(granted.fields()), account))
}

fn digest(record: &Value) -> Result<Digest, Refusal> {
    evidence::canonical_digest(record).map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "an answer has no canonical form");
        Refusal::new(Code::RegistryFailed, "The registry's answer has no canonical form (RFC 8785).")
    })
}

/// An agency, by BIN, and a registry of the catalogue, by code.
#[derive(Clone, Debug)]
pub struct Asked {
    pub agency: String,
    pub registry: String,
}

/// What the registry answered to a recorded grant, not yet recorded itself.
#[derive(Debug)]
pub struct Answer {
    recorded: Recorded<Granted<Reconciled>>,
    record: Value,
    digest: Digest,
}

impl Answer {
    /// Digest of the record's canonical form (RFC 8785).
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Digest of the signed document it answers.
    #[must_use]
    pub fn request_digest(&self) -> [u8; 32] {
        self.reconciled().identified().attested().digest()
    }

    /// Whose request it was and whom it asked.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let agency = &self.reconciled().identified().attested().channel().agency.bin;
        Asked { agency: agency.as_str().to_owned(), registry: self.reconciled().document().registry.clone() }
    }

    /// What binds the holder of the record (SLS 16-3).
    #[must_use]
    pub fn restrictions(&self) -> Restrictions {
        let document = self.reconciled().document();
        let (kind, number) = document.material();
        let case = Some(BoundCase { kind: kind.to_owned(), number: number.to_owned() });
        Restrictions {
            purpose: document.purpose.clone(),
            case,
            storage: STORAGE,
            onward_transfer: ONWARD_TRANSFER,
            destroy_with: DESTROY_WITH,
        }
    }

    /// Gives the record up to whoever closes the answer.
    #[must_use]
    pub fn into_record(self) -> Value {
        self.record
    }

    fn reconciled(&self) -> &Reconciled {
        self.recorded.value().considered()
    }
}

impl Stage for Recorded<Granted<Reconciled>> {
    fn about(&self) -> About {
        let mut about = self.value().considered().identified().attested().named();
        about.grant = Some(self.written().index);
        about
    }
}

impl Stage for Answer {
    fn about(&self) -> About {
        self.recorded.about()
    }
}

impl Enter for Answer {
    fn happened(&self) -> Happened {
        Happened::Answered { answer: self.digest }
    }
}
