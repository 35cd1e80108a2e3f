//! Keyed commitments: the same person or case gives the same 32 bytes on every node, and nothing to anyone without the key.

use certs::Iin;
use policy::CaseKind;
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

    /// Stands for a case, or for what is numbered so on a ground that rests on none, whosever it is.
    #[must_use]
    pub fn case(&self, kind: &str, number: &str) -> [u8; 32] {
        self.commit(&[b"case", kind.as_bytes(), number.as_bytes()])
    }

    /// Stands for the material that `agency`'s entries go into: names its data key. Registries number cases so that a number names one
    /// case of a kind; of material that rests on a ground alone two bodies may use one number, and it is not one material for that.
    #[must_use]
    pub fn material(&self, kind: &str, number: &str, agency: &str) -> [u8; 32] {
        match kind.parse::<CaseKind>() {
            Ok(_) => self.case(kind, number),
            Err(_) => self.commit(&[b"material", kind.as_bytes(), number.as_bytes(), agency.as_bytes()]),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    // SLS 16-3(3)
    #[test]
    fn a_case_is_one_for_all_and_a_record_is_its_bodys() {
        let commitments = Commitments::new(&SecretSlice::from(vec![7; 32])).expect("32 bytes");
        let (ours, theirs) = ("940740000015", "100940000092");
        assert_eq!(commitments.material("criminal", "1", ours), commitments.case("criminal", "1"));
        assert_eq!(
            commitments.material("criminal", "1", theirs),
            commitments.material("criminal", "1", ours)
        );
        let own = commitments.material("operational", "1", ours);
        assert_ne!(own, commitments.material("operational", "1", theirs));
        assert_ne!(
            own,
            commitments.case("operational", "1"),
            "as it was before bodies had keys of their own"
        );
        assert_ne!(own, commitments.material("operational", "11", "40740000015"));
    }
}
