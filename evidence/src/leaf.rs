//! Leaves: what the log says of each thing that happened.
//!
//! A leaf holds kinds, times, codes, digests and keyed commitments, never personal data (SLS 16-3(1), 16-3(3)): it is read
//! by all who read the log, and it stays when the content it speaks of has been destroyed.

use crate::code::Code;
use crate::commitment::Commitment;
use crate::digest::Digest;
use crate::instant::UnixMillis;
use crate::node::NodeHash;

/// What kind of thing happened. The number is the second byte of the leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A request was granted; the registry has not been asked yet (SLS 16-2(3)¶3).
    Grant = 1,
    /// The registry answered; the answer has not left yet.
    Answer = 2,
    /// A request was refused.
    Refusal = 3,
    /// A granted request failed at the registry.
    Failure = 4,
    /// A grant was found without an outcome after a restart.
    Interrupted = 5,
    /// Users, systems, registries or settings were changed (SLS 16-3(4)).
    Admin = 16,
    /// The log or its content was read (SLS 7(2)).
    Reading = 17,
    /// Content was destroyed (SLS 16-3(3), OI 5(5)).
    Destruction = 18,
    /// A notice was sent, as to the prosecutor (OI 5(5), 12(7)).
    Notice = 19,
    /// A sanction was received (OI 12(4)).
    Sanction = 20,
    /// A prosecutor's resolution was received (OI 25).
    Resolution = 21,
    /// The set of policies was changed.
    Policy = 22,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Grant,
        Self::Answer,
        Self::Refusal,
        Self::Failure,
        Self::Interrupted,
        Self::Admin,
        Self::Reading,
        Self::Destruction,
        Self::Notice,
        Self::Sanction,
        Self::Resolution,
        Self::Policy,
    ];

    /// The number in the leaf's bytes.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The kind's name in text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Answer => "answer",
            Self::Refusal => "refusal",
            Self::Failure => "failure",
            Self::Interrupted => "interrupted",
            Self::Admin => "admin",
            Self::Reading => "reading",
            Self::Destruction => "destruction",
            Self::Notice => "notice",
            Self::Sanction => "sanction",
            Self::Resolution => "resolution",
            Self::Policy => "policy",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the content of an entry is held: outside the log, encrypted, destructible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Commits to the statement in clear, under the entry's salt ([`crate::commitment::Subject::Content`]). It binds what a bundle discloses,
    /// which the digest of a ciphertext would not: AES-GCM lets one ciphertext decrypt to two texts under two keys.
    pub commitment: Commitment,
    /// The digest of the ciphertext as stored, so that storage can be checked without any key.
    pub sealed: Option<Digest>,
}

/// A granted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// [`crate::commitment::RequestId::request`].
    pub request: Commitment,
    /// The signer, under the entry's salt.
    pub signer: Commitment,
    /// The case, under the entry's salt; absent on grounds that have none.
    pub case: Option<Commitment>,
    /// The set of policies that decided.
    pub policy: Digest,
    /// Signed request, chain, case facts, decision.
    pub content: Content,
}

/// An answer to a granted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The index of the grant in the same log.
    pub grant: u64,
    /// [`crate::commitment::RequestId::request`], as in the grant.
    pub request: Commitment,
    /// [`crate::commitment::RequestId::answer`].
    pub answer: Commitment,
    /// What more is kept of the answer. Never the answer itself (SLS 16-3(2)).
    pub content: Option<Content>,
}

/// A refused request. What could not be established is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// [`crate::commitment::RequestId::request`]; over the digest of the whole body if it held no document.
    pub request: Commitment,
    /// Why.
    pub code: Code,
    /// The signer, if a signature verified.
    pub signer: Option<Commitment>,
    /// The case the request named.
    pub case: Option<Commitment>,
    /// The set of policies, if it came to a decision.
    pub policy: Option<Digest>,
    /// What was received and compared.
    pub content: Option<Content>,
}

/// A granted request that got no answer: [`Event::Failure`], [`Event::Interrupted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The index of the grant in the same log.
    pub grant: u64,
    /// [`crate::commitment::RequestId::request`], as in the grant.
    pub request: Commitment,
    /// Why.
    pub code: Code,
    /// What more is kept of it.
    pub content: Option<Content>,
}

