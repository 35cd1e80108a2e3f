#![forbid(unsafe_code)]
#![warn(missing_docs)]
//! The grounds on which the law lets a record out: facts in, [`Granted`] or [`Refused`] out.
//!
//! Pure: no network, no database, no clock. The rules are Cedar policies in `policies/`, one file per clause; what they
//! are proven to guarantee is in `theorems/`. Start with `README.md`, which leads from the clause to the rule to the
//! theorem.

mod applied;
mod body;
mod bounds;
mod catalogue;
mod check;
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
mod laxity;
mod matrix;
mod policy;
mod proof;
#[cfg(feature = "prove")]
pub mod prove;
mod registry;
mod replay;
mod request;
mod rules;
pub mod situation;
mod statements;
mod table;
mod theorem;

pub use body::{BodyKind, ProsecutorRank, Standing};
pub use bounds::{MAX_FILE, MAX_FILES};
pub use catalogue::{ActRequired, Catalogue, GroundEntry, OperationEntry, RegistryEntry, grounds};
pub use check::check;
pub use closed::NotListed;
pub use code::Code;
pub use decision::{Considered, Granted, Reason, Refused, Sanctioning};
pub use digest::{Digest, NotADigest};
pub use error::{Place, PolicyError};
pub use facts::{
    ActFacts, BasisFacts, BodyFacts, CaseFacts, ChannelFacts, DebtorFacts, DocumentFacts, Facts, GroundFacts,
    NO_END, OperationFacts, RegistryFacts, ResolutionFacts, SanctionFacts, UrgentFacts, UserFacts,
};
pub use files::{File, PolicyFiles, SCHEMA};
pub use ground::{CaseKind, CaseStatus, Ground, OperationalBasis, Threat};
pub use laxity::{Laxity, Said, SaidOperation};
pub use matrix::{Entry, Matrix, MatrixError, Opening, Row};
pub use policy::{CASE_WORD_LASTS, Policy, SANCTION_FOLLOWS_WITHIN};
pub use proof::{Proof, ProofDemand};
pub use registry::{RegistryClass, RegistryState};
pub use replay::{Change, Decided};
pub use table::RowChange;
pub use theorem::{Claim, Theorem, theorems, theorems_digest};
