//! What black-box tests stand on: real databases, started and stopped by the tests themselves.
#![forbid(unsafe_code)]

pub mod postgres;
