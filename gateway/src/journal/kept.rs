//! The sealed half of an entry: what is encrypted, and destroyed with the case's material (SLS 16-3(3)).

mod packed;

use evidence::statement::Statement;
use evidence::{Digest, Salt};

use crate::paper::Hand;

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
/// The first byte of what is worth making small: salt, then blocks of parts of one hand, each behind its length.
const PACKED: u8 = 2;
/// Bytes from which on it is worth it. An answer's statement is below, and mostly digests.
const WORTH: usize = 512;
/// The first byte of a block that is a list of its parts, each behind its length.
const AS_IT_IS: u8 = 0;
/// The first byte of a block as [`packed`] makes it.
const SMALL: u8 = 1;
/// Bytes of a salt.
const SALT: usize = 32;
/// Bytes of a length, big-endian.
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
        statement: (Hand, &'a [u8]),
        documents: impl Iterator<Item = (Hand, &'a [u8])>,
    ) -> Result<Vec<u8>, KeptError> {
        let mut parts: Vec<(Hand, &[u8])> = std::iter::once(statement).chain(documents).collect();
        // The statement stays the first of all.
        parts.sort_by_key(|(hand, _)| (*hand != statement.0, *hand));
        let all = || parts.iter().map(|(_, part)| *part);
        if length(all()) < WORTH {
            return list(PLAIN, salt.expose(), all());
        }
        let blocks = parts.chunk_by(|one, other| one.0 == other.0).map(block);
        let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
        list(PACKED, salt.expose(), blocks.iter().map(Vec::as_slice))
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

/// Parts of one hand in one block: as they are, unless they may be packed and are smaller for it.
fn block(parts: &[(Hand, &[u8])]) -> Result<Vec<u8>, KeptError> {
    let is_open = parts.iter().all(|(hand, _)| *hand != Hand::Source);
    let parts = parts.iter().map(|(_, part)| *part);
    if is_open && let Some(packed) = packed::pack(parts.clone()).filter(|it| it.len() < length(parts.clone()))
    {
        // It is evidence: what does not come out again as it went in is not relied on.
        if packed::read(&packed).is_some_and(|read| read.iter().map(Vec::as_slice).eq(parts.clone())) {
            return Ok([[SMALL].as_slice(), &packed].concat());
        }
        tracing::error!("content that was packed is read otherwise; it is kept as it is");
    }
    list(AS_IT_IS, &[], parts)
}

/// How long parts are, each behind its length.
fn length<'a>(parts: impl Iterator<Item = &'a [u8]>) -> usize {
    parts.map(|part| part.len().saturating_add(LENGTH)).sum()
}

/// Parts, each behind its length, behind a first byte and a head; with room for a nonce and a tag.
fn list<'a>(
    form: u8,
    head: &[u8],
    parts: impl Iterator<Item = &'a [u8]> + Clone,
) -> Result<Vec<u8>, KeptError> {
    const ROOM: usize = 1 + SALT + 12 + 16;
    let mut bytes = Vec::with_capacity(length(parts.clone()).saturating_add(ROOM));
    bytes.push(form);
    bytes.extend_from_slice(head);
    for part in parts {
        append(&mut bytes, part).ok_or(KeptError::TooLong)?;
    }
    Ok(bytes)
}

/// Appends a part behind its length.
fn append(to: &mut Vec<u8>, part: &[u8]) -> Option<()> {
    to.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
    to.extend_from_slice(part);
    Some(())
}

/// Takes off a part that was [`append`]ed.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<LENGTH>()?;
    let (part, behind) = behind.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = behind;
    Some(part)
}

/// The parts of a [`list`].
fn listed(mut rest: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        parts.push(take(&mut rest)?.to_vec());
    }
    Some(parts)
}

