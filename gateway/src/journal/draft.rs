//! From something that happened to a leaf and a sealed statement.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::leaf::{Answer, Content, Failure, Grant};
use evidence::{Commitment, Digest, Event, Leaf, RequestId, Salt, Subject, UnixMillis};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::Millis;
use crate::commitment::Commitments;
use crate::declined::About;
use crate::entry::{Claim, Kind, StoredEntry};
use crate::refusal::Refusal;
use crate::vault::{Vault, VaultError};

/// The code of an entry that closes a grant which a crash left open.
const INTERRUPTED: &str = "interrupted";

/// What happened.
#[derive(Clone, Debug)]
pub enum Happened {
    Granted,
    /// The digest of the canonical record (RFC 8785).
    Answered {
        answer: Digest,
    },
    /// A refusal, or a failure if it follows a grant.
    Declined {
        refusal: Refusal,
    },
    /// The process ended between a grant and its outcome.
    Interrupted,
}

/// Something to be entered, before it is sealed and committed to.
#[derive(Clone, Debug)]
pub struct Draft {
    pub happened: Happened,
    pub about: About,
}

/// Why a draft could not be made into an entry.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the content could not be sealed")]
    Vault(#[from] VaultError),
    #[error("the system gave no random bytes")]
    Randomness(#[from] evidence::commitment::NoRandomness),
    #[error("the content cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("an answer or failure without a grant, or a code of wrong form")]
    Form,
}

/// An entry that lacks only its place in the log.
#[derive(Debug)]
pub struct Entered {
    /// `index` and `grant`'s log are the writer's to fill in.
    pub entry: StoredEntry,
    pub reference: Uuid,
    pub claim: Option<Claim>,
}

impl Draft {
    /// Seals the content and commits to it.
    pub(super) async fn enter(
        self,
        vault: &Vault,
        commitments: &Commitments,
        at: Millis,
    ) -> Result<Entered, DraftError> {
        let reference = self.about.request.unwrap_or_else(Uuid::new_v4);
        let salt = Salt::generate()?;
        let case_ref = self.case_ref(commitments, at);
        let (sealed, content) = self.seal(vault, &case_ref, &salt, at).await?;
        let event = self.event(reference, &salt, content)?;
        let time = UnixMillis::new(u64::try_from(at.0).unwrap_or(0));
        let leaf = Leaf { time, event }.to_bytes();
        let claim = match (&self.happened, &self.about.signer) {
            (Happened::Granted, Some(signer)) => {
                Some(Claim { signer: commitments.signer(signer), request: reference })
            }
            _ => None,
        };
        let entry = StoredEntry {
            index: 0,
            kind: self.kind(),
            at,
            request: self.about.request,
            agency: self.about.agency.clone(),
            code: self.code().map(str::to_owned),
            grant: self.about.grant,
            leaf,
            case_ref: (!sealed.is_empty()).then_some(case_ref),
            content: sealed,
        };
        Ok(Entered { entry, reference, claim })
    }

    fn kind(&self) -> Kind {
        match (&self.happened, self.about.grant) {
            (Happened::Granted, _) => Kind::Grant,
            (Happened::Answered { .. }, _) => Kind::Answer,
            (Happened::Declined { .. }, Some(_)) => Kind::Failure,
            (Happened::Declined { .. }, None) => Kind::Refusal,
            (Happened::Interrupted, _) => Kind::Interrupted,
        }
    }

    fn code(&self) -> Option<&'static str> {
        match &self.happened {
            Happened::Declined { refusal } => Some(refusal.code.name()),
            Happened::Interrupted => Some(INTERRUPTED),
            Happened::Granted | Happened::Answered { .. } => None,
        }
    }

    // Entries that rest on no case share a key per agency and day, so that they too can be destroyed when their time is up.
    fn case_ref(&self, commitments: &Commitments, at: Millis) -> [u8; 32] {
        match &self.about.case {
            Some((kind, number)) => commitments.case(kind, number),
            None => {
                let agency = self.about.agency.as_ref().map_or("", |bin| bin.as_str());
                commitments.day(agency, at.seconds().div_euclid(86_400))
            }
        }
    }

    /// The sealed statement with what the leaf says of it.
    async fn seal(
        &self,
        vault: &Vault,
        case_ref: &[u8; 32],
        salt: &Salt,
        at: Millis,
    ) -> Result<(Vec<u8>, Option<Content>), DraftError> {
        let statement = self.statement(salt, at);
        let clear = serde_json::to_vec(&statement)?;
        let commitment = Commitment::new(salt, Subject::Content, &clear);
        let sealed = vault.seal(case_ref, clear, at).await?;
        let digest = Digest::of(&sealed);
        Ok((sealed, Some(Content { commitment, sealed: Some(digest) })))
    }

    /// Everything an auditor needs, and never the answer itself (SLS 16-3(2)). What follows a grant repeats nothing of it.
    fn statement(&self, salt: &Salt, at: Millis) -> Value {
        let mut members = match (&self.happened, self.about.grant) {
            (Happened::Answered { .. } | Happened::Interrupted, _) | (Happened::Declined { .. }, Some(_)) => {
                serde_json::Map::new()
            }
            _ => self.about.content.clone(),
        };
        members.insert("request".to_owned(), json!(Digest::from_bytes(self.about.digest.unwrap_or_default())));
        members.insert("salt".to_owned(), json!(STANDARD.encode(salt.expose())));
        members.insert("kind".to_owned(), json!(self.kind()));
        members.insert("at".to_owned(), json!(at.0));
        if let Happened::Answered { answer } = &self.happened {
            members.insert("answer".to_owned(), json!(answer));
        }
        if let Happened::Declined { refusal } = &self.happened {
            members.insert(
                "refusal".to_owned(),
                json!({ "code": refusal.code.name(), "clause": refusal.clause, "detail": refusal.detail }),
            );
        }
        Value::Object(members)
    }

    fn event(&self, reference: Uuid, salt: &Salt, content: Option<Content>) -> Result<Event, DraftError> {
        let about = &self.about;
        let name = reference.hyphenated().to_string();
        let id = RequestId::parse(&name).map_err(|_| DraftError::Form)?;
        let request = id.request(&Digest::from_bytes(about.digest.unwrap_or_default()));
        let signer = about.signer.as_ref().map(|iin| Commitment::new(salt, Subject::Signer, iin.as_str().as_bytes()));
        let case = about.case.as_ref().map(|(kind, number)| {
            Commitment::new(salt, Subject::Case, format!("{kind}:{number}").as_bytes())
        });
        let policy = about.policy.map(Digest::from_bytes);
        Ok(match (&self.happened, about.grant) {
            (Happened::Granted, _) => Event::Grant(Grant {
                request,
                signer: signer.ok_or(DraftError::Form)?,
                case,
                policy: policy.ok_or(DraftError::Form)?,
                content: content.ok_or(DraftError::Form)?,
            }),
            (Happened::Answered { answer }, Some(grant)) => {
                Event::Answer(Answer { grant, request, answer: id.answer(answer), content })
            }
            (Happened::Interrupted, Some(grant)) => {
                let code = INTERRUPTED.parse().map_err(|_| DraftError::Form)?;
                Event::Interrupted(Failure { grant, request, code, content })
            }
            (Happened::Answered { .. } | Happened::Interrupted, None) => return Err(DraftError::Form),
            (Happened::Declined { refusal }, Some(grant)) => {
                Event::Failure(Failure { grant, request, code: code(refusal)?, content })
            }
            (Happened::Declined { refusal }, None) => {
                Event::Refusal(evidence::leaf::Refusal { request, code: code(refusal)?, signer, case, policy, content })
            }
        })
    }
}

fn code(refusal: &Refusal) -> Result<evidence::Code, DraftError> {
    refusal.code.name().parse().map_err(|_| DraftError::Form)
}

/// The leaf's bytes, shared between the receipt and the row.
#[must_use]
pub(super) fn shared(leaf: &[u8]) -> Arc<[u8]> {
    Arc::from(leaf)
}
