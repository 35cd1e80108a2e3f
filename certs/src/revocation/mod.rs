//! Whether a certificate was revoked: good, revoked, or unknown, and unknown refuses.
//!
//! Lists (RFC 5280 §5) and OCSP answers (RFC 6960) are verified once, when they arrive, and then looked up. Read in this order:
//! [`RevocationStore`] takes them and is asked, `lookup` is RFC 5280 §6.3.3, `signer` and `responder` say who may speak for an authority.

mod answer;
mod answers;
mod entries;
mod error;
mod list;
mod lookup;
mod reason;
mod request;
mod responder;
mod response;
mod scope;
mod signer;
mod status;
mod store;
mod terms;

pub use answer::Answer;
pub use error::{AnswerError, ListError};
pub use list::{List, MAX_LIST_BYTES};
pub use reason::Reason;
pub use request::{Nonce, OcspRequest};
pub use response::MAX_RESPONSE_BYTES;
pub use status::{Source, Status, Unknown, Window};
pub use store::{Held, RevocationStore};
pub use terms::Terms;
