//! Step 3: whose signature it is (SLS 16-2(1), (2)).

use std::sync::Arc;

use arc_swap::ArcSwap;
use certs::trust::{Unverified, Which};
use certs::{Iin, Signed, Untrusted, Verified};

use crate::authorities::Authorities;
use crate::channel::Channel;
use crate::config::Asking;
use crate::declined::{About, Declined, Stage};
use crate::document::Document;
use crate::paper::Paper;
use crate::refusal::{Code, Refusal};
use crate::submission::{Submission, Submitted, about_document};

/// The authorities trusted now; swapped whole when they or their revocation lists change.
#[derive(Debug)]
pub struct Trust {
    current: ArcSwap<certs::Trust>,
    /// Whom to ask about single certificates.
    authorities: Option<Arc<Authorities>>,
}

impl Trust {
    #[must_use]
    pub fn new(trust: certs::Trust) -> Self {
        Self { current: ArcSwap::from_pointee(trust), authorities: None }
    }

    /// As [`Self::new`], and asks the authorities' responders about certificates of which their lists do not say enough.
    #[must_use]
    pub fn asking(trust: certs::Trust, authorities: Arc<Authorities>) -> Self {
        Self { current: ArcSwap::from_pointee(trust), authorities: Some(authorities) }
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
    pub async fn verify(&self, submitted: Submitted) -> Result<Attested, Declined> {
        let (submission, signed) = submitted.into_parts();
        let at = submission.channel.arrived.seconds();
        match self.judge(signed, at).await {
            Ok(verified) => Attested::new(submission, verified),
            Err(unverified) => {
                let Unverified { signed, untrusted } = *unverified;
                let code = Code::named(untrusted.code()).unwrap_or(Code::SignatureInvalid);
                Err(Submitted::of(submission, signed).decline(Refusal::new(code, untrusted.to_string())))
            }
        }
    }

    /// The verdict by what is held; if that does not say whether a certificate is revoked, by what its authority says when asked.
    pub(crate) async fn judge<D>(
        &self,
        signed: Signed<D>,
        at: i64,
    ) -> Result<Verified<D>, Box<Unverified<D>>> {
        let asking = self.authorities.as_ref().map_or(Asking::Never, |authorities| authorities.asking());
        if asking == Asking::Always {
            self.learn(&signed, at, Which::WithoutAnswer).await;
        }
        let unverified = match self.current().try_verify(signed, at) {
            Ok(verified) => return Ok(verified),
            Err(unverified) => unverified,
        };
        let unknown = matches!(unverified.untrusted, Untrusted::RevocationUnknown { .. });
        if unknown && asking != Asking::Never && self.learn(&unverified.signed, at, Which::Unknown).await {
            return self.current().try_verify(unverified.signed, at);
        }
        Err(unverified)
    }

    async fn learn<D>(&self, signed: &Signed<D>, at: i64, which: Which) -> bool {
        let Some(authorities) = &self.authorities else { return false };
        let wanted = self.current().unanswered(signed.envelope(), at, which);
        !wanted.is_empty() && authorities.learn(self, &wanted).await
    }
}

/// A document whose signature was verified, and the person it is by.
#[derive(Debug)]
pub struct Attested {
    submission: Submission,
    /// Every step that follows moves it.
    verified: Box<Verified<Document>>,
    signer: Iin,
}

impl Attested {
    fn new(submission: Submission, verified: Verified<Document>) -> Result<Self, Declined> {
        match verified.signer().iin().cloned() {
            Some(signer) => Ok(Self { submission, verified: Box::new(verified), signer }),
            None => {
                let about = about_document(
                    &submission,
                    verified.document(),
                    (verified.content(), *verified.content_digest()),
                );
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

    /// The channel it came over, to be looked at anew.
    pub(crate) fn channel_mut(&mut self) -> &mut Channel {
        &mut self.submission.channel
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

impl Attested {
    /// Names it without telling what is known of it: for what follows a grant, which repeats nothing of it.
    #[must_use]
    pub fn named(&self) -> About {
        let document = self.document();
        let (kind, number) = document.material();
        About {
            request: Some(document.id),
            digest: Some(self.digest()),
            agency: Some(self.channel().agency.bin.clone()),
            signer: Some(self.signer.clone()),
            rated: true,
            case: Some((kind.to_owned(), number.to_owned())),
            registry: Some(document.registry.clone()),
            ..About::default()
        }
    }
}

impl Stage for Attested {
    fn about(&self) -> About {
        let mut about =
            about_document(&self.submission, self.document(), (self.verified.content(), self.digest()));
        about.signer = Some(self.signer.clone());
        // SLS 16-2(2): kept with all that is needed to check the signature years later.
        let relied = self.verified.relied();
        about.facts.state("relied", &relied.statement());
        let own = self.verified.signer().certificate_digest();
        about.papers.extend(relied.items().iter().map(|item| Paper::relied(item, own)));
        about
    }
}
