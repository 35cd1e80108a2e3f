//! Step 6: the decision (SLS 16-2(3)¶3), and that what is asked is a question the registry knows.

use std::sync::Arc;

use arc_swap::ArcSwap;
use policy::{Decided, Digest, Granted, Policy, Reason, Sanctioning};

use crate::clock::Millis;
use crate::declined::{About, Declined, Stage};
use crate::journal::{Enter, Happened};
use crate::outbox::Notice;
use crate::reconciled::Reconciled;
use crate::refusal::{Code, Refusal};
use crate::urgent::{Effect, UrgentGrant};

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

    /// Puts another set in force, whole, for every request not yet decided.
    pub fn replace(&self, policy: Policy) {
        self.policy.store(Arc::new(policy));
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

/// The built-in set beneath the one that the entry names, where it is another.
fn name_floor(about: &mut About, floor: Option<&Digest>) {
    if let Some(floor) = floor {
        about.facts.state("policy-floor", floor);
    }
}

fn declined(reconciled: &Reconciled, refused: &policy::Refused) -> Declined {
    let code = Code::named(refused.code()).unwrap_or(Code::GroundNotPermitted);
    let mut detail = refused.detail().to_owned();
    if let (Code::SanctionMissing, Some(why)) = (code, reconciled.support().not_accepted()) {
        detail = format!("{detail}; {why}");
    }
    let refusal = Refusal::new(code, detail).citing(refused.clause().to_owned());
    let mut about = reconciled.about();
    about.policy = Some(*refused.policy_digest().as_bytes());
    about.reasons = refused.broken().iter().map(in_words).collect();
    about.facts.state("decision", &Decided::from(refused));
    name_floor(&mut about, refused.policy_floor());
    Declined { refusal, about: Box::new(about) }
}

impl Stage for Granted<Reconciled> {
    fn about(&self) -> About {
        let mut about = self.considered().about();
        about.policy = Some(*self.policy_digest().as_bytes());
        about.reasons = self.reasons().iter().map(in_words).collect();
        about.facts.state("decision", &Decided::from(self));
        name_floor(&mut about, self.policy_floor());
        about
    }
}

impl Enter for Granted<Reconciled> {
    fn happened(&self) -> Happened {
        Happened::Granted
    }

    /// OI 12(7): the clock of an urgent measure begins with the first grant made on it, and the prosecutor is told in the same
    /// transaction; it stops with the first grant that rests on the sanction.
    fn effect(&self) -> Option<Effect> {
        let reconciled = self.considered();
        let (clock, at) = (*reconciled.support().clock()?, reconciled.arrived());
        match (self.sanctioning(), reconciled.support().urgent_since()) {
            (Sanctioning::Awaited { until }, Some(decided)) => {
                let request = reconciled.document().id;
                let agency = reconciled.identified().attested().channel().agency.bin.as_str().to_owned();
                let deadline = Millis(until.saturating_mul(1000));
                let notice = Notice::begun(request, &agency, decided, deadline, at);
                Some(Effect::Begun(UrgentGrant { clock, request, agency, decided, deadline, notice }))
            }
            // Not whatever came as a sanction: the one without which nothing would have been let out.
            (Sanctioning::Given, _) => Some(Effect::Sanctioned { clock, at }),
            _ => None,
        }
    }
}
