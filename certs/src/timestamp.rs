//! Time-stamps (RFC 3161): somebody else's word, under a signature, that a signature existed at an instant.

mod token;

pub use token::{MalformedToken, TimeStamp, extract};
