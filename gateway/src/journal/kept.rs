//! The sealed half of an entry: what is encrypted, and destroyed with the case's material (SLS 16-3(3)).

mod packed;

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

/// The first byte where little is kept: salt, then the statement and each document behind its length (four bytes, big-endian).
const PLAIN: u8 = 1;
/// The first byte of what is worth making small: salt, then blocks of them ([`packed`]), each behind its length.
const PACKED: u8 = 2;
/// Bytes from which on it is worth it. An answer's statement is below, and mostly digests.
const WORTH: usize = 512;
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
    /// The bytes to seal, with room for what sealing adds. `signed` are documents as somebody wrote and signed them, `others` what
    /// was learned besides. They are packed apart: the length of one block over both would tell whoever writes the ones, and sees
    /// lengths in the database, how much is alike in the others (`docs/decisions/store.md`).
    ///
    /// # Errors
    /// [`KeptError::TooLong`].
    pub fn write<'a>(
        salt: &Salt,
        statement: &'a [u8],
        others: impl Iterator<Item = &'a [u8]> + Clone,
        signed: impl Iterator<Item = &'a [u8]> + Clone,
    ) -> Result<Vec<u8>, KeptError> {
        let said = std::iter::once(statement).chain(others);
        let parts = said.clone().chain(signed.clone());
        let length = length(parts.clone());
        if length >= WORTH
            && let (Some(said), Some(signed)) = (block(said), block(signed))
        {
            let blocks = [said, signed];
            let blocks = blocks.iter().map(Vec::as_slice).filter(|block| !block.is_empty());
            if self::length(blocks.clone()) < length {
                return list(PACKED, salt, blocks);
            }
        }
        list(PLAIN, salt, parts)
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeptError> {
        let read = match bytes.split_first() {
            Some((&PACKED, rest)) => Self::of(rest, unpacked),
            Some((&PLAIN, rest)) => Self::of(rest, listed),
            // Entries of before these forms.
            Some((b'{', _)) => text::read(bytes),
            _ => None,
        };
        read.ok_or(KeptError::Form)
    }

    /// Behind the salt `parts` finds the statement and the documents.
    fn of(bytes: &[u8], parts: impl FnOnce(&[u8]) -> Option<Vec<Vec<u8>>>) -> Option<Self> {
        let (salt, rest) = bytes.split_first_chunk::<SALT>()?;
        let mut parts = parts(rest)?.into_iter();
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

/// The parts in one block, nothing if there are none; `None` unless they come out of it as they are: what is written is evidence.
fn block<'a>(parts: impl Iterator<Item = &'a [u8]> + Clone) -> Option<Vec<u8>> {
    if parts.clone().next().is_none() {
        return Some(Vec::new());
    }
    let block = packed::pack(parts.clone())?;
    packed::read(&block)?.iter().map(Vec::as_slice).eq(parts).then_some(block)
}

/// How long a [`list`] of these is.
fn length<'a>(parts: impl Iterator<Item = &'a [u8]>) -> usize {
    parts.map(|part| part.len().saturating_add(LENGTH)).sum()
}

/// Form and salt, and parts each behind its length, with room for a nonce and a tag.
fn list<'a>(
    form: u8,
    salt: &Salt,
    parts: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<Vec<u8>, KeptError> {
    const ROOM: usize = 1 + SALT + 12 + 16;
    let mut bytes = Vec::with_capacity(length(parts.clone()).saturating_add(ROOM));
    bytes.push(form);
    bytes.extend_from_slice(salt.expose());
    for part in parts {
        let length = u32::try_from(part.len()).map_err(|_| KeptError::TooLong)?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(part);
    }
    Ok(bytes)
}

/// What [`list`] wrote.
fn listed(mut rest: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (part, behind) = behind.split_at_checked(length)?;
        parts.push(part.to_vec());
        rest = behind;
    }
    Some(parts)
}

