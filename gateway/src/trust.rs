//! Step 3: whose signature it is (SLS 16-2(1), (2)).

use std::sync::Arc;

use arc_swap::ArcSwap;
use certs::{Iin, Verified};
use serde_json::json;

use crate::channel::Channel;
use crate::declined::{About, Declined, Stage};
use crate::document::Document;
use crate::paper::Paper;
use crate::refusal::{Code, Refusal};
use crate::submission::{Submission, Submitted, about_document};

/// The authorities trusted now; swapped whole when they or their revocation lists change.
#[derive(Debug)]
pub struct Trust {
    current: ArcSwap<certs::Trust>,
}

impl Trust {
    #[must_use]
    pub fn new(trust: certs::Trust) -> Self {
        Self { current: ArcSwap::from_pointee(trust) }
    }

    /// Replaces what is trusted, for every request that has not been verified yet.
    pub fn replace(&self, trust: certs::Trust) {
        self.current.store(Arc::new(trust));
    }

    /// What is trusted now.
    #[must_use]
    pub fn current(&self) -> Arc<certs::Trust> {
        self.current.load_full()
    }

    /// Verifies the signature over the document as of the instant it arrived.
    ///
    /// # Errors
    /// The refusals of contract's "signature" and "certificate" checks, in that order.
    pub fn verify(&self, submitted: Submitted) -> Result<Attested, Declined> {
        let about = submitted.about();
        let (submission, signed) = submitted.into_parts();
        let at = submission.channel.arrived.seconds();
        match self.current.load().verify(signed, at) {
            Ok(verified) => Attested::new(submission, verified),
            Err(error) => {
                let code = Code::named(error.code()).unwrap_or(Code::SignatureInvalid);
                Err(Declined { refusal: Refusal::new(code, error.to_string()), about: Box::new(about) })
            }
        }
    }
}

/// A document whose signature was verified, and the person it is by.
#[derive(Debug)]
pub struct Attested {
    submission: Submission,
    verified: Verified<Document>,
    signer: Iin,
}

impl Attested {
    fn new(submission: Submission, verified: Verified<Document>) -> Result<Self, Declined> {
        match verified.signer().iin().cloned() {
            Some(signer) => Ok(Self { submission, verified, signer }),
            None => {
                let about = about_document(&submission, verified.document(), verified.content());
                let detail = "The certificate does not name a person: it carries no IIN.";
                let refusal = Refusal::new(Code::CertificatePurpose, detail);
                Err(Declined { refusal, about: Box::new(about) })
            }
        }
    }

    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.submission.channel
    }

    #[must_use]
    pub fn document(&self) -> &Document {
        self.verified.document()
    }

    /// SHA-256 of the signed bytes.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        *self.verified.content_digest()
    }

    /// The person who signed.
    #[must_use]
    pub fn signer(&self) -> &Iin {
        &self.signer
    }

    /// What the certificate says of the signer.
    #[must_use]
    pub fn certificate(&self) -> &certs::Signer {
        self.verified.signer()
    }
}

impl Stage for Attested {
    fn about(&self) -> About {
        let mut about = about_document(&self.submission, self.document(), self.verified.content());
        about.signer = Some(self.signer.clone());
        // SLS 16-2(2): kept with all that is needed to check the signature years later.
        let relied = self.verified.relied();
        about.facts.insert("relied".to_owned(), json!(relied.statement()));
        let own = self.verified.signer().certificate_digest();
        about.papers.extend(relied.items().iter().map(|item| Paper::relied(item, own)));
        about
    }
}
