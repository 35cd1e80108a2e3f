//! Negiz: no record without a verified ground, and a proof of every answer and refusal.
//!
//! Read `exchange.rs` first: it is the law's procedure on one screen.
#![forbid(unsafe_code)]

pub mod admin;
pub mod admission;
pub mod authorities;
pub mod cases;
pub mod catalogue;
pub mod channel;
pub mod client;
pub mod clock;
pub mod command;
pub mod commitment;
pub mod config;
pub mod console;
pub mod decisions;
pub mod declined;
pub mod demo;
pub mod destruction;
pub mod document;
pub mod dossier;
pub mod enrolment;
pub mod entry;
pub mod exchange;
pub mod import;
pub mod journal;
pub mod json;
pub mod keys;
pub mod listener;
pub mod openapi;
pub mod outcome;
pub mod paper;
pub mod policies;
pub mod problem;
pub mod reconciled;
pub mod refusal;
pub mod register;
pub mod registries;
pub mod replica;
pub mod rotation;
pub mod routes;
pub mod seal;
pub mod serve;
pub mod signals;
pub mod stopwatch;
pub mod store;
pub mod submission;
pub mod table;
pub mod telemetry;
pub mod trust;
pub mod upstream;
pub mod users;
pub mod vault;
pub mod verify;
