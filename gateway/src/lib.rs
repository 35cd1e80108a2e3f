//! Negiz: no record without a verified ground, and a proof of every answer and refusal.
//!
//! Read `exchange.rs` first: it is the law's procedure on one screen.
#![forbid(unsafe_code)]

pub mod admin;
pub mod admission;
pub mod clock;
pub mod config;
pub mod enrolment;
pub mod entry;
pub mod listener;
pub mod problem;
pub mod refusal;
pub mod replica;
pub mod store;
pub mod telemetry;
