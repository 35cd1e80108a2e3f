//! The bytes of a leaf, version 1: one and only one spelling for each leaf.
//!
//! ```text
//! leaf  = version(1) kind(1) time(8) field*
//! field = tag(1) length(2) value(length)      tags strictly increasing
//! ```
//! Integers are big-endian. Which fields a kind must and may have follows from the types in [`crate::leaf`]; anything else
//! is refused, so that an auditor's program and this one cannot read two things from one leaf.

use crate::code::Code;
use crate::commitment::Commitment;
use crate::digest::Digest;
use crate::instant::UnixMillis;
use crate::leaf::{Act, ActKind, Answer, Content, Event, Failure, Grant, Kind, Leaf, Refusal};

/// The version of the encoding: the first byte.
pub const VERSION: u8 = 1;

/// No leaf is longer: every field at its greatest length. Far below the 65,535 bytes an entry bundle of tlog-tiles can hold.
pub const MAX_LEAF: usize = 512;

/// The fields, by tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Tag {
    Request = 1,
    Answer = 2,
    Signer = 3,
    Case = 4,
    Actor = 5,
    Content = 6,
    Sealed = 7,
    Policy = 8,
    Code = 9,
    Grant = 10,
}

/// Bytes that are not a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeafMalformed {
    /// The first byte is not a version this program knows.
    #[error("leaf version {0} is not {VERSION}")]
    Version(u8),
    /// The second byte is not a kind.
    #[error("{0} is no kind of leaf")]
    Kind(u8),
    /// The bytes end within the header or a field.
    #[error("the leaf ends at byte {0}, within a field")]
    Truncated(usize),
    /// The leaf is longer than any leaf can be.
    #[error("a leaf of {0} bytes is longer than {MAX_LEAF}")]
    TooLong(usize),
    /// A tag is not greater than the one before it.
    #[error("field {0} does not follow field {1}")]
    Order(u8, u8),
    /// A field has the wrong length or characters.
    #[error("field {0} has no valid value")]
    Value(u8),
    /// The kind must have this field.
    #[error("a {0} has a field {1}")]
    Missing(Kind, u8),
    /// The kind does not have this field.
    #[error("a {0} has no field {1}")]
    Unexpected(Kind, u8),
}

impl Leaf {
    /// The leaf's bytes: what is hashed into the tree.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer(Vec::with_capacity(288));
        writer.0.push(VERSION);
        writer.0.push(self.event.kind().number());
        writer.0.extend_from_slice(&self.time.get().to_be_bytes());
        match &self.event {
            Event::Grant(grant) => writer.grant(grant),
            Event::Answer(answer) => writer.answer(answer),
            Event::Refusal(refusal) => writer.refusal(refusal),
            Event::Failure(failure) | Event::Interrupted(failure) => writer.failure(failure),
            Event::Act(act) => writer.act(act),
        }
        writer.0
    }

    /// Reads a leaf, strictly: `from_bytes(b)` succeeds only if `to_bytes` would give back `b`.
    ///
    /// # Errors
    /// [`LeafMalformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LeafMalformed> {
        if bytes.len() > MAX_LEAF {
            return Err(LeafMalformed::TooLong(bytes.len()));
        }
        let mut reader = Reader { rest: bytes, read: 0 };
        let [version] = reader.array()?;
        if version != VERSION {
            return Err(LeafMalformed::Version(version));
        }
        let [number] = reader.array()?;
        let kind = Kind::from_number(number).ok_or(LeafMalformed::Kind(number))?;
        let time = UnixMillis::new(u64::from_be_bytes(reader.array()?));
        let mut fields = Fields { kind, fields: reader.fields()? };
        let event = fields.event()?;
        fields.finish()?;
        Ok(Self { time, event })
    }
}

struct Writer(Vec<u8>);

/// Each method writes its fields in the order of their tags.
impl Writer {
    fn field(&mut self, tag: Tag, value: &[u8]) {
        self.0.push(tag as u8);
        // Values are 8 or 32 bytes, or a code of at most 64.
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
    }

    fn commitment(&mut self, tag: Tag, commitment: Option<&Commitment>) {
        if let Some(commitment) = commitment {
            self.field(tag, commitment.as_bytes());
        }
    }

