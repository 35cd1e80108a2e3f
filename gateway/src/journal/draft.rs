//! From something that happened to a leaf and a sealed statement.

use std::sync::Arc;

use evidence::leaf::{Act, ActKind, Answer, Content, Failure, Grant};
use evidence::statement::{
    Destroyed, Item as StatedItem, Role, StatedCase, StatedRequest, StatedSigner, Statement,
};
use evidence::{Commitment, Digest, Event, Leaf, RequestId, Salt, Subject, UnixMillis};
use uuid::Uuid;

use crate::clock::Millis;
use crate::commitment::Commitments;
use crate::declined::About;
use crate::entry::{Claim, Kind, StoredEntry};
use crate::facts::StatedFacts;
use crate::journal::kept::{Kept, KeptError};
use crate::paper::{Hand, Paper};
use crate::refusal::Refusal;
use crate::register::{Clerk, Particulars};
use crate::urgent::Effect;
use crate::vault::{Vault, VaultError};

/// The code of an entry that closes a grant which a crash left open.
const INTERRUPTED: &str = "interrupted";

/// The fact of a request whose id could not be read: the id it is logged under was given to it here.
pub(crate) const ID_GIVEN: &str = "id-given";

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
    /// An official acted, or the gateway by itself when a clock ran out.
    Acted(Acted),
}

/// An act that is no step of a request; what it is about is in the [`About`] beside it.
#[derive(Clone, Debug)]
pub struct Acted {
    pub kind: ActKind,
    /// What was done: `log-searched`, `retention-ended`.
    pub code: &'static str,
    /// The official, in words; `None` if the gateway acted by itself.
    pub actor: Option<String>,
    /// Of a destruction: what.
    pub destroyed: Option<Destroyed>,
}

/// Something to be entered, before it is sealed and committed to.
#[derive(Clone, Debug)]
pub struct Draft {
    pub happened: Happened,
    pub about: About,
    /// What it does to the clock of an urgent measure.
    pub effect: Option<Effect>,
}