/// The parts of all blocks.
fn unpacked(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let blocks = listed(bytes)?.into_iter().map(|block| packed::read(&block));
    Some(blocks.collect::<Option<Vec<_>>>()?.concat())
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

    /// As much as a request keeps.
    fn large() -> Kept {
        let statement = r#"{"version":1,"kind":"grant","reasons":["no rule"]}"#.repeat(20).into_bytes();
        let documents = vec![(0..=255).collect(), b"learned".to_vec(), b"e30.e30.".to_vec(), Vec::new()];
        Kept { statement, documents, ..kept() }
    }

    /// The last two documents are the signed ones.
    fn written(Kept { salt, statement, documents }: &Kept) -> Vec<u8> {
        let (others, signed) = documents.split_at(documents.len() - 2);
        let [others, signed] = [others, signed].map(|documents| documents.iter().map(Vec::as_slice));
        Kept::write(salt, statement, others, signed).unwrap()
    }

    fn same(read: &Kept, kept: &Kept) {
        assert_eq!(read.salt.expose(), kept.salt.expose());
        assert_eq!((&read.statement, &read.documents), (&kept.statement, &kept.documents));
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        for (kept, form) in [(kept(), PLAIN), (large(), PACKED)] {
            assert_eq!(written(&kept)[0], form);
            same(&Kept::from_bytes(&written(&kept)).unwrap(), &kept);
        }
    }

    #[test]
    fn much_is_packed_and_is_smaller() {
        let plain = large().statement.len() + large().documents.concat().len();
        assert!(written(&large()).len() * 3 < plain, "{} of {plain}", written(&large()).len());
    }

    #[test]
    fn it_is_packed_where_that_is_worth_it() {
        let form = |statement: &[u8]| {
            let bytes = Kept::write(&kept().salt, statement, std::iter::empty(), std::iter::empty()).unwrap();
            assert_eq!(Kept::from_bytes(&bytes).unwrap().statement, statement);
            bytes[0]
        };
        assert_eq!([507, 508].map(|length| form(&vec![b' '; length])), [PLAIN, PACKED]);
        let noise: Vec<u8> = (0..100_u8).flat_map(|n| *Digest::of(&[n]).as_bytes()).collect();
        assert_eq!(form(&noise), PLAIN, "nothing makes it smaller");
    }

    /// What is learned of others is in no block with what a signer chose: guessing it right makes nothing shorter.
    #[test]
    fn a_right_guess_is_as_long_as_a_wrong_one() {
        let words: String = (0..60).map(|number: u32| format!("word {} ", number * number)).collect();
        let statement = format!(r#"{{"holders":["880214301234"],"words":"{words}"}}"#);
        let long = |guess: &str| {
            let signed = format!(r#"{{"purpose":"holders\":[\"{guess}"}}"#);
            let signed = std::iter::once(signed.as_bytes());
            Kept::write(&kept().salt, statement.as_bytes(), std::iter::empty(), signed).unwrap().len()
        };
        assert_eq!(long("880214301234"), long("880214359678"));
    }

    #[test]
    fn entries_of_before_are_still_read() {
        let salt = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        let text = format!(r#"{{"salt":"{salt}","statement":"e30=","documents":["AQID",""]}}"#);
        same(&Kept::from_bytes(text.as_bytes()).unwrap(), &kept());
    }

    #[test]
    fn content_that_is_cut_anywhere_is_refused() {
        let whole = written(&kept());
        // Without its last document, an empty one, the content is whole in itself.
        let whole_without = whole.len() - 4;
        for end in (0..whole.len()).filter(|end| *end != whole_without && *end != whole_without - 7) {
            assert!(Kept::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
        let whole = written(&large());
        let blocks = listed(&whole[1 + SALT..]).unwrap();
        assert_eq!(blocks.len(), 2);
        // Without its last block it is whole in itself.
        let whole_without = whole.len() - blocks[1].len() - LENGTH;
        for end in (0..whole.len()).filter(|end| *end != whole_without) {
            assert!(Kept::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
