//! The witness: cosigns a checkpoint of a log only if it extends the one it cosigned last (C2SP tlog-witness).
//!
//! This is the pure part of `add-checkpoint`. The caller reads the latest cosigned head, asks [`add_checkpoint`], and makes the new
//! head durable before it answers, all under one lock per origin: between two requests the head must not go back.

use crate::checkpoint::{Checkpoint, CheckpointRefused, MAX_CHECKPOINT};
use crate::decimal;
use crate::key::VerifierKey;
use crate::log_signer::{Cosigner, NotSigned};
use crate::node::NodeHash;
use crate::proof::{MAX_PROOF, ProofInvalid, verify_consistency};
use crate::tree::Head;

/// Longer bodies are refused unread: the size line, the proof, and the longest checkpoint.
pub const MAX_BODY: usize = 32 + MAX_PROOF * 45 + MAX_CHECKPOINT;

/// The media type of the body of a 409.
pub const CONFLICT_TYPE: &str = "text/x.tlog.size";

/// The body of an `add-checkpoint` request.
#[derive(Debug, PartialEq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint the witness is believed to have cosigned last.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<NodeHash>,
    /// The new checkpoint.
    pub checkpoint: Checkpoint,
}

/// Why a witness does not cosign. Each has its HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// 400: the body is not a request.
    #[error("the request is malformed: {0}")]
    Malformed(&'static str),
    /// 400: the old size is beyond the checkpoint.
    #[error("the old size {old} is greater than the checkpoint's {size}")]
    Backwards {
        /// As sent.
        old: u64,
        /// Of the checkpoint.
        size: u64,
    },
    /// 404: the witness has no key for this origin.
    #[error("the log {0} is not known here")]
    UnknownLog(String),
    /// 403: not signed by a known key of the log.
    #[error("the checkpoint is not signed by the log")]
    Forbidden(#[source] CheckpointRefused),
    /// 409: the old size is not that of the checkpoint cosigned last.
    #[error("the old size is {old}, the checkpoint cosigned last has {latest}")]
    Conflict {
        /// As sent.
        old: u64,
        /// Of the checkpoint cosigned last.
        latest: u64,
    },
    /// 409: of the size of the checkpoint cosigned last, with another root.
    #[error("the checkpoint of size {size} has another root than the one cosigned last")]
    Forked {
        /// Of both.
        size: u64,
    },
    /// 422: the new tree does not begin with the old one.
    #[error("the checkpoint is not proven to extend the one cosigned last")]
    Inconsistent(#[source] ProofInvalid),
    /// 500: the witness's key failed.
    #[error("the checkpoint could not be cosigned")]
    NotCosigned(#[source] NotSigned),
}

impl Rejection {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) | Self::Backwards { .. } => 400,
            Self::Forbidden(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::Conflict { .. } | Self::Forked { .. } => 409,
            Self::Inconsistent(_) => 422,
            Self::NotCosigned(_) => 500,
        }
    }

    /// The body of the answer: of a 409 the latest size and a newline ([`CONFLICT_TYPE`]), else the reason as text.
    #[must_use]
    pub fn body(&self) -> String {
        match self {
            Self::Conflict { latest: size, .. } | Self::Forked { size } => format!("{size}\n"),
            other => format!("{other}\n"),
        }
    }
}

/// The size in the body of a 409: where the witness stands.
#[must_use]
pub fn conflict_size(body: &str) -> Option<u64> {
    decimal::parse(body.strip_suffix('\n')?)
}

impl AddCheckpoint {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`Rejection::Malformed`].
    pub fn parse(body: &str) -> Result<Self, Rejection> {
        if body.len() > MAX_BODY {
            return Err(Rejection::Malformed("the body is too long"));
        }
        let (head, checkpoint) =
            body.split_once("\n\n").ok_or(Rejection::Malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal::parse);
        let old = old.ok_or(Rejection::Malformed("the first line is old <size>"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == MAX_PROOF {
                return Err(Rejection::Malformed("more than 63 proof lines"));
            }
            proof
                .push(NodeHash::from_base64(line).ok_or(Rejection::Malformed("a proof line is not a hash"))?);
        }
        let checkpoint = Checkpoint::parse(checkpoint)
            .map_err(|_| Rejection::Malformed("the checkpoint cannot be read"))?;
        Ok(Self { old, proof, checkpoint })
    }

    /// The request body.
    #[must_use]
    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&format!("{hash}\n"));
        }
        format!("{body}\n{}", self.checkpoint)
    }
}

/// A checkpoint that may be answered with a cosignature once its head is durable.
#[derive(Debug, PartialEq)]
pub struct Cosigned {
    /// The log.
    pub origin: String,
    /// What the witness must remember.
    pub head: Head,
    /// The body of the 200: the signature line.
    pub line: String,
    /// The checkpoint with the cosignature, for the witness's own `…/checkpoint`.
    pub checkpoint: Checkpoint,
}

/// Judges a request in the order of the specification.
///
/// `logs` are the keys of the logs this witness watches; `latest` is the head it cosigned last for [`Checkpoint::origin`] ([`Head::EMPTY`] if
/// none); `now` is in seconds since the epoch.
///
/// # Errors
/// [`Rejection`]; the latest head is then unchanged.
pub fn add_checkpoint(
    request: &AddCheckpoint,
    cosigner: &Cosigner,
    logs: &[VerifierKey],
    latest: &Head,
    now: u64,
) -> Result<Cosigned, Rejection> {
    let (signed, bare) = request.checkpoint.verified(logs).map_err(|refused| match refused {
        CheckpointRefused::UnknownOrigin(origin) => Rejection::UnknownLog(origin),
        other => Rejection::Forbidden(other),
    })?;
    let new = *signed.head();
    if request.old > new.size {
        return Err(Rejection::Backwards { old: request.old, size: new.size });
    }
    if request.old != latest.size {
        return Err(Rejection::Conflict { old: request.old, latest: latest.size });
    }
    if latest.size > 0 && new.size == latest.size && new.root != latest.root {
        return Err(Rejection::Forked { size: latest.size });
    }
    verify_consistency(&request.proof, latest, &new).map_err(Rejection::Inconsistent)?;
    let line = cosigner.cosign(&request.checkpoint, now).map_err(Rejection::NotCosigned)?;
    // Lines by others are not this witness's to publish, and one in its own name that does not verify would spoil the note.
    let checkpoint = bare
        .with_signatures(&line)
        .map_err(|_| Rejection::Malformed("the checkpoint has no room for a cosignature"))?;
    Ok(Cosigned { origin: signed.origin().to_owned(), head: new, line, checkpoint })
}

/// The checkpoint with the cosignature in a witness's answer, if it is one by `witness`. All other lines are left out.
#[must_use]
pub fn cosigned_by(checkpoint: &Checkpoint, answer: &str, witness: &VerifierKey) -> Option<Checkpoint> {
    if answer.len() > MAX_CHECKPOINT {
        return None;
    }
    let key = std::slice::from_ref(witness);
    answer.split_inclusive('\n').find_map(|line| {
        let cosigned = checkpoint.with_signatures(line).ok()?;
        let found = cosigned.cosignatures(key).ok()?;
        (!found.is_empty()).then_some(cosigned)
    })
}
