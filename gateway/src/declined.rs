//! A refusal together with all that was known when it was made, so that it can be recorded as evidence.

use std::time::Instant;

use bytes::Bytes;
use uuid::Uuid;

use certs::{Bin, Iin};

use crate::clock::Millis;
use crate::facts::StatedFacts;
use crate::journal::{Enter, Happened};
use crate::paper::Paper;
use crate::refusal::{Code, Refusal};
use crate::store::StoreError;

/// What is known of a request so far. Each stage adds what it learned; the journal commits to it.
#[derive(Clone, Default)]
pub struct About {
    pub request: Option<Uuid>,
    /// SHA-256 of the signed content, or of the body where no content could be read.
    pub digest: Option<[u8; 32]>,
    /// The signed content, where it could be taken out of its envelope.
    pub content: Option<Bytes>,
    /// The agency on whose channel it came.
    pub agency: Option<Bin>,
    /// The verified signer.
    pub signer: Option<Iin>,
    /// Whether the signer is a registered user whose own rate let the request through.
    pub rated: bool,
    /// Kind and number of the case it rests on.
    pub case: Option<(String, String)>,
    pub registry: Option<String>,
    /// When its id was looked at and nobody had claimed it.
    pub unclaimed: Option<Instant>,
    /// When it arrived, if its channel was let in from memory and the system is yet to be looked up.
    pub remembered: Option<Millis>,
    /// Index of the grant this follows from, where there is one.
    pub grant: Option<u64>,
    /// Digest of the policy set that decided.
    pub policy: Option<[u8; 32]>,
    /// Everything an auditor needs: sealed under the case's key, never logged.
    pub facts: StatedFacts,
    /// The decision in words: rules and clauses.
    pub reasons: Vec<String>,
    /// Documents relied on.
    pub papers: Vec<Paper>,
}

impl std::fmt::Debug for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "About(request {:?}, grant {:?})", self.request, self.grant)
    }
}

/// A refusal and what it is about.
#[derive(Clone, Debug)]
pub struct Declined {
    pub refusal: Refusal,
    pub about: Box<About>,
}

/// A station on the way from a submission to a record. Each consumes the one before it.
pub trait Stage {
    /// What is known here.
    fn about(&self) -> About;

    /// Ends the way here.
    fn decline(&self, refusal: Refusal) -> Declined {
        Declined { refusal, about: Box::new(self.about()) }
    }

    /// Ends the way because the database failed: nothing can be relied on or recorded.
    fn decline_store(&self, error: &StoreError) -> Declined {
        self.decline(store_refusal(error))
    }
}

impl Stage for Declined {
    fn about(&self) -> About {
        (*self.about).clone()
    }
}

impl Enter for Declined {
    fn happened(&self) -> Happened {
        Happened::Declined { refusal: self.refusal.clone() }
    }
}

/// What the client is told when the database fails; the cause goes to the log.
#[must_use]
pub fn store_refusal(error: &StoreError) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "the database failed");
    Refusal::new(Code::EvidenceUnavailable, "The gateway cannot read or record what it must now.")
}