    fn digest(&mut self, tag: Tag, digest: Option<&Digest>) {
        if let Some(digest) = digest {
            self.field(tag, digest.as_bytes());
        }
    }

    fn content(&mut self, content: Option<&Content>) {
        if let Some(content) = content {
            self.field(Tag::Content, content.commitment.as_bytes());
            self.digest(Tag::Sealed, content.sealed.as_ref());
        }
    }

    fn grant(&mut self, grant: &Grant) {
        self.field(Tag::Request, grant.request.as_bytes());
        self.field(Tag::Signer, grant.signer.as_bytes());
        self.commitment(Tag::Case, grant.case.as_ref());
        self.content(Some(&grant.content));
        self.field(Tag::Policy, grant.policy.as_bytes());
    }

    fn answer(&mut self, answer: &Answer) {
        self.field(Tag::Request, answer.request.as_bytes());
        self.field(Tag::Answer, answer.answer.as_bytes());
        self.content(answer.content.as_ref());
        self.field(Tag::Grant, &answer.grant.to_be_bytes());
    }

    fn refusal(&mut self, refusal: &Refusal) {
        self.field(Tag::Request, refusal.request.as_bytes());
        self.commitment(Tag::Signer, refusal.signer.as_ref());
        self.commitment(Tag::Case, refusal.case.as_ref());
        self.content(refusal.content.as_ref());
        self.digest(Tag::Policy, refusal.policy.as_ref());
        self.field(Tag::Code, refusal.code.as_str().as_bytes());
    }

    fn failure(&mut self, failure: &Failure) {
        self.field(Tag::Request, failure.request.as_bytes());
        self.content(failure.content.as_ref());
        self.field(Tag::Code, failure.code.as_str().as_bytes());
        self.field(Tag::Grant, &failure.grant.to_be_bytes());
    }

    fn act(&mut self, act: &Act) {
        self.commitment(Tag::Case, act.case.as_ref());
        self.commitment(Tag::Actor, act.actor.as_ref());
        self.content(Some(&act.content));
        self.digest(Tag::Policy, act.policy.as_ref());
        self.field(Tag::Code, act.code.as_str().as_bytes());
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    read: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], LeafMalformed> {
        let (head, rest) = self.rest.split_at_checked(length).ok_or(LeafMalformed::Truncated(self.read))?;
        self.rest = rest;
        self.read += length;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LeafMalformed> {
        let read = self.read;
        self.take(N)?.try_into().map_err(|_| LeafMalformed::Truncated(read))
    }

    fn fields(mut self) -> Result<Vec<(u8, &'a [u8])>, LeafMalformed> {
        let mut fields: Vec<(u8, &[u8])> = Vec::with_capacity(8);
        while !self.rest.is_empty() {
            let [tag] = self.array()?;
            let length = u16::from_be_bytes(self.array()?);
            let value = self.take(usize::from(length))?;
            let before = fields.last().map_or(0, |(tag, _)| *tag);
            if tag <= before {
                return Err(LeafMalformed::Order(tag, before));
            }
            fields.push((tag, value));
        }
        Ok(fields)
    }
}

/// The fields that are still to be accounted for.
struct Fields<'a> {
    kind: Kind,
    fields: Vec<(u8, &'a [u8])>,
}

impl<'a> Fields<'a> {
    fn event(&mut self) -> Result<Event, LeafMalformed> {
        Ok(match self.kind {
            Kind::Grant => Event::Grant(self.grant()?),
            Kind::Answer => Event::Answer(self.answer()?),
            Kind::Refusal => Event::Refusal(self.refusal()?),
            Kind::Failure => Event::Failure(self.failure()?),
            Kind::Interrupted => Event::Interrupted(self.failure()?),
            Kind::Admin => Event::Act(self.act(ActKind::Admin)?),
            Kind::Reading => Event::Act(self.act(ActKind::Reading)?),
            Kind::Destruction => Event::Act(self.act(ActKind::Destruction)?),
            Kind::Notice => Event::Act(self.act(ActKind::Notice)?),
            Kind::Sanction => Event::Act(self.act(ActKind::Sanction)?),
            Kind::Resolution => Event::Act(self.act(ActKind::Resolution)?),
            Kind::Policy => Event::Act(self.act(ActKind::Policy)?),
        })
    }

