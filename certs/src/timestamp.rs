//! Time-stamps (RFC 3161): somebody else's word, under a signature, that a signature existed at an instant.

mod request;
mod token;

pub use request::StampRequest;
pub use token::{MalformedToken, TimeStamp, extract};
