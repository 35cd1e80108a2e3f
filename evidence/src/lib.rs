#![forbid(unsafe_code)]
#![warn(missing_docs)]
//! What happened, as leaves, trees, checkpoints, receipts and bundles that anyone can check.
//!
//! Auditors link this crate and need to trust neither the gateway nor its database: every check starts from bytes and public
//! keys. It knows no HTTP, no SQL and no clock; time is passed in. The formats are specified in `docs/evidence/`.
//!
//! Read in this order: [`leaf`] (what the log says), [`tree`] (how it grows), [`checkpoint`] (what the log signs), [`receipt`] (what the
//! holder of an answer gets), [`quorum`] (who watches the log).

pub mod archive;
pub mod audit;
pub mod bundle;
pub mod bundle_check;
pub mod canonical;
pub mod checkpoint;
pub mod code;
pub mod commitment;
pub mod cosignature;
mod decimal;
pub mod digest;
pub mod instant;
pub mod jwk;
pub mod key;
pub mod leaf;
pub mod leaf_bytes;
pub mod log_signer;
pub mod node;
pub mod outline;
pub mod proof;
pub mod quorum;
pub mod receipt;
pub mod receipt_check;
pub mod receipt_signer;
pub mod report;
pub mod signature_check;
pub mod statement;
mod statement_check;
pub mod tile;
pub mod tlog_proof;
pub mod tree;
pub mod witness;

pub use audit::{Audit, Audited};
pub use bundle::Bundle;
pub use bundle_check::{Trust, verify_bundle};
pub use canonical::canonical_digest;
pub use checkpoint::{Checkpoint, SignedHead};
pub use code::Code;
pub use commitment::{Commitment, RequestId, Salt, Subject};
pub use digest::Digest;
pub use instant::UnixMillis;
pub use jwk::{Algorithm, JwkSet, ReceiptKey};
pub use key::VerifierKey;
pub use leaf::{Event, Kind, Leaf};
pub use log_signer::{Cosigner, LogSigner};
pub use node::{NodeHash, NodeSource};
pub use quorum::Quorum;
pub use receipt::{Logged, Outcome, Receipt};
pub use receipt_check::{NotVerified, VerifiedReceipt, verify_receipt};
pub use receipt_signer::ReceiptSigner;
pub use report::Report;
pub use signature_check::{Signatory, SignatureCheck, SignedRequest, StampedBytes};
pub use statement::Statement;
pub use tile::Tile;
pub use tlog_proof::TlogProof;
pub use tree::{Appended, Head, Tree};
