#![forbid(unsafe_code)]
#![warn(missing_docs)]
//! Bytes in, [`Verified`] out.
//!
//! This crate decides whether a document was signed by a person whom an accepted authority vouches for, and says what it relied
//! on. It has no network, no database and no clock: instants are handed in as seconds since 1970 (UTC), lists and answers as bytes.

pub mod algorithm;
pub mod anchors;
pub mod cms;
pub mod envelope;
pub mod gost;
pub mod identity;
mod instant;
#[cfg(feature = "issue")]
pub mod issue;
pub mod jws;
pub mod opinion;
pub mod path;
pub mod profile;
pub mod relied;
pub mod revocation;
pub mod signer;
pub mod timestamp;
pub mod trust;
pub mod untrusted;
pub mod verified;

pub use envelope::{Envelope, EnvelopeKind, MalformedEnvelope, Signed};
pub use identity::{Bin, Iin};
pub use profile::Profile;
pub use relied::Relied;
pub use signer::{Role, Signer};
pub use trust::{Trust, reverify};
pub use untrusted::Untrusted;
pub use verified::Verified;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
pub type UnixTime = i64;