/// The kinds of act that are not steps of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the Kind of the same name")]
pub enum ActKind {
    Admin,
    Reading,
    Destruction,
    Notice,
    Sanction,
    Resolution,
    Policy,
}

impl ActKind {
    /// The kind of the same name.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Admin => Kind::Admin,
            Self::Reading => Kind::Reading,
            Self::Destruction => Kind::Destruction,
            Self::Notice => Kind::Notice,
            Self::Sanction => Kind::Sanction,
            Self::Resolution => Kind::Resolution,
            Self::Policy => Kind::Policy,
        }
    }
}

/// An act: of an official, or of the gateway itself when a clock ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Which.
    pub kind: ActKind,
    /// What was done, as `user-suspended`, `log-searched`, `retention-ended`.
    pub code: Code,
    /// The official, under the entry's salt; absent if the gateway acted by itself.
    pub actor: Option<Commitment>,
    /// The case it concerns, under the entry's salt.
    pub case: Option<Commitment>,
    /// The set of policies it brought into force.
    pub policy: Option<Digest>,
    /// What was done, in full: object, reason, documents.
    pub content: Content,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the Kind of the same name")]
pub enum Event {
    Grant(Grant),
    Answer(Answer),
    Refusal(Refusal),
    Failure(Failure),
    Interrupted(Failure),
    Act(Act),
}

impl Event {
    /// The kind this is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Grant(_) => Kind::Grant,
            Self::Answer(_) => Kind::Answer,
            Self::Refusal(_) => Kind::Refusal,
            Self::Failure(_) => Kind::Failure,
            Self::Interrupted(_) => Kind::Interrupted,
            Self::Act(act) => act.kind.kind(),
        }
    }

    /// The commitment to the request this is a step of.
    #[must_use]
    pub const fn request(&self) -> Option<&Commitment> {
        match self {
            Self::Grant(Grant { request, .. })
            | Self::Answer(Answer { request, .. })
            | Self::Refusal(Refusal { request, .. })
            | Self::Failure(Failure { request, .. })
            | Self::Interrupted(Failure { request, .. }) => Some(request),
            Self::Act(_) => None,
        }
    }

    /// The commitment to the answer.
    #[must_use]
    pub const fn answer(&self) -> Option<&Commitment> {
        match self {
            Self::Answer(Answer { answer, .. }) => Some(answer),
            _ => None,
        }
    }

    /// The index of the grant this is the outcome of.
    #[must_use]
    pub const fn grant(&self) -> Option<u64> {
        match self {
            Self::Answer(Answer { grant, .. })
            | Self::Failure(Failure { grant, .. })
            | Self::Interrupted(Failure { grant, .. }) => Some(*grant),
            Self::Grant(_) | Self::Refusal(_) | Self::Act(_) => None,
        }
    }

    /// Where its content is held.
    #[must_use]
    pub const fn content(&self) -> Option<&Content> {
        match self {
            Self::Grant(Grant { content, .. }) | Self::Act(Act { content, .. }) => Some(content),
            Self::Answer(Answer { content, .. })
            | Self::Refusal(Refusal { content, .. })
            | Self::Failure(Failure { content, .. })
            | Self::Interrupted(Failure { content, .. }) => content.as_ref(),
        }
    }

    /// Why, or what was done.
    #[must_use]
    pub const fn code(&self) -> Option<&Code> {
        match self {
            Self::Grant(_) | Self::Answer(_) => None,
            Self::Refusal(Refusal { code, .. })
            | Self::Failure(Failure { code, .. })
            | Self::Interrupted(Failure { code, .. })
            | Self::Act(Act { code, .. }) => Some(code),
        }
    }
}

/// One entry of the log. Its bytes are specified in `docs/evidence/leaf.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// When it happened, by the gateway's clock.
    pub time: UnixMillis,
    /// What happened.
    pub event: Event,
}

impl Leaf {
    /// The RFC 6962 section 2.1 hash of the leaf's bytes.
    #[must_use]
    pub fn hash(&self) -> NodeHash {
        NodeHash::of_leaf(&self.to_bytes())
    }
}
