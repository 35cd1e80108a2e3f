//! Step 6: the decision (SLS 16-2(3)¶3), and that what is asked is a question the registry knows.

use std::sync::Arc;

use arc_swap::ArcSwap;
use policy::{Granted, Policy, Reason};
use serde_json::json;

use crate::declined::{About, Declined, Stage};
use crate::journal::{Enter, Happened};
use crate::reconciled::Reconciled;
use crate::refusal::{Code, Refusal};

/// The policy in force; swapped whole.
#[derive(Debug)]
pub struct Decisions {
    policy: ArcSwap<Policy>,
}

impl Decisions {
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy: ArcSwap::from_pointee(policy) }
    }

    /// The policy in force now.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Decides, then reads the parameters by the operation's schema: a grant to ask nonsense is not worth recording.
    ///
    /// # Errors
    /// The first rule in legal order that does not hold; `parameters-invalid`.
    pub fn decide(&self, reconciled: Reconciled) -> Result<Granted<Reconciled>, Declined> {
        match self.policy.load().decide(reconciled) {
            Ok(granted) => match granted.considered().question().map(|_| ()) {
                Ok(()) => Ok(granted),
                Err(refusal) => Err(granted.decline(refusal)),
            },
            Err((reconciled, refused)) => Err(declined(&reconciled, &refused)),
        }
    }
}

/// A rule and its clause, as the evidence states them.
fn in_words(reason: &Reason) -> String {
    format!("{} ({})", reason.rule, reason.clause)
}

fn declined(reconciled: &Reconciled, refused: &policy::Refused) -> Declined {
    let code = Code::named(refused.code()).unwrap_or(Code::GroundNotPermitted);
    let refusal = Refusal::new(code, refused.detail()).citing(refused.clause().to_owned());
    let mut about = reconciled.about();
    about.policy = Some(*refused.policy_digest().as_bytes());
    about.reasons = refused.broken().iter().map(in_words).collect();
    Declined { refusal, about: Box::new(about) }
}

impl Stage for Granted<Reconciled> {
    fn about(&self) -> About {
        let mut about = self.considered().about();
        about.policy = Some(*self.policy_digest().as_bytes());
        about.reasons = self.reasons().iter().map(in_words).collect();
        about.facts.insert("decision".to_owned(), json!({ "role": self.role(), "fields": self.fields() }));
        about
    }
}

impl Enter for Granted<Reconciled> {
    fn happened(&self) -> Happened {
        Happened::Granted
    }
}
