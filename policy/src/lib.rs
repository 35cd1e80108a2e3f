#![forbid(unsafe_code)]
#![warn(missing_docs)]
//! The grounds on which the law lets a record out: facts in, [`Granted`] or [`Refused`] out.
//!
//! Pure: no network, no database, no clock. The rules are Cedar policies in `policies/`, one file per clause; what they
//! are proven to guarantee is in `theorems/`. Start with `README.md`, which leads from the clause to the rule to the
//! theorem.

mod body;
mod closed;
mod code;
mod decision;
mod detail;
mod digest;
mod error;
mod facts;
mod files;
mod ground;
mod instant;
mod matrix;
mod policy;
mod proof;
#[cfg(feature = "prove")]
pub mod prove;
mod registry;
mod request;
mod rules;
mod statements;
mod theorem;

pub use body::{BodyKind, ProsecutorRank, Standing};
pub use closed::NotListed;
pub use code::Code;
pub use decision::{Considered, Granted, Reason, Refused};
pub use digest::{Digest, NotADigest};
pub use error::{Place, PolicyError};
pub use facts::{
    ActFacts, BasisFacts, BodyFacts, CaseFacts, ChannelFacts, DebtorFacts, DocumentFacts, Facts, GroundFacts,
    NO_END, OperationFacts, RegistryFacts, ResolutionFacts, SanctionFacts, UrgentFacts, UserFacts,
};
pub use files::{File, PolicyFiles, SCHEMA};
pub use ground::{CaseKind, CaseStatus, Ground, OperationalBasis};
pub use matrix::{Entry, Matrix, MatrixError, Row};
pub use policy::{Policy, SANCTION_FOLLOWS_WITHIN, Verdict};
pub use proof::{Proof, ProofDemand};
pub use registry::{RegistryClass, RegistryState};
pub use theorem::{Claim, Theorem, theorems, theorems_digest};
