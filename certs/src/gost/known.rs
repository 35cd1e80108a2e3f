//! Keys that signed before.
//!
//! The same few authorities sign every certificate, list and answer, and an officer signs many requests. A key whose signature was right
//! once is kept, and is prepared when it comes again, so that its later signatures cost a third. What is kept decides nothing: the same
//! signature is right or wrong with a kept key and with a fresh one. Somebody with many keys of their own can only
//! push others out and make checks as slow as they were.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock, RwLock};

use super::PublicKey;

/// Keys in a generation. Two generations of prepared 512-bit keys take 5 MiB.
const GENERATION: usize = 256;

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// Keys by their `SubjectPublicKeyInfo`, in two generations: what was not used while the young one filled up is dropped.
#[derive(Default)]
struct Known {
    young: HashMap<Box<[u8]>, Arc<Acquaintance>>,
    old: HashMap<Box<[u8]>, Arc<Acquaintance>>,
}

struct Acquaintance {
    key: PublicKey,
    prepared: OnceLock<PublicKey>,
}

/// The key, prepared, if it signed before. A lock that a panic left behind is as good as an empty memory.
pub(super) fn recall(spki_der: &[u8]) -> Option<PublicKey> {
    let young = KNOWN.read().ok()?.young.get(spki_der).cloned();
    let found = match young {
        Some(found) => found,
        None => {
            let mut known = KNOWN.write().ok()?;
            let (spki, found) = known.old.remove_entry(spki_der)?;
            known.keep(spki, Arc::clone(&found));
            found
        }
    };
    Some(found.prepared.get_or_init(|| found.key.prepare()).clone())
}

/// Keeps a key that just verified a signature.
pub(super) fn remember(spki_der: &[u8], key: &PublicKey) {
    let acquaintance = Acquaintance { key: key.clone(), prepared: OnceLock::new() };
    if let Ok(mut known) = KNOWN.write() {
        known.keep(spki_der.into(), Arc::new(acquaintance));
    }
}

impl Known {
    fn keep(&mut self, spki: Box<[u8]>, acquaintance: Arc<Acquaintance>) {
        if self.young.len() >= GENERATION {
            self.old = core::mem::take(&mut self.young);
        }
        self.young.insert(spki, acquaintance);
    }
}

#[cfg(all(test, feature = "issue"))]
mod tests {
    use super::super::{GostError, PrivateKey, verify};
    use super::*;
    use crate::algorithm::KeyKind;

    /// First, second and third time; good and bad; before, while and after being forgotten.
    #[test]
    fn what_is_kept_changes_no_verdict_and_is_bounded() {
        let kind = KeyKind::Gost2004;
        let signer = PrivateKey::generate(kind).unwrap();
        let (algorithm, _) = signer.public().algorithms();
        let judge = |key: &PrivateKey, message: &[u8], signature: &[u8]| {
            verify(key.spki_der(), &algorithm, message, signature)
        };
        let signature = signer.sign(b"message").unwrap();
        assert_eq!(judge(&signer, b"other", &signature), Err(GostError::BadSignature));
        assert!(recall(signer.spki_der()).is_none(), "a key that signed nothing is not kept");
        for _ in 0..3 {
            assert_eq!(judge(&signer, b"message", &signature), Ok(()));
            assert_eq!(judge(&signer, b"other", &signature), Err(GostError::BadSignature));
        }
        assert!(recall(signer.spki_der()).is_some());
        for _ in 0..2 * GENERATION {
            let other = PrivateKey::generate(kind).unwrap();
            assert_eq!(judge(&other, b"message", &other.sign(b"message").unwrap()), Ok(()));
        }
        let known = KNOWN.read().unwrap();
        assert!(known.young.len() <= GENERATION && known.old.len() <= GENERATION);
        drop(known);
        assert!(recall(signer.spki_der()).is_none(), "a key that was not used for long is forgotten");
        assert_eq!(judge(&signer, b"message", &signature), Ok(()));
    }
}
