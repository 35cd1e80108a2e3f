//! Cosignatures of witnesses: C2SP tlog-cosignature, Ed25519 (type 0x04).

use signed_note::Signature;

use crate::key::{SignatureType, VerifierKey};

/// Bytes of the time and of the signature after it.
const TIME: usize = 8;
const ED25519: usize = 64;

/// A verified statement of a witness: as of this time, this was the largest consistent tree it had seen of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: String,
    /// Its key id.
    pub id: u32,
    /// When it signed, in seconds since the epoch.
    pub time: u64,
}

/// What a witness signs: a header, the time, and the whole text of the checkpoint.
pub(crate) fn message(time: u64, text: &[u8]) -> Vec<u8> {
    let mut message = format!("cosignature/v1\ntime {time}\n").into_bytes();
    message.extend_from_slice(text);
    message
}

/// The bytes after the key id in a note's signature line.
pub(crate) fn timestamped(time: u64, signature: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(TIME + ED25519);
    bytes.extend_from_slice(&time.to_be_bytes());
    bytes.extend_from_slice(signature);
    bytes
}

/// The time of the cosignature of `text`, if it is one by `key`.
pub(crate) fn opened(key: &VerifierKey, text: &[u8], bytes: &[u8]) -> Option<u64> {
    let (time, signature) = bytes.split_at_checked(TIME)?;
    let time = u64::from_be_bytes(time.try_into().ok()?);
    // The specification bounds the time, so that it fits a signed integer everywhere.
    let bounded = i64::try_from(time).is_ok();
    let holds = bounded
        && key.kind() == SignatureType::Cosignature
        && signature.len() == ED25519
        && key.verifies(&message(time, text), signature);
    holds.then_some(time)
}

/// The statement in a signature line that was verified with `key`.
pub(crate) fn stated(key: &VerifierKey, signature: &Signature) -> Option<Cosignature> {
    let (time, _) = signature.signature().split_at_checked(TIME)?;
    let time = u64::from_be_bytes(time.try_into().ok()?);
    Some(Cosignature { witness: key.name().to_owned(), id: key.id(), time })
}
