//! The claims about a set of rules, and what the answer to each depends on.

use cedar_policy::PolicyId;

use crate::code::Code;
use crate::digest::Digest;
use crate::proof::{matters, never_errs};
use crate::prove::report::{Finding, Outcome};
use crate::rules::{Rule, Rules};
use crate::theorem::{Claim, Theorem};

/// A claim about a set of rules.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    Theorem(&'a Theorem),
    NeverErrs(&'a PolicyId, &'a Rule),
    Matters(&'a PolicyId, &'a Rule),
}

/// Every claim about a set, the ones that ask least first.
pub(super) fn claims<'a>(theorems: &'a [Theorem], rules: &'a Rules) -> Vec<Asked<'a>> {
    let (guarded, whole): (Vec<_>, Vec<_>) =
        theorems.iter().partition(|theorem| matches!(theorem.claim, Claim::Guarded(_)));
    let in_order = rules.in_order();
    let never_err = in_order.iter().map(|(id, rule)| Asked::NeverErrs(id, rule));
    let matter = in_order.iter().map(|(id, rule)| Asked::Matters(id, rule));
    let guarded = guarded.into_iter().map(Asked::Theorem);
    guarded.chain(never_err).chain(whole.into_iter().map(Asked::Theorem)).chain(matter).collect()
}

impl Asked<'_> {
    /// Digest of the claim and of all rules its answer depends on.
    pub(super) fn key(&self, rules: &Rules) -> Digest {
        let (claim, depends_on) = match self {
            Self::Theorem(theorem) => {
                let code = match theorem.claim {
                    Claim::Guarded(code) => Some(code),
                    Claim::Kept | Claim::Possible => None,
                };
                (theorem.name.clone(), rules.texts(code))
            }
            Self::NeverErrs(id, _) => (never_errs(id.as_ref()), vec![rules.text(id)]),
            Self::Matters(id, _) => (matters(id.as_ref()), rules.texts(None)),
        };
        Digest::of_parts(depends_on.iter().map(|text| (claim.as_str(), text.as_bytes())))
    }

    pub(super) fn finding(&self, outcome: Outcome) -> Finding {
        let about = |rule: &Rule, claim, says| Finding {
            claim,
            clause: rule.reason.clause.to_string(),
            says: format!("The rule at {} {says}.", rule.place),
            outcome: outcome.clone(),
        };
        match self {
            Self::Theorem(theorem) => Finding {
                claim: theorem.name.clone(),
                clause: theorem.clause.clone(),
                says: theorem.says.clone(),
                outcome,
            },
            Self::NeverErrs(id, rule) => {
                about(rule, never_errs(id.as_ref()), "can be evaluated on any facts whatsoever")
            }
            Self::Matters(id, rule) => {
                about(rule, matters(id.as_ref()), "decides some request that no other rule decides")
            }
        }
    }
}

impl Rules {
    /// The rules in the order of files and lines.
    pub(super) fn in_order(&self) -> Vec<(&PolicyId, &Rule)> {
        let mut all: Vec<_> = self.known.iter().collect();
        all.sort_by(|(_, a), (_, b)| a.place.file.cmp(&b.place.file).then(a.place.line.cmp(&b.place.line)));
        all
    }

    /// Texts of all rules, or, with a code, of those a claim guarded by it depends on: a guard that fails is looked at
    /// in the whole set, so the code's own rules decide whether it holds.
    fn texts(&self, code: Option<Code>) -> Vec<String> {
        let chosen = |rule: &Rule| match (code, &rule.refusal) {
            (None, _) => true,
            (Some(code), Some((own, _))) => *own == code,
            (Some(_), None) => false,
        };
        let mut texts: Vec<String> =
            self.known.iter().filter(|(_, rule)| chosen(rule)).map(|(id, _)| self.text(id)).collect();
        texts.sort();
        texts
    }
}
