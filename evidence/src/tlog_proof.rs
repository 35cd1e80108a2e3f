//! Proofs that stand alone: C2SP tlog-proof, one entry and all that shows it is in the log.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, CheckpointMalformed, CheckpointRefused, SignedHead};
use crate::cosignature::Cosignature;
use crate::decimal;
use crate::key::VerifierKey;
use crate::leaf_bytes::MAX_LEAF;
use crate::node::NodeHash;
use crate::proof::{MAX_PROOF, ProofInvalid, verify_inclusion};
use crate::quorum::{Quorum, QuorumMissing};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The most extra data that is read: the leaf, and nothing else is put there.
const MAX_EXTRA: usize = MAX_LEAF;

/// An inclusion proof with its checkpoint. In the files of this project `extra` holds the leaf's bytes.
#[derive(Debug, PartialEq)]
pub struct TlogProof {
    /// Unauthenticated bytes; the leaf, whose hash the proof then shows to be in the log.
    pub extra: Option<Vec<u8>>,
    /// The leaf's index.
    pub index: u64,
    /// Its inclusion proof.
    pub hashes: Vec<NodeHash>,
    /// The checkpoint, with any cosignatures.
    pub checkpoint: Checkpoint,
}

/// A text that is not a tlog-proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofMalformed {
    /// The first line is another.
    #[error("the first line is not {HEADER}")]
    Header,
    /// No blank line before a checkpoint.
    #[error("no empty line before the checkpoint")]
    Blank,
    /// The extra line is not base64 or too long.
    #[error("the extra line is not base64 of at most {MAX_EXTRA} bytes")]
    Extra,
    /// The index line is missing or not decimal.
    #[error("the index line is missing or not decimal")]
    Index,
    /// A hash is not one, or there are too many.
    #[error("the proof is not at most {MAX_PROOF} hashes")]
    Hashes,
    /// The checkpoint cannot be read.
    #[error("the checkpoint cannot be read")]
    Checkpoint(#[source] CheckpointMalformed),
}

/// A leaf that is not shown to be in the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLogged {
    /// The checkpoint is not the log's.
    #[error("the checkpoint does not verify")]
    Checkpoint(#[source] CheckpointRefused),
    /// The leaf is not in its tree.
    #[error("the leaf is not proven to be in the log")]
    Inclusion(#[source] ProofInvalid),
    /// Too few witnesses cosigned.
    #[error("the checkpoint is not cosigned as asked for")]
    Witnesses(#[source] QuorumMissing),
}

impl TlogProof {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`TlogProofMalformed`].
    pub fn parse(text: &str) -> Result<Self, TlogProofMalformed> {
        let (head, checkpoint) = text.split_once("\n\n").ok_or(TlogProofMalformed::Blank)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(TlogProofMalformed::Header);
        }
        let extra = lines.peek().and_then(|line| line.strip_prefix("extra ")).map(extra_bytes).transpose()?;
        if extra.is_some() {
            lines.next();
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal::parse);
        let index = index.ok_or(TlogProofMalformed::Index)?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == MAX_PROOF {
                return Err(TlogProofMalformed::Hashes);
            }
            hashes.push(NodeHash::from_base64(line).ok_or(TlogProofMalformed::Hashes)?);
        }
        let checkpoint = Checkpoint::parse(checkpoint).map_err(TlogProofMalformed::Checkpoint)?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// Checks that `leaf` is at the index in a tree that one of `logs` signed and `quorum` cosigned.
    ///
    /// # Errors
    /// [`NotLogged`].
    pub fn verify(
        &self,
        leaf: &[u8],
        logs: &[VerifierKey],
        quorum: &Quorum,
    ) -> Result<(SignedHead, Vec<Cosignature>), NotLogged> {
        let signed = self.checkpoint.verify(logs).map_err(NotLogged::Checkpoint)?;
        verify_inclusion(&self.hashes, signed.head(), self.index, NodeHash::of_leaf(leaf))
            .map_err(NotLogged::Inclusion)?;
        let cosignatures = quorum.verify(&self.checkpoint).map_err(NotLogged::Witnesses)?;
        Ok((signed, cosignatures))
    }
}

fn extra_bytes(encoded: &str) -> Result<Vec<u8>, TlogProofMalformed> {
    if encoded.len() > MAX_EXTRA.saturating_mul(2) {
        return Err(TlogProofMalformed::Extra);
    }
    let bytes = STANDARD.decode(encoded).map_err(|_| TlogProofMalformed::Extra)?;
    if bytes.len() > MAX_EXTRA { Err(TlogProofMalformed::Extra) } else { Ok(bytes) }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{hash}")?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
