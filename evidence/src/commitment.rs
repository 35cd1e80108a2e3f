//! Commitments: a leaf speaks of a fact without telling it.
//!
//! The log is read by many, and lives longer than the personal data it speaks of. So a leaf never holds a plain digest of
//! anything that could be guessed (a record that says `{"wanted":false}`, a person's number): it holds HMAC-SHA-256 under a
//! key that only those who may know the fact possess. Without the key nothing can be confirmed by guessing; with it
//! anyone can check. When the key of a destroyed case is gone, the commitment says nothing to anyone.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::Digest;

/// Separates these commitments from any other use of the same key.
const DOMAIN: &[u8] = b"negiz/commitment/v1\0";

/// What a commitment is about. The number is part of the bytes that are committed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Subject {
    /// The digest of the exact request document. Keyed by the request's id.
    Request = 1,
    /// The digest of the canonical record. Keyed by the request's id.
    Answer = 2,
    /// The signer of the request: the IIN in ASCII. Keyed by the entry's salt.
    Signer = 3,
    /// The case: kind, a colon, number, in UTF-8. Keyed by the entry's salt.
    Case = 4,
    /// The official who acted: administrator, reader, prosecutor. Keyed by the entry's salt.
    Actor = 5,
    /// The statement that holds the content of the entry. Keyed by the entry's salt.
    Content = 6,
}

impl Subject {
    const fn number(self) -> u8 {
        self as u8
    }
}

/// HMAC-SHA-256 over the domain, the subject's number and the value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// Commits to `value` under `salt`.
    #[must_use]
    pub fn new(salt: &Salt, subject: Subject, value: &[u8]) -> Self {
        Self::keyed(&salt.0, subject, value)
    }

    /// A commitment read from a leaf.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, as they stand in a leaf.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether this commits to `value` under `salt`.
    #[must_use]
    pub fn opens(&self, salt: &Salt, subject: Subject, value: &[u8]) -> bool {
        self.matches(&Self::new(salt, subject, value))
    }

    fn matches(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }

    fn keyed(key: &[u8], subject: Subject, value: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let mut context = hmac::Context::with_key(&key);
        context.update(DOMAIN);
        context.update(&[subject.number()]);
        context.update(value);
        let mut bytes = [0; 32];
        // The tag of HMAC-SHA-256 is 32 bytes long, so every byte is replaced.
        for (byte, tag) in bytes.iter_mut().zip(context.sign().as_ref()) {
            *byte = *tag;
        }
        Self(bytes)
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Commitment({})", Digest::from_bytes(self.0))
    }
}

/// 32 random bytes that key the commitments of one entry. Kept with the entry's encrypted content and destroyed with
/// it; disclosed in an evidence bundle to open them.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Salt([u8; 32]);

impl Salt {
    /// Fresh bytes from the operating system's generator.
    ///
    /// # Errors
    /// [`NoRandomness`] if the generator fails.
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(bytes))
    }

    /// A salt that was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept with the encrypted content. Whoever holds them can confirm guesses.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system's random generator failed")]
pub struct NoRandomness;

/// The request's id as the key of what a receipt must be able to open.
///
/// A receipt names the id (`jti`), so its holder can check that the leaf speaks of this very request and answer, without
/// further material. The log never shows the id. Its 74 or more random bits (RFC 9562 sections 5.4 and 5.7) are what
/// keeps others from confirming guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId<'a>(&'a str);

/// The longest id a receipt may name, in bytes. A UUID takes 36.
pub const MAX_REQUEST_ID: usize = 64;

/// A text that cannot be a request's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a request id is 1 to {MAX_REQUEST_ID} visible ASCII characters")]
pub struct RequestIdMalformed;

impl<'a> RequestId<'a> {
    /// The id as it stands in the `jti` claim, byte for byte.
    ///
    /// # Errors
    /// [`RequestIdMalformed`]. HMAC hashes keys longer than its block and pads shorter ones with zero bytes, so without
    /// this limit two different ids could key the same commitment.
    pub fn parse(id: &'a str) -> Result<Self, RequestIdMalformed> {
        let fits = (1..=MAX_REQUEST_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(id)) } else { Err(RequestIdMalformed) }
    }

    /// The id's text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// Commits to the request.
    #[must_use]
    pub fn request(&self, digest: &Digest) -> Commitment {
        Commitment::keyed(self.0.as_bytes(), Subject::Request, digest.as_bytes())
    }

    /// Commits to the answer to it.
    #[must_use]
    pub fn answer(&self, digest: &Digest) -> Commitment {
        Commitment::keyed(self.0.as_bytes(), Subject::Answer, digest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_to_the_same_salt_subject_and_value() {
        let salt = Salt::from_bytes([7; 32]);
        let commitment = Commitment::new(&salt, Subject::Signer, b"900101300017");
        assert!(commitment.opens(&salt, Subject::Signer, b"900101300017"));
        assert!(!commitment.opens(&salt, Subject::Case, b"900101300017"));
        assert!(!commitment.opens(&salt, Subject::Signer, b"900101300018"));
        assert!(!commitment.opens(&Salt::from_bytes([8; 32]), Subject::Signer, b"900101300017"));
    }

    #[test]
    fn is_hmac_sha_256_over_domain_subject_and_value() {
        // Computed with: printf 'negiz/commitment/v1\0\001'"$32_ZERO_BYTES" | openssl dgst -sha256 -hmac key
        let commitment = RequestId::parse("key").unwrap().request(&Digest::from_bytes([0; 32]));
        assert_eq!(hex::encode(commitment.as_bytes()), VECTOR);
    }

    const VECTOR: &str = "6986a98f94ed5dc86891ce78c8a08235942a72711e514cd971b613bfb4b3cff4";

    #[test]
    fn refuses_ids_that_would_share_a_key() {
        for id in ["", "key\0", "key ", "ключ", &"k".repeat(65)] {
            assert_eq!(RequestId::parse(id), Err(RequestIdMalformed), "{id:?}");
        }
    }

    #[test]
    fn a_salt_is_never_printed() {
        assert_eq!(format!("{:?}", Salt::from_bytes([7; 32])), "Salt(…)");
    }
}
