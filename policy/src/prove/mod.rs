//! Proving: every theorem, for every request there could ever be, by symbolic compilation (`cedar-policy-symcc`) and the solver
//! `cvc5`. Built with the feature `prove`.
//!
//! Of a set of rules it is shown that
//! - every theorem of `theorems/` holds;
//! - no rule can ever err (an erring `forbid` would be skipped and so fail open);
//! - every rule matters: without it some request would be decided otherwise. A rule that never matters is a misunderstanding.
//!
//! What holds for all requests is shown by the solver; that there is one, by an example if one is at hand, else by the solver.

mod claim;
mod counterexample;
mod prover;
mod report;
mod weakening;
mod witness;

pub use prover::{ProveError, Prover};
pub use report::{Finding, Outcome, Report};
pub use weakening::Weakening;
