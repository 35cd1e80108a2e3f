//! Step 10: what leaves the gateway, with its restrictions and its proof (SLS 16-3(1), (2)).

use std::sync::Arc;

use evidence::{Digest, Logged, Outcome, Receipt, ReceiptSigner, RequestId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::declined::{Declined, Stage as _};
use crate::journal::{Recorded, Written};
use crate::refusal::Refusal;
use crate::registries::{Answer, Asked};
use crate::telemetry::metrics;

/// SLS 16-3(2): kept in the material it was asked for.
pub const STORAGE: &str = "case-material-only";
/// SLS 16-3(2): no onward transfer.
pub const ONWARD_TRANSFER: &str = "prohibited";
/// SLS 16-3(3): destroyed with the material.
pub const DESTROY_WITH: &str = "case-material";

/// Signs receipts and closes answers.
#[derive(Debug)]
pub struct Seal {
    issuer: String,
    origin: String,
    signer: Arc<ReceiptSigner>,
}

/// The body of a 200 (contract, "Obtaining a record").
#[derive(Debug, Serialize)]
pub struct Sealed {
    pub request: Named,
    pub record: Value,
    pub restrictions: Restrictions,
    pub receipt: String,
    /// For metrics: whose request it was and whom it asked.
    #[serde(skip)]
    asked: Asked,
}

impl Sealed {
    /// Counts an answer.
    pub fn count(&self) {
        metrics::outcome(metrics::Outcome::Answered, None, &self.asked.agency, &self.asked.registry);
    }
}

/// The request a body speaks of.
#[derive(Debug, Serialize)]
pub struct Named {
    pub id: Uuid,
    pub digest: Digest,
}

/// What binds whoever holds the record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Restrictions {
    /// SLS 16-3(1): solely for the purpose stated.
    pub purpose: String,
    pub case: Option<BoundCase>,
    /// [`STORAGE`].
    pub storage: &'static str,
    /// [`ONWARD_TRANSFER`].
    pub onward_transfer: &'static str,
    /// [`DESTROY_WITH`].
    pub destroy_with: &'static str,
}

/// The case whose material the record becomes part of.
#[derive(Debug, Serialize)]
pub struct BoundCase {
    pub kind: String,
    pub number: String,
}

/// A refusal on its way out. With a receipt unless it could not be recorded.
#[derive(Debug)]
pub struct Denied {
    pub refusal: Refusal,
    pub request: Option<Uuid>,
    pub receipt: Option<String>,
    /// For metrics: whose request it was, and which registry it was granted, if any.
    pub agency: Option<String>,
    pub registry: Option<String>,
}

impl Denied {
    /// A refusal that left no record: load was shed, or the journal is down.
    #[must_use]
    pub fn unrecorded(refusal: Refusal) -> Self {
        Self { refusal, request: None, receipt: None, agency: None, registry: None }
    }

    /// Counts a refusal, or a failure if it follows a grant. Only then is the registry one of the catalogue and not just any word that a
    /// client sent.
    pub fn count(&self) {
        let outcome =
            if self.registry.is_some() { metrics::Outcome::Failed } else { metrics::Outcome::Refused };
        let (agency, registry) = (self.agency.as_deref(), self.registry.as_deref());
        metrics::outcome(
            outcome,
            Some(self.refusal.code),
            agency.unwrap_or_default(),
            registry.unwrap_or_default(),
        );
    }
}

impl Seal {
    /// `issuer` names the deployment, `origin` this node's log.
    #[must_use]
    pub fn new(issuer: String, origin: String, signer: Arc<ReceiptSigner>) -> Self {
        Self { issuer, origin, signer }
    }

    /// Closes a recorded answer.
    ///
    /// # Errors
    /// `evidence-unavailable` when the receipt cannot be signed: no answer without its proof.
    pub fn close(&self, kept: Recorded<Answer>) -> Result<Sealed, Declined> {
        let (answer, written) = kept.into_parts();
        let request = Digest::from_bytes(answer.request_digest());
        let outcome = Outcome::Answered(answer.digest());
        let receipt = self
            .receipt(&self.origin, &written, request, &outcome)
            .map_err(|refusal| answer.decline(refusal))?;
        let (restrictions, asked) = (answer.restrictions(), answer.asked());
        Ok(Sealed {
            request: Named { id: written.reference, digest: request },
            restrictions,
            record: answer.into_record(),
            receipt,
            asked,
        })
    }

    /// Closes a recorded refusal or failure.
    #[must_use]
    pub fn deny(&self, recorded: Recorded<Declined>) -> Denied {
        let (Declined { refusal, about }, written) = recorded.into_parts();
        let request = Digest::from_bytes(about.digest.unwrap_or_default());
        let receipt = refusal.code.name().parse().ok().and_then(|code| {
            let outcome = if about.grant.is_some() { Outcome::Failed(code) } else { Outcome::Refused(code) };
            self.receipt(&self.origin, &written, request, &outcome).ok()
        });
        Denied {
            refusal,
            request: about.request,
            receipt,
            agency: about.agency.map(|bin| bin.as_str().to_owned()),
            registry: about.grant.and(about.registry),
        }
    }

    /// A receipt over an entry that is in the log.
    ///
    /// # Errors
    /// `evidence-unavailable` when the key cannot sign; the entry stays and a receipt can be had later.
    pub fn receipt(
        &self,
        origin: &str,
        written: &Written,
        request: Digest,
        outcome: &Outcome,
    ) -> Result<String, Refusal> {
        let name = written.reference.hyphenated().to_string();
        let logged = Logged {
            origin: origin.to_owned(),
            index: written.index,
            leaf: written.leaf.to_vec(),
            proof: written.proof.clone(),
            checkpoint: written.checkpoint.to_string(),
        };
        let issued = u64::try_from(written.at.seconds()).unwrap_or(0);
        let signed = RequestId::parse(&name).ok().and_then(|id| {
            let receipt = Receipt { issuer: &self.issuer, issued, id, request, outcome, logged: &logged };
            let signed = self.signer.sign(&receipt);
            if let Err(error) = &signed {
                tracing::error!(error = error as &dyn std::error::Error, "a receipt was not signed");
            }
            signed.ok()
        });
        signed.ok_or_else(unsigned)
    }
}

fn unsigned() -> Refusal {
    use crate::refusal::Code;
    Refusal::new(Code::EvidenceUnavailable, "The receipt could not be signed; what was decided is recorded.")
}
