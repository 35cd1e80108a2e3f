use crate::UnixTime;
use crate::algorithm::AlgorithmError;
use crate::instant::Utc;
use crate::path::{Malformed, PathError};
use crate::untrusted::{algorithm_code, path_code};

/// Why a revocation list was not taken. Nothing of it is used then, not even what it revokes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It cannot be read, or has a critical extension that is not understood.
    #[error("the revocation list is malformed")]
    Malformed(#[from] Malformed),
    /// Nobody who may sign lists has its issuer's name and key identifier.
    #[error("nobody known has the name and key identifier of the list's signer")]
    SignerUnknown,
    /// Whoever has may not sign lists, or has no path to an anchor.
    #[error("the list's signer is not an accepted one")]
    SignerRefused(#[source] PathError),
    /// The signature.
    #[error("the signature on the list is not good")]
    Signature(#[source] AlgorithmError),
    /// RFC 5280 §5.1.2.5: authorities must say when the next one comes.
    #[error("the list does not say when the next one is due")]
    NoNextUpdate,
    /// From the future.
    #[error("the list is of {}, the instant of checking is {}", Utc(*.this_update), Utc(*.at))]
    NotYet {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// Past its time.
    #[error("the list ended at {}, the instant of checking is {}", Utc(*.next_update), Utc(*.at))]
    Stale {
        /// `nextUpdate`.
        next_update: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// A newer one is held: taking an older one would undo revocations.
    #[error("a newer list of the same signer and scope is held")]
    Superseded,
    /// A rule of RFC 5280 §5 on what authorities may issue.
    #[error("the list breaks its profile: {rule}")]
    Profile {
        /// The rule, with its section.
        rule: &'static str,
    },
}

/// Why an OCSP answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It cannot be read, or has a critical extension that is not understood.
    #[error("the OCSP answer is malformed")]
    Malformed(#[from] Malformed),
    /// The responder did not answer the question (RFC 6960 §4.2.1): 1 malformed request, 2 internal error, 3 try later, 5 signature
    /// required, 6 unauthorised.
    #[error("the responder refused to answer, status {status}")]
    Refused {
        /// `responseStatus`.
        status: u8,
    },
    /// No known authority has the name and key that the answer is about.
    #[error("the answer is about no known authority's certificates")]
    IssuerUnknown,
    /// Nobody who may answer for the authority matches the responder's name or key.
    #[error("the responder is neither the authority nor named by it")]
    ResponderUnknown,
    /// A certificate came that could be the responder's but may not answer.
    #[error("the responder's certificate is not an accepted one")]
    ResponderRefused(#[source] PathError),
    /// The responder's certificate is not for answering (RFC 6960 §4.2.2.2: `id-kp-OCSPSigning`, stated).
    #[error("the responder's certificate is not for signing answers")]
    ResponderPurpose,
    /// The signature.
    #[error("the signature on the answer is not good")]
    Signature(#[source] AlgorithmError),
    /// Another question's answer, or a replay.
    #[error("the answer does not carry the nonce of the question")]
    Nonce,
    /// From the future.
    #[error("the answer is of {}, the instant of checking is {}", Utc(*.this_update), Utc(*.at))]
    NotYet {
        /// `thisUpdate`.
        this_update: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// Past its time.
    #[error("the answer ended at {}, the instant of checking is {}", Utc(*.until), Utc(*.at))]
    Stale {
        /// `nextUpdate`, or as long as an answer without one is relied on.
        until: UnixTime,
        /// Instant of checking.
        at: UnixTime,
    },
    /// A newer one is held.
    #[error("a newer answer about the same certificate is held")]
    Superseded,
}

impl ListError {
    /// The refusal code of somebody who must rely on this list alone.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) | Self::NoNextUpdate | Self::Profile { .. } => "malformed-signature",
            Self::SignerUnknown => "certificate-untrusted",
            Self::SignerRefused(error) => path_code(error),
            Self::Signature(error) => algorithm_code(error),
            Self::NotYet { .. } | Self::Stale { .. } | Self::Superseded => "revocation-unknown",
        }
    }
}

impl AnswerError {
    /// The refusal code of somebody who must rely on this answer alone.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-signature",
            Self::IssuerUnknown | Self::ResponderUnknown => "certificate-untrusted",
            Self::ResponderRefused(error) => path_code(error),
            Self::ResponderPurpose => "certificate-purpose",
            Self::Signature(error) => algorithm_code(error),
            Self::Nonce => "signature-invalid",
            Self::Refused { .. } | Self::NotYet { .. } | Self::Stale { .. } | Self::Superseded => {
                "revocation-unknown"
            }
        }
    }
}