/// The parts of all blocks.
fn unpacked(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let blocks = listed(bytes)?.into_iter().map(|block| match block.split_first()? {
        (&AS_IT_IS, parts) => listed(parts),
        (&SMALL, packed) => packed::read(packed),
        _ => None,
    });
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
        let documents = vec![b"learned".to_vec(), (0..=255).collect(), b"e30.e30.".to_vec(), Vec::new()];
        Kept { statement, documents, ..kept() }
    }

    /// The statement and, of four documents, the first were learned; the others were brought along.
    fn written(Kept { salt, statement, documents }: &Kept, learned: Hand) -> Vec<u8> {
        let hand = |number| if documents.len() == 4 && number == 0 { learned } else { Hand::Brought };
        let documents = documents.iter().enumerate().map(|(number, it)| (hand(number), it.as_slice()));
        Kept::write(salt, (learned, statement), documents).unwrap()
    }

    fn same(read: &Kept, kept: &Kept) {
        assert_eq!(read.salt.expose(), kept.salt.expose());
        assert_eq!((&read.statement, &read.documents), (&kept.statement, &kept.documents));
    }

    #[test]
    fn what_was_written_is_read_as_it_was() {
        for hand in [Hand::Gateway, Hand::Source, Hand::Brought] {
            for (kept, form) in [(kept(), PLAIN), (large(), PACKED)] {
                assert_eq!(written(&kept, hand)[0], form);
                same(&Kept::from_bytes(&written(&kept, hand)).unwrap(), &kept);
            }
        }
    }

    #[test]
    fn the_statement_is_the_first_whosever_it_is() {
        let documents =
            || [(Hand::Gateway, [3; 900].as_slice()), (Hand::Brought, &[4; 900]), (Hand::Source, &[5; 900])];
        for hand in [Hand::Gateway, Hand::Source, Hand::Brought] {
            let bytes = Kept::write(&kept().salt, (hand, b"{}"), documents().into_iter()).unwrap();
            let read = Kept::from_bytes(&bytes).unwrap();
            assert_eq!(read.statement, b"{}");
            for (_, document) in documents() {
                assert_eq!(read.document(&Digest::of(document)), Some(document));
            }
        }
    }

    #[test]
    fn much_is_packed_and_is_smaller() {
        let plain = large().statement.len() + large().documents.concat().len();
        let long = |hand| written(&large(), hand).len();
        assert!(long(Hand::Gateway) * 3 < plain, "{} of {plain}", long(Hand::Gateway));
        assert!(long(Hand::Source) > large().statement.len(), "what a source told is kept as it is");
    }

    #[test]
    fn it_is_packed_where_that_is_worth_it() {
        let form = |statement: &[u8]| {
            let bytes = Kept::write(&kept().salt, (Hand::Gateway, statement), std::iter::empty()).unwrap();
            assert_eq!(Kept::from_bytes(&bytes).unwrap().statement, statement);
            (bytes[0], bytes[1 + SALT + LENGTH])
        };
        assert_eq!([507, 508].map(|length| form(&vec![b' '; length]).0), [PLAIN, PACKED]);
        let noise: Vec<u8> = (0..100_u8).flat_map(|n| *Digest::of(&[n]).as_bytes()).collect();
        assert_eq!(form(&noise), (PACKED, AS_IT_IS), "nothing makes it smaller");
        assert_eq!(form(&[b' '; 600]), (PACKED, SMALL));
    }

    /// Guessing right what is said makes nothing shorter: what is brought along is in no block with it.
    #[test]
    fn a_right_guess_is_as_long_as_a_wrong_one() {
        let words: String = (0..60).map(|number: u32| format!("word {} ", number * number)).collect();
        let statement = format!(r#"{{"holders":["880214301234"],"words":"{words}"}}"#);
        let long = |guess: &str| {
            let brought = format!(r#"{{"purpose":"holders\":[\"{guess}"}}"#);
            let brought = std::iter::once((Hand::Brought, brought.as_bytes()));
            Kept::write(&kept().salt, (Hand::Gateway, statement.as_bytes()), brought).unwrap().len()
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
        let whole = written(&kept(), Hand::Gateway);
        // Without its last document, an empty one, the content is whole in itself.
        let whole_without = whole.len() - 4;
        for end in (0..whole.len()).filter(|end| *end != whole_without && *end != whole_without - 7) {
            assert!(Kept::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
        let whole = written(&large(), Hand::Gateway);
        let blocks = listed(&whole[1 + SALT..]).unwrap();
        assert_eq!(blocks.len(), 2);
        // Without its last block it is whole in itself.
        let whole_without = whole.len() - blocks[1].len() - LENGTH;
        for end in (0..whole.len()).filter(|end| *end != whole_without) {
            assert!(Kept::from_bytes(&whole[..end]).is_err(), "cut at {end}");
        }
    }
}