    fn grant(&mut self) -> Result<Grant, LeafMalformed> {
        Ok(Grant {
            request: self.needed(Tag::Request).and_then(commitment)?,
            signer: self.needed(Tag::Signer).and_then(commitment)?,
            case: self.optional(Tag::Case).map(commitment).transpose()?,
            policy: self.needed(Tag::Policy).and_then(digest)?,
            content: self.needed_content()?,
        })
    }

    fn answer(&mut self) -> Result<Answer, LeafMalformed> {
        Ok(Answer {
            grant: self.needed(Tag::Grant).and_then(index)?,
            request: self.needed(Tag::Request).and_then(commitment)?,
            answer: self.needed(Tag::Answer).and_then(commitment)?,
            content: self.content()?,
        })
    }

    fn refusal(&mut self) -> Result<Refusal, LeafMalformed> {
        Ok(Refusal {
            request: self.needed(Tag::Request).and_then(commitment)?,
            code: self.needed(Tag::Code).and_then(code)?,
            signer: self.optional(Tag::Signer).map(commitment).transpose()?,
            case: self.optional(Tag::Case).map(commitment).transpose()?,
            policy: self.optional(Tag::Policy).map(digest).transpose()?,
            content: self.content()?,
        })
    }

    fn failure(&mut self) -> Result<Failure, LeafMalformed> {
        Ok(Failure {
            grant: self.needed(Tag::Grant).and_then(index)?,
            request: self.needed(Tag::Request).and_then(commitment)?,
            code: self.needed(Tag::Code).and_then(code)?,
            content: self.content()?,
        })
    }

    fn act(&mut self, kind: ActKind) -> Result<Act, LeafMalformed> {
        Ok(Act {
            kind,
            code: self.needed(Tag::Code).and_then(code)?,
            actor: self.optional(Tag::Actor).map(commitment).transpose()?,
            case: self.optional(Tag::Case).map(commitment).transpose()?,
            policy: self.optional(Tag::Policy).map(digest).transpose()?,
            content: self.needed_content()?,
        })
    }

    fn needed_content(&mut self) -> Result<Content, LeafMalformed> {
        self.content()?.ok_or(LeafMalformed::Missing(self.kind, Tag::Content as u8))
    }

    fn content(&mut self) -> Result<Option<Content>, LeafMalformed> {
        let Some(value) = self.optional(Tag::Content) else { return Ok(None) };
        let sealed = self.optional(Tag::Sealed).map(digest).transpose()?;
        Ok(Some(Content { commitment: commitment(value)?, sealed }))
    }

    fn optional(&mut self, tag: Tag) -> Option<(Tag, &'a [u8])> {
        let at = self.fields.iter().position(|(number, _)| *number == tag as u8)?;
        let (_, value) = self.fields.remove(at);
        Some((tag, value))
    }

    fn needed(&mut self, tag: Tag) -> Result<(Tag, &'a [u8]), LeafMalformed> {
        self.optional(tag).ok_or(LeafMalformed::Missing(self.kind, tag as u8))
    }

    fn finish(self) -> Result<(), LeafMalformed> {
        match self.fields.first() {
            None => Ok(()),
            Some((tag, _)) => Err(LeafMalformed::Unexpected(self.kind, *tag)),
        }
    }
}

fn array<const N: usize>((tag, value): (Tag, &[u8])) -> Result<[u8; N], LeafMalformed> {
    value.try_into().map_err(|_| LeafMalformed::Value(tag as u8))
}

fn commitment(field: (Tag, &[u8])) -> Result<Commitment, LeafMalformed> {
    array(field).map(Commitment::from_bytes)
}

fn digest(field: (Tag, &[u8])) -> Result<Digest, LeafMalformed> {
    array(field).map(Digest::from_bytes)
}

fn index(field: (Tag, &[u8])) -> Result<u64, LeafMalformed> {
    array(field).map(u64::from_be_bytes)
}

fn code((tag, value): (Tag, &[u8])) -> Result<Code, LeafMalformed> {
    let text = std::str::from_utf8(value).map_err(|_| LeafMalformed::Value(tag as u8))?;
    text.parse().map_err(|_| LeafMalformed::Value(tag as u8))
}
