//! What a change of rules amounts to, asked as cheaply as can be: of the changed rules alone, then of the theorems they carry, and
//! only then of the whole set.

use std::cmp::Reverse;

use cedar_policy::PolicyId;

use crate::digest::Digest;
use crate::files::PolicyFiles;
use crate::prove::claim::Asked;
use crate::prove::prover::{Examined, ProveError, Prover, Telling};
use crate::prove::report::Outcome;
use crate::rules::Rules;
use crate::theorem::{Claim, Theorem};

/// What a change of rules amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Weakening {
    /// Nothing is permitted that was refused.
    PermitsNoMore,
    /// More is permitted, and this claim about the changed set fails.
    Breaks {
        /// Name of the claim, as in a [`Finding`](crate::prove::Finding).
        claim: String,
    },
    /// More is permitted, and every claim holds: the theorems have a hole.
    Unnoticed,
}

impl Prover {
    /// What `changed` amounts to, held against `original`, of which every claim has to hold.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub async fn weigh(
        &mut self,
        changed: &PolicyFiles,
        original: &PolicyFiles,
    ) -> Result<Weakening, ProveError> {
        let (before, after) = (Rules::parse(original.rules())?, Rules::parse(changed.rules())?);
        let altered = altered(&before, &after);
        if self.only_stricter(&before, &after, &altered).await? {
            return Ok(Weakening::PermitsNoMore);
        }
        let forbids = |id: &PolicyId| [&before, &after].iter().any(|rules| rules.forbids(id));
        if !altered.iter().any(|id| forbids(id)) && self.guarded(&before).await? {
            return Ok(Weakening::PermitsNoMore);
        }
        if let Some(claim) = self.broken_by_guards(&before, &after, &altered).await? {
            return Ok(Weakening::Breaks { claim });
        }
        // A rule that became weaker may still be covered by others: then nothing is lost, and nothing has to break.
        if self.permits_no_more(changed, original).await? == Outcome::Holds {
            return Ok(Weakening::PermitsNoMore);
        }
        Ok(match self.refute_barely(changed).await? {
            Some(finding) => Weakening::Breaks { claim: finding.claim },
            None => Weakening::Unnoticed,
        })
    }

    /// Whether every altered rule, looked at by itself, refuses all it refused and permits nothing it did not.
    async fn only_stricter(
        &mut self,
        before: &Rules,
        after: &Rules,
        altered: &[&PolicyId],
    ) -> Result<bool, ProveError> {
        for id in altered {
            let forbids = [before, after].iter().any(|rules| rules.forbids(id));
            let (narrow, wide) = if forbids { (before, after) } else { (after, before) };
            match (narrow.set.policy(id), wide.set.policy(id)) {
                // Nothing is contained in anything.
                (None, _) => {}
                (Some(_), None) => return Ok(false),
                (Some(narrow), Some(wide)) => {
                    let (narrow, wide) = (self.compile_one(narrow)?, self.compile_one(wide)?);
                    if !matches!(self.compiler.check_matches_implies_opt(&narrow, &wide).await, Ok(true)) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Whether the forbids of a set let past only what the set permits: then no other `permit` permits more. Asked once for each
    /// set of forbids.
    async fn guarded(&mut self, rules: &Rules) -> Result<bool, ProveError> {
        let texts: Vec<String> = rules.in_order().iter().map(|(id, _)| rules.text(id)).collect();
        let digest = Digest::of_parts(texts.iter().map(|text| ("rule", text.as_bytes())));
        if let Some((_, guarded)) = self.guarded.as_ref().filter(|(known, _)| *known == digest) {
            return Ok(*guarded);
        }
        let forbids = rules.set.policies().filter(|policy| rules.forbids(policy.id()));
        let blanket = self.compile_policies(forbids.chain([&self.anything]), "the forbids")?;
        let whole = self.compile_set(&rules.set, "the set")?;
        let guarded = matches!(self.compiler.check_implies_opt(&blanket, &whole).await, Ok(true));
        Ok(self.guarded.insert((digest, guarded)).1)
    }

    /// The first theorem kept by the altered rules' own codes that no longer holds; the one that broke last is asked first.
    async fn broken_by_guards(
        &mut self,
        before: &Rules,
        after: &Rules,
        altered: &[&PolicyId],
    ) -> Result<Option<String>, ProveError> {
        let codes: Vec<_> = [before, after]
            .iter()
            .flat_map(|rules| altered.iter().filter_map(|id| rules.known.get(*id)))
            .filter_map(|rule| rule.refusal.as_ref().map(|(code, _)| *code))
            .collect();
        let theirs =
            |theorem: &&Theorem| matches!(theorem.claim, Claim::Guarded(code) if codes.contains(&code));
        let mut theorems: Vec<Theorem> = self.theorems.iter().filter(theirs).cloned().collect();
        theorems.sort_by_key(|theorem| Reverse(self.broke.iter().position(|name| *name == theorem.name)));
        let mut set = Examined::new(after, Telling::Bare);
        for theorem in &theorems {
            let finding = self.ask(&mut set, Asked::Theorem(theorem)).await?;
            if matches!(finding.outcome, Outcome::Fails { .. }) {
                self.broke.retain(|name| *name != finding.claim);
                self.broke.push(finding.claim.clone());
                return Ok(Some(finding.claim));
            }
        }
        Ok(None)
    }
}

impl Rules {
    fn forbids(&self, id: &PolicyId) -> bool {
        self.known.get(id).is_some_and(|rule| rule.refusal.is_some())
    }
}

/// Rules that the two sets do not both have in the same words.
fn altered<'a>(before: &'a Rules, after: &'a Rules) -> Vec<&'a PolicyId> {
    let gone_or_other = before.known.keys().filter(|id| before.text(id) != after.text(id));
    let new = after.known.keys().filter(|id| !before.known.contains_key(*id));
    gone_or_other.chain(new).collect()
}
