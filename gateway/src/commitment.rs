//! Keyed commitments: the same person or case gives the same 32 bytes on every node, and nothing to anyone without the key.

use certs::Iin;
use ring::hmac;
use secrecy::{ExposeSecret, SecretSlice};

/// The deployment's commitment key.
pub struct Commitments {
    key: hmac::Key,
}

impl std::fmt::Debug for Commitments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Commitments(…)")
    }
}

impl Commitments {
    /// From the bytes of the key file; at least 32.
    #[must_use]
    pub fn new(key: &SecretSlice<u8>) -> Option<Self> {
        let bytes = key.expose_secret();
        (bytes.len() >= 32).then(|| Self { key: hmac::Key::new(hmac::HMAC_SHA256, bytes) })
    }

    /// Stands for a signer: in claims of request ids, in rates, in policy facts.
    #[must_use]
    pub fn signer(&self, iin: &Iin) -> [u8; 32] {
        self.commit(&[b"signer", iin.as_str().as_bytes()])
    }

    /// Stands for a case: names its data key.
    #[must_use]
    pub fn case(&self, kind: &str, number: &str) -> [u8; 32] {
        self.commit(&[b"case", kind.as_bytes(), number.as_bytes()])
    }

    /// Stands for entries that rest on no case: one data key for each agency and day.
    #[must_use]
    pub fn day(&self, agency: &str, day: i64) -> [u8; 32] {
        self.commit(&[b"day", agency.as_bytes(), &day.to_be_bytes()])
    }

    /// Stands for the subject of a request.
    #[must_use]
    pub fn subject(&self, canonical: &[u8]) -> [u8; 32] {
        self.commit(&[b"subject", canonical])
    }

    /// Binds a page of a search to that search.
    #[must_use]
    pub fn page(&self, search: &[u8]) -> [u8; 32] {
        self.commit(&[b"page", search])
    }

    // Lengths go in front of the parts, so that no two lists of parts give the same bytes.
    fn commit(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        for (byte, tag) in bytes.iter_mut().zip(context.sign().as_ref()) {
            *byte = *tag;
        }
        bytes
    }
}
