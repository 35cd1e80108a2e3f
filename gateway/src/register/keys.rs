//! From names to keys of the register, for those who index and those who search.

use std::sync::Arc;

use certs::{Bin, Iin};
use policy::{CaseKind, Ground};

use super::Key;
use crate::commitment::Commitments;

/// Makes the register's keys.
#[derive(Clone, Debug)]
pub struct Keyring {
    commitments: Arc<Commitments>,
}

impl Keyring {
    #[must_use]
    pub fn new(commitments: Arc<Commitments>) -> Self {
        Self { commitments }
    }

    /// Stands for a signer.
    #[must_use]
    pub fn officer(&self, iin: &Iin) -> Key {
        shortened(&self.commitments.signer(iin))
    }

    /// Stands for whom or what was asked about: the value of the parameter that the operation calls its subject.
    #[must_use]
    pub fn subject(&self, value: &str) -> Key {
        shortened(&self.commitments.subject(value.as_bytes()))
    }

    /// Stands for a case. `kind` is the kind of the case, or the ground where no kind of case stands behind it.
    #[must_use]
    pub fn case(&self, kind: &str, number: &str) -> Key {
        shortened(&self.commitments.case(kind, number))
    }

    /// Names the data key of a case, whichever agency asks in it.
    #[must_use]
    pub fn case_ref(&self, kind: &str, number: &str) -> [u8; 32] {
        self.commitments.case(kind, number)
    }

    /// Names the data key of an agency's material: that of the case, or of what the agency numbers so on a ground that rests on none.
    #[must_use]
    pub fn material_ref(&self, kind: &str, number: &str, agency: &Bin) -> [u8; 32] {
        self.commitments.material(kind, number, agency.as_str())
    }

    /// Stands for every case that `text` may name: `criminal:2575…`, or the number alone.
    #[must_use]
    pub fn cases(&self, text: &str) -> Vec<Key> {
        let kinds = || CaseKind::ALL.iter().map(|kind| kind.as_str());
        let grounds = Ground::ALL.iter().filter(|ground| ground.case_kind().is_none());
        let all: Vec<&str> = kinds().chain(grounds.map(|ground| ground.as_str())).collect();
        match text.split_once(':') {
            Some((kind, number)) if all.contains(&kind) => vec![self.case(kind, number)],
            _ => all.iter().map(|kind| self.case(kind, text)).collect(),
        }
    }

    /// Binds a page to the search it belongs to.
    #[must_use]
    pub fn page(&self, search: &[u8]) -> Key {
        shortened(&self.commitments.page(search))
    }
}

/// 128 bits: no two of any number of persons share them, and an index over them is half as large.
pub(super) fn shortened(commitment: &[u8; 32]) -> Key {
    Key::from_bytes(commitment.first_chunk().copied().unwrap_or_default())
}
