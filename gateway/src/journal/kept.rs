//! The sealed half of an entry: what is encrypted, and destroyed with the case's material (SLS 16-3(3)).

use evidence::statement::Statement;
use evidence::{Digest, Salt};

/// An entry's content in clear: the salt that opens the leaf's commitments, the statement, and the documents that name
/// persons. Documents that do not are kept apart, once for all entries.
pub struct Kept {
    pub salt: Salt,
    /// The exact bytes the leaf commits to.
    pub statement: Vec<u8>,
    pub documents: Vec<Vec<u8>>,
}

/// Content that is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error("the content is not of the known form")]
    Form,
    #[error("the content is longer than can be written")]
    TooLong,
    #[error("the statement cannot be read")]
    Statement(#[from] evidence::statement::StatementMalformed),
}

/// The first byte of the form written now: salt, then the statement and each document behind its length (four bytes, big-endian).
const FORM: u8 = 1;
/// Bytes of a salt.
const SALT: usize = 32;
/// Bytes of a length.
const LENGTH: usize = 4;

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} documents)", self.documents.len())
    }
}

impl Kept {
    /// The bytes to seal, with room for what sealing adds.
    ///
    /// # Errors
    /// [`KeptError::TooLong`].
    pub fn write<'a>(
        salt: &Salt,
        statement: &'a [u8],
        documents: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<Vec<u8>, KeptError> {
        /// The form, the salt, a nonce and a tag.
        const ROOM: usize = 1 + SALT + 12 + 16;
        let parts = std::iter::once(statement).chain(documents);
        let length: usize = parts.clone().map(|part| part.len().saturating_add(LENGTH)).sum();
        let mut bytes = Vec::with_capacity(length.saturating_add(ROOM));
        bytes.push(FORM);
        bytes.extend_from_slice(salt.expose());
        for part in parts {
            let length = u32::try_from(part.len()).map_err(|_| KeptError::TooLong)?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeptError> {
        match bytes.split_first() {
            Some((&FORM, rest)) => Self::read_parts(rest).ok_or(KeptError::Form),
            // Entries of before this form.
            Some((b'{', _)) => text::read(bytes).ok_or(KeptError::Form),
            _ => Err(KeptError::Form),
        }
    }

    fn read_parts(bytes: &[u8]) -> Option<Self> {
        let (salt, mut rest) = bytes.split_first_chunk::<SALT>()?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (part, behind) = behind.split_at_checked(length)?;
            parts.push(part.to_vec());
            rest = behind;
        }
        let mut parts = parts.into_iter();
        Some(Self { salt: Salt::from_bytes(*salt), statement: parts.next()?, documents: parts.collect() })
    }

    /// The statement.
    ///
    /// # Errors
    /// [`KeptError::Statement`].
    pub fn read(&self) -> Result<Statement, KeptError> {
        Ok(Statement::from_bytes(&self.statement)?)
    }

    /// The document with this digest, if it is one of these.
    #[must_use]
    pub fn document(&self, digest: &Digest) -> Option<&[u8]> {
        self.documents.iter().map(Vec::as_slice).find(|bytes| Digest::of(bytes) == *digest)
    }
}

/// The form of before: base64 in JSON.
mod text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use evidence::Salt;
    use serde::Deserialize;

    use super::Kept;

    #[derive(Deserialize)]
    struct Written {
        salt: String,
        statement: String,
        documents: Vec<String>,
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Kept> {
        let written: Written = serde_json::from_slice(bytes).ok()?;
        let salt = STANDARD.decode(written.salt).ok()?.try_into().ok()?;
        let documents = written.documents.iter().map(|text| STANDARD.decode(text).ok());
        Some(Kept {
            salt: Salt::from_bytes(salt),
            statement: STANDARD.decode(written.statement).ok()?,
            documents: documents.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Kept {
        Kept {
            salt: Salt::from_bytes([7; 32]),
            statement: b"{}".to_vec(),
            documents: vec![vec![1, 2, 3], Vec::new()],
        }
    }

    fn written() -> Vec<u8> {
        let Kept { salt, statement, documents } = kept();
        Kept::write(&salt, &statement, documents.iter().map(Vec::as_slice)).unwrap()
    }

    fn same(read: &Kept) {
        assert_eq!(read.salt.expose(), kept().salt.expose());
        assert_eq!((&read.statement, &read.documents), (&kept().statement, &kept().documents));
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        same(&Kept::from_bytes(&written()).unwrap());
    }

    #[test]
    fn entries_of_before_are_still_read() {
        let salt = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let text = format!(r#"{{"salt":"{salt}","statement":"e30=","documents":["AQID",""]}}"#);
        same(&Kept::from_bytes(text.as_bytes()).unwrap());
    }

    #[test]
    fn content_that_is_cut_anywhere_is_refused() {
        let whole = written();
        // Without its last document, an empty one, the content is whole in itself.
        let whole_without = whole.len() - 4;
        for end in (0..whole.len()).filter(|end| *end != whole_without && *end != whole_without - 7) {
            assert!(Kept::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
