//! Keys and signatures of our own making: for the client command, the demonstration and tests. Nothing that decides depends on it.

pub mod key;

pub use key::{KeyError, SigningKey};
