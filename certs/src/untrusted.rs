//! Why a signed document is not believed.

use core::fmt;

use crate::UnixTime;
use crate::algorithm::AlgorithmError;
use crate::cms::SignatureFault;
use crate::instant::Utc;
use crate::path::{Culprit, PathError};
use crate::profile::Unsuited;
use crate::timestamp::MalformedToken;

/// Whose certificate or signature is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The signer of the document.
    Signer,
    /// An authority between the signer and the anchor.
    Authority,
    /// The authority that signed the time-stamp.
    TimeStamp,
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signer => "the signer",
            Self::Authority => "an authority above the signer",
            Self::TimeStamp => "the time-stamping authority",
        })
    }
}

/// Why a signed document is not believed. `Display` is what the client may know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The envelope cannot be read a second time.
    #[error("the signed message cannot be read")]
    Unreadable,
    /// The signature itself is wrong.
    #[error("signature of {whose}: {fault}")]
    Signature {
        /// Whose.
        whose: Whose,
        /// What is wrong.
        fault: SignatureFault,
    },
    /// Keys of this kind do not count under the profile.
    #[error("a {key} key of {whose} is not accepted")]
    Key {
        /// Whose.
        whose: Whose,
        /// Name of the kind of key.
        key: String,
    },
    /// The certificate is not vouched for, or not now.
    #[error("certificate of {whose}: {error}")]
    Path {
        /// Whose.
        whose: Whose,
        /// What is wrong.
        error: PathError,
    },
    /// The certificate was revoked.
    #[error("the certificate of {whose} was revoked at {}", Utc(*.since))]
    Revoked {
        /// Whose.
        whose: Whose,
        /// Since when.
        since: UnixTime,
    },
    /// Nobody can say now whether the certificate was revoked.
    #[error("whether the certificate of {whose} is revoked cannot be told: {why}")]
    RevocationUnknown {
        /// Whose.
        whose: Whose,
        /// Why not.
        why: String,
    },
    /// The certificate is genuine and not for this.
    #[error("certificate of {whose}: {why}")]
    Purpose {
        /// Whose.
        whose: Whose,
        /// What does not suit.
        why: Unsuited,
    },
    /// The time-stamp cannot be read.
    #[error("the time-stamp cannot be read: {0}")]
    MalformedStamp(MalformedToken),
    /// The time-stamp is over something else.
    #[error("the time-stamp is not over this signature")]
    StampImprint,
    /// The time-stamp was made under a policy that does not count.
    #[error("the time-stamp was made under policy {policy}, which is not accepted")]
    StampPolicy {
        /// Which.
        policy: const_oid::ObjectIdentifier,
    },
    /// The time-stamp is from a time to come.
    #[error("the time-stamp is of {}, after the instant of checking {}", Utc(*.instant), Utc(*.at))]
    StampFromTheFuture {
        /// What it says.
        instant: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
}

impl Untrusted {
    /// The refusal code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature { fault, .. } => fault_code(fault),
            Self::Key { .. } => "algorithm-not-accepted",
            Self::Path { error, .. } => path_code(error),
            Self::Revoked { .. } => "certificate-revoked",
            Self::RevocationUnknown { .. } => "revocation-unknown",
            Self::Purpose { .. } => "certificate-purpose",
            Self::Unreadable | Self::MalformedStamp(_) => "malformed-signature",
            Self::StampImprint | Self::StampFromTheFuture { .. } => "signature-invalid",
            Self::StampPolicy { .. } => "certificate-purpose",
        }
    }
}

fn fault_code(fault: &SignatureFault) -> &'static str {
    match fault {
        SignatureFault::CertificateMissing => "certificate-untrusted",
        SignatureFault::CertificateUnreadable => "malformed-signature",
        SignatureFault::MessageDigest | SignatureFault::ContentType | SignatureFault::SigningCertificate => {
            "signature-invalid"
        }
        SignatureFault::Algorithm(error) => algorithm_code(error),
    }
}

pub(crate) fn algorithm_code(error: &AlgorithmError) -> &'static str {
    match error {
        AlgorithmError::NotAccepted { .. } | AlgorithmError::WeakKey { .. } => "algorithm-not-accepted",
        AlgorithmError::MalformedKey | AlgorithmError::MalformedIdentifier => "malformed-signature",
        AlgorithmError::KeyMismatch { .. }
        | AlgorithmError::DigestMismatch { .. }
        | AlgorithmError::BadSignature => "signature-invalid",
    }
}

pub(crate) fn path_code(error: &PathError) -> &'static str {
    match error.culprit() {
        Culprit::Expired => "certificate-expired",
        Culprit::NotYetValid => "certificate-not-yet-valid",
        Culprit::Purpose => "certificate-purpose",
        Culprit::Malformed => "malformed-signature",
        Culprit::Untrusted | Culprit::Budget => "certificate-untrusted",
    }
}
