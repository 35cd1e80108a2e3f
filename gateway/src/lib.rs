//! Negiz: no record without a verified ground, and a proof of every answer and refusal.
//!
//! Read `exchange.rs` first: it is the law's procedure on one screen.
#![forbid(unsafe_code)]

pub mod clock;
pub mod enrolment;
pub mod entry;
pub mod import;
pub mod refusal;
pub mod replica;
pub mod store;
