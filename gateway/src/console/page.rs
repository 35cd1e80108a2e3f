//! Cursors: where the next page of a search begins. Opaque, and good for the search they came from alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::Millis;
use crate::refusal::{Code, Refusal};
use crate::register::{Keyring, Place};

/// The place after a row.
pub(super) type After = (Millis, Place);

/// Writes and reads the cursors of one search by one reader.
pub(super) struct Cursors<'a> {
    keyring: &'a Keyring,
    /// The reader and the filters in one spelling.
    search: Vec<u8>,
}

impl<'a> Cursors<'a> {
    pub(super) fn of(keyring: &'a Keyring, search: Vec<u8>) -> Self {
        Self { keyring, search }
    }

    /// The cursor that leads on from a row.
    pub(super) fn write(&self, after: After) -> String {
        let place = bytes(after);
        let mut cursor = place.to_vec();
        cursor.extend_from_slice(self.seal(&place).as_bytes());
        URL_SAFE_NO_PAD.encode(cursor)
    }

    /// # Errors
    /// `parameters-invalid` for what is no cursor of this search.
    pub(super) fn read(&self, cursor: &str) -> Result<After, Refusal> {
        let read = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| self.open(&bytes));
        read.ok_or_else(|| {
            let detail = "`cursor`: expected the `next` of a page of this very search.";
            Refusal::new(Code::ParametersInvalid, detail)
        })
    }

    fn open(&self, cursor: &[u8]) -> Option<After> {
        let (place, seal) = cursor.split_first_chunk::<16>()?;
        let (at, index) = place.split_first_chunk::<8>()?;
        let index: [u8; 8] = index.try_into().ok()?;
        let after = (Millis(i64::from_be_bytes(*at)), Place(i64::from_be_bytes(index)));
        // Not a secret: it only spares a reader pages that make no sense.
        (self.seal(place).as_bytes() == seal).then_some(after)
    }

    fn seal(&self, place: &[u8; 16]) -> crate::register::Key {
        let mut sealed = place.to_vec();
        sealed.extend_from_slice(&self.search);
        self.keyring.page(&sealed)
    }
}

fn bytes((at, place): After) -> [u8; 16] {
    let both = [at.0.to_be_bytes(), place.0.to_be_bytes()].concat();
    both.first_chunk().copied().unwrap_or_default()
}
