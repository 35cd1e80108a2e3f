//! Keys in PKCS#11 tokens: hardware security modules, smart cards, SoftHSM. A private key never leaves its token; the gateway
//! asks the token for signatures.

mod key;
mod module;
mod public;
mod seat;
pub(crate) mod tls;
mod uri;

use std::path::PathBuf;

use crate::config::ConfigError;

pub use key::{Hash, Scheme, TokenKey};
pub use public::PublicKey;
pub use uri::{Pkcs11Uri, UriError};

/// Why a key in a token cannot be used. Never says a PIN.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs11Error {
    #[error("the PKCS#11 module {} cannot be loaded", module.display())]
    Module { module: PathBuf, source: cryptoki::error::Error },
    #[error("expected module-path in the URI, or pkcs11.module")]
    NoModule,
    #[error("no token fits {wanted}; the module has {found}")]
    NoToken { wanted: String, found: String },
    #[error("{count} tokens fit {wanted}, expected one; serial tells them apart")]
    Tokens { wanted: String, count: usize },
    #[error("the token asks for a PIN: expected pin-source in the URI, or pkcs11.pin")]
    NoPin,
    #[error(transparent)]
    PinFile(#[from] ConfigError),
    #[error("{}: is not the user PIN of the token {token}; it is not tried again, for tokens lock themselves", file.display())]
    Pin { file: PathBuf, token: String },
    #[error("the user PIN of the token {token} is locked")]
    PinLocked { token: String },
    #[error("no private key fits {wanted} in the token {token}")]
    NoObject { wanted: String, token: String },
    #[error("{count} private keys fit {wanted} in the token {token}, expected one; id tells them apart")]
    Objects { wanted: String, token: String, count: usize },
    #[error("the token has no public key object beside the private key, with the same id or label")]
    NoPublicKey,
    #[error("found {found}, expected {expected}")]
    Kind { found: &'static str, expected: &'static str },
    #[error("its signature does not verify with the public key object beside it")]
    Mismatch,
    #[error("another key is now where this one was; restart the gateway if that is meant")]
    Replaced,
    #[error("a moment ago: {0}")]
    Resting(String),
    #[error("{0}")]
    Stopped(String),
    #[error("the token did not do it ({})", short(.0))]
    Call(cryptoki::error::Error),
}

impl From<cryptoki::error::Error> for Pkcs11Error {
    fn from(error: cryptoki::error::Error) -> Self {
        Self::Call(error)
    }
}

/// The function and the name of what it returned, as the standard has them; the library's own text is a paragraph.
fn short(error: &cryptoki::error::Error) -> String {
    match error {
        cryptoki::error::Error::Pkcs11(returned, function) => format!("C_{function:?}: {returned:?}"),
        other => other.to_string(),
    }
}

impl Pkcs11Error {
    /// Whether it may be over when the module begins anew: a token that is gone, a session it forgot.
    const fn is_outage(&self) -> bool {
        matches!(self, Self::NoToken { .. } | Self::NoObject { .. } | Self::NoPublicKey | Self::Call(_))
    }

    /// Whether another try would bring the token nearer to locking itself.
    const fn is_final(&self) -> bool {
        matches!(self, Self::Pin { .. } | Self::PinLocked { .. } | Self::Replaced)
    }
}
