//! Verification of receipts: everything from the bytes, the JWK set and the log's keys alone.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::checkpoint::{Checkpoint, CheckpointMalformed, CheckpointRefused, SignedHead};
use crate::code::Code;
use crate::commitment::RequestId;
use crate::cosignature::Cosignature;
use crate::digest::Digest;
use crate::jwk::JwkSet;
use crate::key::VerifierKey;
use crate::leaf::{Event, Kind, Leaf};
use crate::leaf_bytes::LeafMalformed;
use crate::node::NodeHash;
use crate::proof::{ProofInvalid, verify_inclusion};
use crate::quorum::{Quorum, QuorumMissing};
use crate::receipt::{Claims, Header, MAX_RECEIPT, Outcome, OutcomeName, TYPE};

/// A receipt that does not verify, by the first reason found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// Longer than [`MAX_RECEIPT`].
    #[error("a receipt of {0} bytes is longer than {MAX_RECEIPT}")]
    TooLong(usize),
    /// Not three parts of base64url.
    #[error("a receipt is a compact JWS: three parts in base64url")]
    Form,
    /// The header is not JSON or has other members than `alg`, `kid`, `typ`.
    #[error("the header of a receipt has alg, kid and typ, and nothing else")]
    Header,
    /// `typ` says it is something else.
    #[error("a token of type {0} is not a receipt")]
    Type(String),
    /// No key of that name in the set.
    #[error("the key {0} is not in the JWK set")]
    UnknownKey(String),
    /// The header names another algorithm than the key has.
    #[error("the header says {stated}, the key {kid} is for {pinned}")]
    Algorithm {
        /// In the header.
        stated: String,
        /// The key.
        kid: String,
        /// Of the key.
        pinned: &'static str,
    },
    /// The signature does not verify.
    #[error("the signature by the key {0} does not verify")]
    Signature(String),
    /// The claims are not those of a receipt.
    #[error("the claims are not those of a receipt: {0}")]
    Claims(&'static str),
    /// The leaf is not a leaf.
    #[error("the leaf cannot be read")]
    Leaf(#[source] LeafMalformed),
    /// The checkpoint is not a checkpoint.
    #[error("the checkpoint cannot be read")]
    CheckpointForm(#[source] CheckpointMalformed),
    /// The checkpoint is not the log's.
    #[error("the checkpoint does not verify")]
    Checkpoint(#[source] CheckpointRefused),
    /// The receipt names another log than the checkpoint.
    #[error("the receipt names the log {claimed}, the checkpoint {signed}")]
    Origin {
        /// In the claims.
        claimed: String,
        /// In the checkpoint.
        signed: String,
    },
    /// The leaf is not in the checkpoint's tree.
    #[error("the leaf is not proven to be in the log")]
    Inclusion(#[source] ProofInvalid),
    /// Too few witnesses cosigned.
    #[error("the checkpoint is not cosigned as asked for")]
    Witnesses(#[source] QuorumMissing),
    /// The leaf is of another kind than the outcome.
    #[error("the outcome is {claimed}, the leaf a {logged}")]
    Outcome {
        /// In the claims.
        claimed: &'static str,
        /// In the log.
        logged: Kind,
    },
    /// The leaf speaks of another request: another id or another document.
    #[error("the leaf speaks of another request")]
    Request,
    /// The leaf speaks of another answer.
    #[error("the leaf speaks of another answer")]
    Answer,
    /// The leaf has another code.
    #[error("the receipt has code {claimed}, the leaf {logged}")]
    Code {
        /// In the claims.
        claimed: Code,
        /// In the log.
        logged: Code,
    },
    /// The receipt says it is older than its leaf.
    #[error("the receipt is of second {issued}, the leaf of second {logged}")]
    Time {
        /// `iat`.
        issued: u64,
        /// The leaf's time, in seconds.
        logged: u64,
    },
}

/// A receipt that verified.
#[derive(Debug, Clone)]
pub struct VerifiedReceipt {
    issuer: String,
    issued: u64,
    id: String,
    request: Digest,
    outcome: Outcome,
    index: u64,
    leaf: Leaf,
    head: SignedHead,
    cosignatures: Vec<Cosignature>,
}

impl VerifiedReceipt {
    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When, in seconds since the epoch, by the issuer's word.
    #[must_use]
    pub const fn issued(&self) -> u64 {
        self.issued
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The digest of the request document.
    #[must_use]
    pub const fn request(&self) -> &Digest {
        &self.request
    }

    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Whether this record is the one that was answered (RFC 8785 canonical form).
    #[must_use]
    pub fn answers(&self, record: &serde_json::Value) -> bool {
        let digest = crate::canonical::canonical_digest(record);
        matches!((&self.outcome, digest), (Outcome::Answered(answer), Ok(digest)) if *answer == digest)
    }

    /// The leaf's index in the log.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The leaf.
    #[must_use]
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// The log and its head that the leaf was proven against.
    #[must_use]
    pub const fn head(&self) -> &SignedHead {
        &self.head
    }

    /// Who cosigned that head, of the witnesses asked about.
    #[must_use]
    pub fn cosignatures(&self) -> &[Cosignature] {
        &self.cosignatures
    }
}

/// Verifies a receipt: signature by a key of `keys` with the key's own algorithm; leaf proven to be in a log that one of
/// `logs` signed; cosigned as `quorum` asks; leaf agreeing with every claim.
///
/// # Errors
/// [`NotVerified`].
pub fn verify_receipt(
    jws: &str,
    keys: &JwkSet,
    logs: &[VerifierKey],
    quorum: &Quorum,
) -> Result<VerifiedReceipt, NotVerified> {
    let claims = opened(jws, keys)?;
    let bytes =
        STANDARD.decode(&claims.log.leaf).map_err(|_| NotVerified::Claims("log.leaf is not base64"))?;
    let leaf = Leaf::from_bytes(&bytes).map_err(NotVerified::Leaf)?;
    let (head, cosignatures) = included(&claims, &bytes, logs, quorum)?;
    let outcome = agreed(&claims, &leaf)?;
    Ok(VerifiedReceipt {
        issuer: claims.iss,
        issued: claims.iat,
        id: claims.jti,
        request: claims.request,
        outcome,
        index: claims.log.index,
        leaf,
        head,
        cosignatures,
    })
}

/// The claims of a JWS whose signature verifies.
fn opened(jws: &str, keys: &JwkSet) -> Result<Claims, NotVerified> {
    if jws.len() > MAX_RECEIPT {
        return Err(NotVerified::TooLong(jws.len()));
    }
    let (signed, signature) = jws.rsplit_once('.').ok_or(NotVerified::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(NotVerified::Form)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotVerified::Form);
    let (signature, payload) = (decode(signature)?, decode(payload)?);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| NotVerified::Header)?;
    if header.typ != TYPE {
        return Err(NotVerified::Type(header.typ));
    }
    let key = keys.find(&header.kid).ok_or(NotVerified::UnknownKey(header.kid))?;
    let (kid, pinned) = (key.kid().to_owned(), key.algorithm().name());
    if header.alg != pinned {
        return Err(NotVerified::Algorithm { stated: header.alg, kid, pinned });
    }
    if !key.verifies(signed.as_bytes(), &signature) {
        return Err(NotVerified::Signature(kid));
    }
    serde_json::from_slice(&payload)
        .map_err(|_| NotVerified::Claims("a claim is missing, repeated or malformed"))
}

/// The signed head whose tree has the leaf at the claimed index.
fn included(
    claims: &Claims,
    leaf: &[u8],
    logs: &[VerifierKey],
    quorum: &Quorum,
) -> Result<(SignedHead, Vec<Cosignature>), NotVerified> {
    let checkpoint = Checkpoint::parse(&claims.log.checkpoint).map_err(NotVerified::CheckpointForm)?;
    if claims.log.origin != checkpoint.origin() {
        let (claimed, signed) = (claims.log.origin.clone(), checkpoint.origin().to_owned());
        return Err(NotVerified::Origin { claimed, signed });
    }
    let head = checkpoint.verify(logs).map_err(NotVerified::Checkpoint)?;
    let hash =
        |text: &String| NodeHash::from_base64(text).ok_or(NotVerified::Claims("log.proof is not hashes"));
    let proof = claims.log.proof.iter().map(hash).collect::<Result<Vec<_>, _>>()?;
    verify_inclusion(&proof, head.head(), claims.log.index, NodeHash::of_leaf(leaf))
        .map_err(NotVerified::Inclusion)?;
    let cosignatures = quorum.verify(&checkpoint).map_err(NotVerified::Witnesses)?;
    Ok((head, cosignatures))
}

/// The outcome, if the leaf says the same as the claims.
fn agreed(claims: &Claims, leaf: &Leaf) -> Result<Outcome, NotVerified> {
    let id = RequestId::parse(&claims.jti).map_err(|_| NotVerified::Claims("jti is not a request id"))?;
    let outcome = match (claims.outcome, claims.answer, &claims.code) {
        (OutcomeName::Answered, Some(answer), None) => Outcome::Answered(answer),
        (OutcomeName::Refused, None, Some(code)) => Outcome::Refused(code.clone()),
        (OutcomeName::Failed, None, Some(code)) => Outcome::Failed(code.clone()),
        _ => {
            return Err(NotVerified::Claims(
                "an answer has a digest and no code, all else a code and no digest",
            ));
        }
    };
    if leaf.event.request() != Some(&id.request(&claims.request)) {
        return Err(NotVerified::Request);
    }
    match (&outcome, &leaf.event) {
        (Outcome::Answered(digest), Event::Answer(logged)) if logged.answer == id.answer(digest) => {}
        (Outcome::Answered(_), Event::Answer(_)) => return Err(NotVerified::Answer),
        (Outcome::Refused(code), Event::Refusal(logged)) => same_code(code, &logged.code)?,
        (Outcome::Failed(code), Event::Failure(logged) | Event::Interrupted(logged)) => {
            same_code(code, &logged.code)?;
        }
        _ => {
            let claimed = match outcome {
                Outcome::Answered(_) => "answered",
                Outcome::Refused(_) => "refused",
                Outcome::Failed(_) => "failed",
            };
            return Err(NotVerified::Outcome { claimed, logged: leaf.event.kind() });
        }
    }
    let (issued, logged) = (claims.iat, leaf.time.seconds());
    if issued < logged { Err(NotVerified::Time { issued, logged }) } else { Ok(outcome) }
}

fn same_code(claimed: &Code, logged: &Code) -> Result<(), NotVerified> {
    if claimed == logged {
        return Ok(());
    }
    Err(NotVerified::Code { claimed: claimed.clone(), logged: logged.clone() })
}
