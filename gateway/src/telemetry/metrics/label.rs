//! Closed lists of what labels can say.

/// The steps of the procedure, as `exchange.rs` numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Document,
    Signature,
    User,
    Case,
    Decision,
    Grant,
    Registry,
    Answer,
    Seal,
}

impl Step {
    pub(super) const ALL: [Self; 9] = [
        Self::Document,
        Self::Signature,
        Self::User,
        Self::Case,
        Self::Decision,
        Self::Grant,
        Self::Registry,
        Self::Answer,
        Self::Seal,
    ];

    /// As the label has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Signature => "signature",
            Self::User => "user",
            Self::Case => "case",
            Self::Decision => "decision",
            Self::Grant => "grant",
            Self::Registry => "registry",
            Self::Answer => "answer",
            Self::Seal => "seal",
        }
    }
}

/// How a request for a record ended, as receipts say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered,
    Refused,
    Failed,
}

impl Outcome {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Why something was turned away before it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// Too many handshakes: the oldest went.
    Handshake,
    /// Too many connections in all.
    Connections,
    /// Too many connections of one system.
    SystemConnections,
    /// Too many requests in flight.
    Requests,
    /// Too many requests in flight of one system.
    SystemRequests,
    /// Too many requests in flight of one agency.
    AgencyRequests,
    /// One official asks too fast.
    OfficerRate,
    /// One system is refused faster than its refusals are recorded.
    RefusalRate,
    /// Too many case feeds of one system under way.
    SystemFeeds,
}

impl Shed {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Handshake => "handshake",
            Self::Connections => "connections",
            Self::SystemConnections => "system-connections",
            Self::Requests => "requests",
            Self::SystemRequests => "system-requests",
            Self::AgencyRequests => "agency-requests",
            Self::OfficerRate => "officer-rate",
            Self::RefusalRate => "refusal-rate",
            Self::SystemFeeds => "system-feeds",
        }
    }
}

/// How a handshake ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    Completed,
    /// No certificate, or none of a trusted authority.
    Untrusted,
    TimedOut,
    /// Given up for a newer one.
    Shed,
    /// Anything else: no TLS, an old version, a lost connection.
    Failed,
}

impl Handshake {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Untrusted => "untrusted",
            Self::TimedOut => "timed-out",
            Self::Shed => "shed",
            Self::Failed => "failed",
        }
    }
}

/// How a question to a responder ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Answered,
    NotAccepted,
    Failed,
    Slow,
    Shed,
}
