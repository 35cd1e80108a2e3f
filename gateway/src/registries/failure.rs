//! Why a question brought no record: the fault for the log, the refusal for the client.
//!
//! Neither quotes a question or an answer.

use http::StatusCode;

use super::breaker::Tripped;
use super::token::TokenError;
use crate::catalogue::Breach;
use crate::refusal::{Code, Refusal};
use crate::upstream::LineError;

/// Seconds after which a registry that could not be reached is worth another try.
const UNREACHABLE: u32 = 5;

/// What went wrong, by culprit.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the registry is not on the list in force")]
    Unlisted,
    #[error("all places for questions to the registry are taken")]
    Full,
    #[error("the breaker is open for {} s", .0.retry_after)]
    Open(Tripped),
    #[error("no answer over the line")]
    Line(#[from] LineError),
    #[error("the registry answered with status {0}")]
    Status(StatusCode),
    #[error("the answer's media type is not the operation's")]
    MediaType,
    #[error("the answer is no JSON that every reader reads alike")]
    Json(#[source] serde_json::Error),
    #[error("the answer breaks its declared shape: {0}")]
    Shape(Breach),
    #[error("the answer could not be cut to its declared fields")]
    Uncut,
    #[error("the grant could not be signed")]
    Grant(#[source] TokenError),
    #[error("the question could not be written as a request")]
    Unsendable,
}

impl Failure {
    /// The outcome for metrics: the code of the refusal.
    pub(super) fn name(&self) -> &'static str {
        self.code().name()
    }

    /// Whether it says that the registry is down. A malformed record does not: whoever can ask for it again and again
    /// could otherwise shut everybody out.
    pub(super) fn tells_of_outage(&self) -> bool {
        match self {
            Self::Line(LineError::TooLarge { .. } | LineError::Encoded) => false,
            Self::Line(_) => true,
            Self::Status(status) => status.is_server_error(),
            _ => false,
        }
    }

    /// Whether it came before the registry could read the question, so that no question can be to blame.
    pub(super) const fn is_before_the_question(&self) -> bool {
        matches!(self, Self::Line(LineError::Unreachable(_)))
    }

    fn code(&self) -> Code {
        match self {
            Self::Unlisted => Code::RegistryNotListed,
            Self::Full | Self::Open(_) | Self::Line(LineError::Unreachable(_)) => Code::RegistryUnavailable,
            // Our own key failed before anything was sent: the same request may succeed later.
            Self::Grant(_) | Self::Unsendable => Code::RegistryUnavailable,
            Self::Line(LineError::Late { .. }) => Code::RegistryTimeout,
            _ => Code::RegistryFailed,
        }
    }

    /// The refusal a client reads: what was expected of the registry, nothing of where it is or what it sent.
    pub(super) fn refusal(&self, registry: &str) -> Refusal {
        let detail = match self {
            Self::Unlisted => format!("The act that lists the registry {registry} is not in force now."),
            Self::Full => format!("The registry {registry} is being asked as much as it takes at once."),
            Self::Open(_) => {
                format!("The registry {registry} has failed repeatedly and is left alone for a while.")
            }
            Self::Line(LineError::Unreachable(_)) => format!("No connection to the registry {registry}."),
            Self::Line(LineError::Late { deadline }) => {
                format!("No whole answer of the registry {registry} within {} ms.", deadline.as_millis())
            }
            Self::Line(LineError::TooLarge { limit }) => {
                format!("The registry {registry} answered with more than {limit} bytes.")
            }
            Self::Line(_) => format!("The registry {registry} ended the connection without a usable answer."),
            Self::Status(status) if status.is_redirection() => {
                format!(
                    "The registry {registry} pointed elsewhere (status {}), which is not followed.",
                    status.as_u16()
                )
            }
            Self::Status(status) => {
                format!("Expected status 200 of the registry {registry}, found {}.", status.as_u16())
            }
            Self::MediaType | Self::Json(_) | Self::Shape(_) | Self::Uncut => {
                format!("The answer of the registry {registry} does not have its declared shape.")
            }
            Self::Grant(_) | Self::Unsendable => format!("The registry {registry} cannot be asked now."),
        };
        let refusal = Refusal::new(self.code(), detail);
        match self {
            Self::Open(tripped) => refusal.retry_after(tripped.retry_after),
            Self::Line(LineError::Unreachable(_)) => refusal.retry_after(UNREACHABLE),
            _ => refusal,
        }
    }
}
