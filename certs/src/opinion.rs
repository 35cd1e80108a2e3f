//! An expert opinion on a file: a certificate, a signed message, a revocation list, an OCSP answer or a time-stamp, in DER, BER, PEM or
//! base64, as of an instant and from nothing but what was given.
//!
//! The same checks as for requests, for somebody who wants to know: also what requests may not be (several signers, detached content, a bare
//! list), and with reasons in words. Read [`Examiner::examine`] first.

mod certificate;
mod list;
mod message;
mod shape;
mod words;

use core::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use shape::Exhibit;
pub use shape::Kind;

use crate::UnixTime;
use crate::algorithm::PublicKey;
use crate::anchors::Anchors;
use crate::identity::{Bin, Iin};
use crate::instant::Utc;
use crate::path::Certificate;
use crate::profile::Profile;
use crate::revocation::{Nonce, RevocationStore, Terms};
use crate::trust::{Claimed, Trust};

/// What an [`Opinion`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything holds as of the instant.
    Valid,
    /// Something does not.
    Invalid,
    /// What was given does not say whether it holds. Whoever must act refuses.
    Unknown,
}

impl Verdict {
    /// What a refusal code comes to.
    fn of(code: Option<&str>) -> Self {
        match code {
            None => Self::Valid,
            Some("revocation-unknown") => Self::Unknown,
            Some(_) => Self::Invalid,
        }
    }

    fn weight(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Unknown => 1,
            Self::Invalid => 2,
        }
    }
}

/// The opinion. Serialises as the contract's JSON; names persons by number.
#[derive(Clone, Debug, Serialize)]
pub struct Opinion {
    /// What the file is; none if it cannot be told.
    pub kind: Option<Kind>,
    /// The verdict. Of several signers the worst.
    pub verdict: Verdict,
    /// The refusal code that names what is wrong.
    pub code: Option<&'static str>,
    /// Who signed, or whom the certificate is for, as far as it can be told: believed only if the verdict is valid.
    pub signers: Vec<Signatory>,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// Somebody named in an opinion.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signatory {
    /// Individual identification number.
    pub iin: Option<Iin>,
    /// Business identification number.
    pub bin: Option<Bin>,
    /// Name of the kind of key.
    pub algorithm: Option<String>,
    /// When, RFC 3339: what the signer says it was, or for lists, answers and time-stamps the instant they are of.
    #[serde(serialize_with = "utc")]
    pub signed_at: Option<UnixTime>,
}

#[expect(clippy::ref_option, reason = "the shape serde asks for")]
fn utc<S: Serializer>(instant: &Option<UnixTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match instant {
        Some(instant) => serializer.collect_str(&Utc(*instant)),
        None => serializer.serialize_none(),
    }
}

impl From<Claimed> for Signatory {
    fn from(claimed: Claimed) -> Self {
        Self {
            iin: claimed.iin,
            bin: claimed.bin,
            algorithm: Some(claimed.key.to_string()),
            signed_at: claimed.signed_at,
        }
    }
}

/// For the person at the keyboard, who has the file anyway: numbers are shown.
impl fmt::Display for Signatory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}", self.algorithm.as_deref().unwrap_or("not known"))?;
        if let Some(iin) = &self.iin {
            write!(f, ", IIN {}", iin.as_str())?;
        }
        if let Some(bin) = &self.bin {
            write!(f, ", BIN {bin}")?;
        }
        self.signed_at.map_or(Ok(()), |instant| write!(f, ", {}", Utc(instant)))
    }
}

impl Signatory {
    /// An authority: it has a key and an instant, and no number.
    fn authority(certificate: &Certificate, signed_at: UnixTime) -> Self {
        let kind = PublicKey::parse(certificate.public_key()).map(|key| key.kind().to_string());
        Self { iin: None, bin: None, algorithm: kind.ok(), signed_at: Some(signed_at) }
    }
}

/// What an opinion is formed from.
#[derive(Clone, Debug)]
pub struct Examiner {
    /// Whom to trust.
    pub anchors: Arc<Anchors>,
    /// What certificates must look like.
    pub profile: Profile,
    /// The instant everything is judged as of.
    pub at: UnixTime,
    /// Certificates that files need not carry. They are looked at, not trusted.
    pub known: Vec<Arc<Certificate>>,
    /// Revocation lists, each with the name it is spoken of by.
    pub lists: Vec<(String, Vec<u8>)>,
    /// OCSP answers, likewise.
    pub answers: Vec<(String, Vec<u8>)>,
    /// What was signed or stamped, if the file does not hold it.
    pub content: Option<Vec<u8>>,
}

impl Examiner {
    /// Judges `file`. Whatever its octets, there is an opinion.
    #[must_use]
    pub fn examine(&self, file: &[u8]) -> Opinion {
        let Some(Exhibit { kind, bytes, chain }) = shape::read(file) else {
            let reason = "this is no certificate, CMS, JWS, revocation list, OCSP answer or time-stamp";
            return Opinion::refused(None, "malformed-signature", reason.to_owned());
        };
        match kind {
            Kind::Certificate => self.certificate(&bytes, &chain),
            Kind::Cms => self.cms(&bytes),
            Kind::Jws => self.jws(&bytes),
            Kind::Crl => self.crl(bytes, &chain),
            Kind::Ocsp => self.ocsp(&bytes, &chain),
            Kind::Timestamp => self.time_stamp(&bytes),
        }
    }

    /// What there is to judge by, once the certificates that came with the file are there to check lists and answers with; and which of
    /// those were not taken.
    fn trust(&self, pool: &[Arc<Certificate>]) -> (Trust, Vec<String>) {
        let (store, left_out) = self.store(pool);
        let trust = Trust::new(Arc::clone(&self.anchors), self.profile.clone(), store);
        (trust.with_known(self.known.clone()), left_out)
    }

    fn store(&self, pool: &[Arc<Certificate>]) -> (RevocationStore, Vec<String>) {
        let mut extra = pool.to_vec();
        extra.extend(self.known.iter().cloned());
        let mut store = RevocationStore::new(Arc::clone(&self.anchors), self.terms());
        let mut left_out = Vec::new();
        for (name, file) in &self.lists {
            if let Err(error) = store.accept_crl(shape::unarmoured(file), &extra, self.at) {
                left_out.push(format!("the revocation list {name} was not taken: {}", words::whole(&error)));
            }
        }
        for (name, file) in &self.answers {
            let taken = store.accept_ocsp(&shape::unarmoured(file), &extra, Nonce::Unchecked, self.at);
            if let Err(error) = taken {
                left_out.push(format!("the OCSP answer {name} was not taken: {}", words::whole(&error)));
            }
        }
        (store, left_out)
    }

    fn terms(&self) -> Terms {
        Terms { acceptance: self.profile.acceptance(), ..Terms::STRICT }
    }
}

impl Opinion {
    fn refused(kind: Option<Kind>, code: &'static str, reason: String) -> Self {
        let verdict = Verdict::of(Some(code));
        Self { kind, verdict, code: Some(code), signers: Vec::new(), reasons: vec![reason] }
    }

    /// Counts in what was found of one signer: the worst is the verdict, the first of the worst the code.
    fn count(&mut self, code: Option<&'static str>) {
        let verdict = Verdict::of(code);
        if verdict.weight() > self.verdict.weight() {
            (self.verdict, self.code) = (verdict, code);
        }
    }

    fn undecided(kind: Kind) -> Self {
        let (signers, reasons) = (Vec::new(), Vec::new());
        Self { kind: Some(kind), verdict: Verdict::Valid, code: None, signers, reasons }
    }
}
