//! Receipts: what the holder of an answer, refusal or failure can show to anyone.
//!
//! A receipt is a JWS whose claims are repeated, in commitments, by the leaf it carries; the leaf is proven to be in the
//! log. So a stolen receipt key alone makes no receipts: the log must have the leaf too. See `docs/evidence/receipt.md`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize, Serializer};

use crate::code::Code;
use crate::commitment::RequestId;
use crate::digest::Digest;
use crate::node::NodeHash;

/// `typ` of the header (RFC 8725 section 3.11): no other JWT of the deployment can be taken for a receipt.
pub const TYPE: &str = "receipt+jwt";

/// Longer receipts are refused unread: a checkpoint of the greatest length, in base64 twice, and room.
pub const MAX_RECEIPT: usize = 256 * 1024;

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Answered, with the digest of the canonical record ([`crate::canonical::canonical_digest`]).
    Answered(Digest),
    /// Refused, with the refusal code.
    Refused(Code),
    /// Granted, but the registry failed or the gateway was interrupted.
    Failed(Code),
}

/// Where the log has it.
#[derive(Debug, Clone)]
pub struct Logged {
    /// The log.
    pub origin: String,
    /// The leaf's index.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// The inclusion proof against the checkpoint.
    pub proof: Vec<NodeHash>,
    /// The checkpoint's text, with cosignatures if there are any.
    pub checkpoint: String,
}

/// What a receipt is made of.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    /// Who issues it: the deployment's name.
    pub issuer: &'a str,
    /// When, in seconds since the epoch. Not before the leaf's time.
    pub issued: u64,
    /// The request's id; one minted by the gateway if the document had none that could be read.
    pub id: RequestId<'a>,
    /// The digest of the exact request document, or of the whole body if it held no document.
    pub request: Digest,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// Where the log has it.
    pub logged: &'a Logged,
}

/// The value of `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutcomeName {
    Answered,
    Refused,
    Failed,
}

/// The claims, as they are read.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) iat: u64,
    pub(crate) jti: String,
    pub(crate) request: Digest,
    pub(crate) answer: Option<Digest>,
    pub(crate) outcome: OutcomeName,
    pub(crate) code: Option<Code>,
    pub(crate) log: LogClaim,
}

/// The claim `log`.
#[derive(Debug, Deserialize)]
pub(crate) struct LogClaim {
    pub(crate) origin: String,
    pub(crate) index: u64,
    /// Base64 (RFC 4648 section 4), as the hashes in `proof`.
    pub(crate) leaf: String,
    pub(crate) proof: Vec<String>,
    pub(crate) checkpoint: String,
}

/// The protected header. Members beyond these are refused: none is needed, and `crit`, `jku`, `jwk`, `x5u` would each ask
/// the verifier to do something.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: String,
    pub(crate) typ: String,
}

/// The claims as they are written: as [`Claims`], of borrowed parts. Signing a receipt is on the path of every request.
#[derive(Debug, Serialize)]
pub(crate) struct WrittenClaims<'a> {
    iss: &'a str,
    iat: u64,
    jti: &'a str,
    request: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Digest>,
    outcome: OutcomeName,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a Code>,
    log: WrittenLog<'a>,
}

#[derive(Debug, Serialize)]
struct WrittenLog<'a> {
    origin: &'a str,
    index: u64,
    #[serde(serialize_with = "base64_text")]
    leaf: &'a [u8],
    #[serde(serialize_with = "base64_texts")]
    proof: &'a [NodeHash],
    checkpoint: &'a str,
}

fn base64_text<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn base64_texts<S: Serializer>(hashes: &[NodeHash], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(hashes.iter().map(|hash| STANDARD.encode(hash.as_bytes())))
}

impl Receipt<'_> {
    pub(crate) fn claims(&self) -> WrittenClaims<'_> {
        let (outcome, answer, code) = match self.outcome {
            Outcome::Answered(digest) => (OutcomeName::Answered, Some(*digest), None),
            Outcome::Refused(code) => (OutcomeName::Refused, None, Some(code)),
            Outcome::Failed(code) => (OutcomeName::Failed, None, Some(code)),
        };
        let log = WrittenLog {
            origin: &self.logged.origin,
            index: self.logged.index,
            leaf: &self.logged.leaf,
            proof: &self.logged.proof,
            checkpoint: &self.logged.checkpoint,
        };
        WrittenClaims {
            iss: self.issuer,
            iat: self.issued,
            jti: self.id.as_str(),
            request: self.request,
            answer,
            outcome,
            code,
            log,
        }
    }
}
