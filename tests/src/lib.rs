//! What black-box tests stand on: real processes, real TLS, real databases, started and stopped by the tests themselves.
//!
//! Nothing here knows the gateway's code: requests are built, signed, sent and their receipts checked as an agency would,
//! from the contract alone.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a harness that cannot go on fails its test"
)]

pub mod binary;
pub mod channel;
pub mod cluster;
pub mod command;
pub mod contract;
pub mod country;
pub mod described;
pub mod document;
pub mod issuer;
pub mod manifest;
pub mod node;
pub mod postgres;
pub mod process;
pub mod receipt;
pub mod sign;
pub mod token;
pub mod tracks;
pub mod volume;
pub mod witness;