/// Why a draft could not be made into an entry.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the content could not be sealed")]
    Vault(#[from] VaultError),
    #[error("the system gave no random bytes")]
    Randomness(#[from] evidence::commitment::NoRandomness),
    #[error("the content cannot be written")]
    Kept(#[from] KeptError),
    #[error("the statement cannot be written")]
    Statement(#[from] evidence::statement::StatementMalformed),
    #[error("an answer or failure without a grant, or a code of wrong form")]
    Form,
}

/// An entry that lacks only its place in the log.
#[derive(Debug)]
pub(super) struct Entered {
    /// Index, instant and leaf are the writer's to fill in.
    pub entry: StoredEntry,
    pub event: Event,
    pub reference: Uuid,
    pub claim: Option<Claim>,
    pub effect: Option<Effect>,
    /// Of a request's first entry, for the register.
    pub particulars: Option<Arc<Particulars>>,
}

impl Draft {
    /// Seals the content and commits to it.
    pub(super) async fn enter(
        mut self,
        vault: &Vault,
        commitments: &Commitments,
        clerk: Option<&Clerk>,
        at: Millis,
    ) -> Result<Entered, DraftError> {
        let particulars = clerk.and_then(|clerk| self.particulars(clerk)).map(Arc::new);
        let reference = self.about.request.unwrap_or_else(Uuid::new_v4);
        let salt = Salt::generate()?;
        let case_ref = self.case_ref(commitments, at);
        let (sealed, content) = self.seal(vault, &case_ref, reference, &salt, at).await?;
        let event = self.event(reference, &salt, content)?;
        let claim = match (&self.happened, &self.about.signer) {
            (Happened::Granted, Some(signer)) => {
                let (signer, unclaimed) = (commitments.signer(signer), self.about.unclaimed);
                Some(Claim { signer, request: reference, unclaimed })
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
            leaf: Vec::new(),
            case_ref: (!sealed.is_empty()).then_some(case_ref),
            content: sealed,
        };
        Ok(Entered { entry, event, reference, claim, effect: self.effect, particulars })
    }

    /// What the register will take from a request: from no more than the entry keeps, so that it can be read from there again.
    fn particulars(&self, clerk: &Clerk) -> Option<Particulars> {
        matches!(self.kind(), Kind::Grant | Kind::Refusal).then(|| {
            let about = &self.about;
            let case = about.case.as_ref().map(|(kind, number)| (kind.as_str(), number.as_str()));
            let is_kept = self.papers().any(|paper| paper.role == Role::SignedRequest);
            clerk.particulars(about.signer.as_ref(), case, about.content.as_deref().filter(|_| is_kept))
        })
    }

    fn kind(&self) -> Kind {
        match (&self.happened, self.about.grant) {
            (Happened::Granted, _) => Kind::Grant,
            (Happened::Answered { .. }, _) => Kind::Answer,
            (Happened::Declined { .. }, Some(_)) => Kind::Failure,
            (Happened::Declined { .. }, None) => Kind::Refusal,
            (Happened::Interrupted, _) => Kind::Interrupted,
            (Happened::Acted(act), _) => match act.kind {
                ActKind::Reading => Kind::Reading,
                ActKind::Destruction => Kind::Destruction,
                ActKind::Notice => Kind::Notice,
                ActKind::Admin | ActKind::Sanction | ActKind::Resolution | ActKind::Policy => Kind::Act,
            },
        }
    }

    fn code(&self) -> Option<&'static str> {
        match &self.happened {
            Happened::Declined { refusal } => Some(refusal.code.name()),
            Happened::Interrupted => Some(INTERRUPTED),
            Happened::Acted(act) => Some(act.code),
            Happened::Granted | Happened::Answered { .. } => None,
        }
    }

    // Entries that rest on no case share a key per agency and day, so that they too can be destroyed when their time is up.
    // A refusal rests on none, whatever it cites: it must not vanish with a stranger's case, nor be kept from being written
    // because that case's key is gone.
    fn case_ref(&self, commitments: &Commitments, at: Millis) -> [u8; 32] {
        let refused = matches!(self.kind(), Kind::Refusal);
        let agency = self.about.agency.as_ref().map_or("", |bin| bin.as_str());
        match &self.about.case {
            Some((kind, number)) if !refused => commitments.material(kind, number, agency),
            _ => commitments.day(agency, at.seconds().div_euclid(86_400)),
        }
    }

    /// The sealed statement with what the leaf says of it.
    async fn seal(
        &mut self,
        vault: &Vault,
        case_ref: &[u8; 32],
        reference: Uuid,
        salt: &Salt,
        at: Millis,
    ) -> Result<(Vec<u8>, Option<Content>), DraftError> {
        let statement = self.statement(reference)?.to_bytes()?;
        let commitment = Statement::commitment(salt, &statement);
        let kept = self.kept(salt, &statement)?;
        let sealed = vault.seal(case_ref, kept, at).await?;
        let digest = Digest::of(&sealed);
        Ok((sealed, Some(Content { commitment, sealed: Some(digest) })))
    }

    /// The content in clear. The statement says what a live source told, whether or not its answer is kept with it.
    fn kept(&self, salt: &Salt, statement: &[u8]) -> Result<Vec<u8>, KeptError> {
        let is_live = self.about.papers.iter().any(|paper| paper.hand() == Hand::Source);
        let hand = if is_live { Hand::Source } else { Hand::Gateway };
        let documents = self.papers().filter_map(|paper| Some((paper.hand(), paper.sealed()?)));
        Kept::write(salt, (hand, statement), documents)
    }

    /// The documents kept with the entry.
    fn papers(&self) -> impl Iterator<Item = &Paper> + Clone {
        let kept = match &self.happened {
            Happened::Declined { refusal } => refusal.code.keeps_papers(),
            Happened::Granted | Happened::Answered { .. } | Happened::Interrupted | Happened::Acted(_) => {
                true
            }
        };
        self.about.papers.iter().filter(move |_| kept && !self.follows_a_grant())
    }

    /// What follows a grant repeats nothing of it.
    fn follows_a_grant(&self) -> bool {
        self.about.grant.is_some()
    }

    /// Everything an auditor needs, and never the answer itself (SLS 16-3(2)).
    /// Takes the facts with it: most of what it says.
    fn statement(&mut self, reference: Uuid) -> Result<Statement<StatedFacts>, DraftError> {
        let about = &self.about;
        let mut statement = Statement::stating(self.leaf_kind(), StatedFacts::default());
        let digest = Digest::from_bytes(about.digest.unwrap_or_default());
        let request = StatedRequest { id: reference.hyphenated().to_string(), digest };
        match &self.happened {
            Happened::Acted(act) => {
                statement.actor.clone_from(&act.actor);
                statement.destroyed.clone_from(&act.destroyed);
            }
            _ => statement.request = Some(request),
        }
        statement.code = self.code().map(str::parse).transpose().map_err(|_| DraftError::Form)?;
        if let Happened::Answered { answer } = &self.happened {
            statement.answer = Some(*answer);
        }
        if let Happened::Declined { refusal } = &self.happened {
            statement.reasons.push(format!("{} ({})", refusal.detail, refusal.clause));
        }
        if self.follows_a_grant() {
            return Ok(statement);
        }
        let bin = about.agency.as_ref().map(|bin| bin.as_str().to_owned()).unwrap_or_default();
        statement.signer =
            about.signer.as_ref().map(|iin| StatedSigner { iin: iin.as_str().to_owned(), bin });
        let case = about.case.as_ref();
        statement.case = case.map(|(kind, number)| StatedCase { kind: kind.clone(), number: number.clone() });
        statement.policy = about.policy.map(Digest::from_bytes);
        statement.reasons.extend(about.reasons.iter().cloned());
        statement.items = self.papers().map(item).collect();
        let given = about.request.is_none() && self.kind().is_of_request();
        statement.facts = std::mem::take(&mut self.about.facts);
        if given {
            statement.facts.state(ID_GIVEN, &true);
        }
        Ok(statement)
    }

    fn leaf_kind(&self) -> evidence::Kind {
        if let Happened::Acted(act) = &self.happened {
            return act.kind.kind();
        }
        match self.kind() {
            Kind::Grant => evidence::Kind::Grant,
            Kind::Answer => evidence::Kind::Answer,
            Kind::Failure => evidence::Kind::Failure,
            Kind::Interrupted => evidence::Kind::Interrupted,
            Kind::Refusal => evidence::Kind::Refusal,
            Kind::Act => evidence::Kind::Admin,
            Kind::Reading => evidence::Kind::Reading,
            Kind::Destruction => evidence::Kind::Destruction,
            Kind::Notice => evidence::Kind::Notice,
        }
    }

    /// Documents that name nobody, to be kept once for all entries.
    pub(super) fn common(&self) -> impl Iterator<Item = (&Digest, &[u8])> {
        self.papers().filter_map(|paper| Some((&paper.digest, paper.common()?)))
    }

    fn event(&self, reference: Uuid, salt: &Salt, content: Option<Content>) -> Result<Event, DraftError> {
        let about = &self.about;
        let name = reference.hyphenated().to_string();
        let id = RequestId::parse(&name).map_err(|_| DraftError::Form)?;
        let request = id.request(&Digest::from_bytes(about.digest.unwrap_or_default()));
        let signer = || {
            about.signer.as_ref().map(|iin| Commitment::new(salt, Subject::Signer, iin.as_str().as_bytes()))
        };
        let case = || {
            about.case.as_ref().map(|(kind, number)| {
                Commitment::new(salt, Subject::Case, format!("{kind}:{number}").as_bytes())
            })
        };
        let policy = about.policy.map(Digest::from_bytes);
        if let Happened::Acted(act) = &self.happened {
            let code = act.code.parse().map_err(|_| DraftError::Form)?;
            let actor = act.actor.as_ref().map(|name| Commitment::new(salt, Subject::Actor, name.as_bytes()));
            let content = content.ok_or(DraftError::Form)?;
            return Ok(Event::Act(Act { kind: act.kind, code, actor, case: case(), policy, content }));
        }
        Ok(match (&self.happened, about.grant) {
            (Happened::Granted, _) => Event::Grant(Grant {
                request,
                signer: signer().ok_or(DraftError::Form)?,
                case: case(),
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
            (Happened::Answered { .. } | Happened::Interrupted, None) | (Happened::Acted(_), _) => {
                return Err(DraftError::Form);
            }
            (Happened::Declined { refusal }, Some(grant)) => {
                Event::Failure(Failure { grant, request, code: code(refusal)?, content })
            }
            (Happened::Declined { refusal }, None) => Event::Refusal(evidence::leaf::Refusal {
                request,
                code: code(refusal)?,
                signer: signer(),
                case: case(),
                policy,
                content,
            }),
        })
    }
}

fn item(paper: &Paper) -> StatedItem {
    StatedItem { role: paper.role, media_type: paper.media_type.to_owned(), digest: paper.digest }
}

fn code(refusal: &Refusal) -> Result<evidence::Code, DraftError> {
    refusal.code.name().parse().map_err(|_| DraftError::Form)
}

impl Entered {
    /// Gives the entry its instant, and with it its leaf.
    #[must_use]
    pub(super) fn at(self, at: Millis) -> Self {
        let Self { entry, event, reference, claim, effect, particulars } = self;
        let time = UnixMillis::new(u64::try_from(at.0).unwrap_or(0));
        let leaf = Leaf { time, event: event.clone() }.to_bytes();
        Self { entry: StoredEntry { at, leaf, ..entry }, event, reference, claim, effect, particulars }
    }
}

/// The leaf's bytes, shared between the receipt and the row.
#[must_use]
pub(super) fn shared(leaf: &[u8]) -> Arc<[u8]> {
    Arc::from(leaf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    /// Whether what the statement says stands in the content in clear, before it is sealed.
    fn is_as_it_is(happened: Happened, roles: &[Role]) -> bool {
        let paper = |role: &Role| Paper::personal(*role, "application/json", vec![b' '; 600].into());
        let about = About { papers: roles.iter().map(paper).collect(), ..About::default() };
        let statement = br#"{"holders":["880214301234"]}"#.repeat(20);
        let kept = Draft { happened, about, effect: None }.kept(&Salt::from_bytes([7; 32]), &statement);
        kept.unwrap().windows(statement.len()).any(|part| part == statement)
    }

    /// Else whoever chose a word of it could find out by its length what a live source told, and the database does not.
    #[test]
    fn what_a_live_source_told_is_not_packed() {
        let stale = Happened::Declined { refusal: Refusal::new(Code::DocumentStale, "") };
        for happened in [Happened::Granted, stale] {
            let is_as_it_is = |roles: &[Role]| is_as_it_is(happened.clone(), roles);
            assert!(is_as_it_is(&[Role::SignedRequest, Role::CaseFacts]));
            assert!(!is_as_it_is(&[Role::SignedRequest, Role::Certificate, Role::Sanction, Role::Other]));
        }
    }
}
