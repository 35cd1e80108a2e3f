//! Requests that show, by example, that something is possible or that a rule matters. What an example shows needs no solver.
//!
//! They are the lawful situations, and every situation in which one thing is otherwise.

use cedar_policy::{PolicyId, PolicySet};
use cedar_policy_core::ast::Request;
use cedar_policy_core::authorizer::{Authorizer, Decision, Response};
use cedar_policy_core::entities::Entities;
use serde_json::Value;

use crate::body::BodyKind;
use crate::facts::{BasisFacts, Facts, ResolutionFacts};
use crate::ground::{Ground, OperationalBasis};
use crate::matrix::Row;
use crate::registry::RegistryClass;
use crate::request::Vocabulary;
use crate::rules::Rules;
use crate::situation::{DAY, NOW, lawful, sanction, urgent};

/// Requests ready to be asked about.
#[derive(Debug)]
pub(super) struct Witnesses(Vec<(Request, Entities)>);

/// What a set of rules makes of the witnesses.
#[derive(Debug)]
pub(super) struct Testimony {
    /// The requests that are permitted, and by which rules.
    permitted: Vec<(usize, Vec<PolicyId>)>,
    /// The requests that one rule alone forbids.
    by_one: Vec<(usize, PolicyId)>,
}

impl Witnesses {
    pub(super) fn call(vocabulary: &Vocabulary) -> Self {
        let requests = asked().into_iter().map(|(facts, row)| vocabulary.present(&facts, row.as_ref()));
        Self(requests.filter_map(Result::ok).collect())
    }

    pub(super) fn hear(&self, rules: &Rules) -> Testimony {
        let mut testimony = Testimony { permitted: Vec::new(), by_one: Vec::new() };
        for (index, asked) in self.0.iter().enumerate() {
            let answer = decide(asked, &rules.set);
            if !answer.diagnostics.errors.is_empty() {
                continue;
            }
            let decided_by: Vec<PolicyId> = answer.diagnostics.reason.iter().map(PolicyId::new).collect();
            match (answer.decision, decided_by.as_slice()) {
                (Decision::Allow, _) => testimony.permitted.push((index, decided_by)),
                (Decision::Deny, [only]) => testimony.by_one.push((index, only.clone())),
                (Decision::Deny, _) => {}
            }
        }
        testimony
    }

    /// Whether some request is permitted by the set that testified and by this one.
    pub(super) fn show_possible(&self, testimony: &Testimony, kind: &PolicySet) -> bool {
        testimony.permitted.iter().any(|(index, _)| self.permitted_by(*index, kind))
    }

    /// Whether some request is decided otherwise without a rule.
    pub(super) fn show_that_it_matters(&self, testimony: &Testimony, rules: &Rules, id: &PolicyId) -> bool {
        if testimony.permitted.iter().any(|(_, by)| by.as_slice() == std::slice::from_ref(id)) {
            return true;
        }
        let mut forbidden = testimony.by_one.iter().filter(|(_, by)| by == id).peekable();
        if forbidden.peek().is_none() {
            return false;
        }
        let mut without = rules.set.clone();
        without.remove_static(id.clone()).is_ok()
            && forbidden.any(|(index, _)| self.permitted_by(*index, &without))
    }

    fn permitted_by(&self, index: usize, set: &PolicySet) -> bool {
        self.0.get(index).is_some_and(|asked| {
            let answer = decide(asked, set);
            answer.decision == Decision::Allow && answer.diagnostics.errors.is_empty()
        })
    }
}

/// What Cedar's own authorizer says to a request, over the rules as they are written.
fn decide((request, entities): &(Request, Entities), set: &PolicySet) -> Response {
    Authorizer::new().is_authorized(request.clone(), set.as_ref(), entities)
}

/// Every situation there is an example of, with the row of the matrix that fits it, and some without one.
fn asked() -> Vec<(Facts, Option<Row>)> {
    let around = situations().into_iter().flat_map(|facts| {
        let without_row = (facts.clone(), None);
        let variations = variations(&facts);
        let with_rows = std::iter::once(facts).chain(variations).map(|facts| {
            let row = row_for(&facts);
            (facts, Some(row))
        });
        std::iter::once(without_row).chain(with_rows).collect::<Vec<_>>()
    });
    around.collect()
}

/// Lawful situations, one for each ground and some that differ in law.
fn situations() -> Vec<Facts> {
    let mut all: Vec<Facts> = Ground::ALL.iter().map(|ground| lawful(*ground)).collect();
    let with = |ground, change: fn(&mut Facts)| {
        let mut facts = lawful(ground);
        change(&mut facts);
        facts
    };
    all.extend([
        with(Ground::Operational, |facts| {
            facts.operation.private_life = true;
            facts.sanction = Some(sanction());
        }),
        with(Ground::Operational, |facts| {
            facts.operation.private_life = true;
            facts.urgent = Some(urgent());
        }),
        with(Ground::Covert, |facts| {
            facts.ground.basis =
                Some(BasisFacts { basis: OperationalBasis::InvestigatorOrder, documented: true });
            if let Some(case) = &mut facts.case {
                case.holders.clear();
            }
        }),
        with(Ground::AdministrativeCase, |facts| {
            facts.ground.act = lawful(Ground::Operational).ground.act;
            facts.body.kind = BodyKind::Other;
        }),
        with(Ground::Migration, |facts| facts.body.kind = BodyKind::ForeignAffairs),
        with(Ground::Migration, |facts| facts.registry.class = RegistryClass::General),
        with(Ground::CriminalCase, |facts| facts.registry.class = RegistryClass::EntryExit),
        with(Ground::CriminalCase, |facts| facts.stopped = Some(ResolutionFacts { from: NOW + DAY })),
    ]);
    all
}

/// A row of the matrix that fits, whatever the facts: a set of rules has to hold for every matrix.
fn row_for(facts: &Facts) -> Row {
    Row {
        body: facts.body.kind,
        role: facts.user.roles.first().cloned().unwrap_or_else(|| "no-role".to_owned()),
        ground: facts.ground.ground,
        registry: facts.registry.code.clone(),
        operation: facts.operation.code.clone(),
        fields: Vec::new().into(),
    }
}

/// The situation with one thing otherwise, in every way that still is a situation.
fn variations(facts: &Facts) -> Vec<Facts> {
    let Ok(whole) = serde_json::to_value(facts) else { return Vec::new() };
    otherwise(&whole).into_iter().filter_map(|changed| serde_json::from_value(changed).ok()).collect()
}

fn otherwise(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(truth) => vec![Value::Bool(!truth)],
        Value::Number(_) => [0, NOW, NOW + 1].map(Value::from).to_vec(),
        Value::String(word) => {
            let mut words: Vec<Value> = other_words(word).into_iter().map(Value::from).collect();
            words.push(Value::from("something-else"));
            words
        }
        Value::Array(items) => {
            let mut changed = vec![Value::Array(Vec::new())];
            for (index, item) in items.iter().enumerate().take(1) {
                changed.extend(otherwise(item).into_iter().map(|other| {
                    let mut items = items.clone();
                    if let Some(slot) = items.get_mut(index) {
                        *slot = other;
                    }
                    Value::Array(items)
                }));
            }
            changed
        }
        Value::Object(members) => {
            let mut changed = vec![Value::Null];
            for (name, member) in members {
                changed.extend(otherwise(member).into_iter().map(|other| {
                    let mut members = members.clone();
                    members.insert(name.clone(), other);
                    Value::Object(members)
                }));
            }
            changed
        }
    }
}

/// The other words of the closed lists that hold this one.
fn other_words(word: &str) -> Vec<&'static str> {
    let lists: [Vec<&'static str>; 4] = [
        Ground::ALL.iter().map(|word| word.as_str()).collect(),
        BodyKind::ALL.iter().map(|word| word.as_str()).collect(),
        RegistryClass::ALL.iter().map(|word| word.as_str()).collect(),
        ["active", "suspended", "revoked", "open", "closed", "integrated", "unlisted", "criminal", "civil"]
            .to_vec(),
    ];
    lists.into_iter().filter(|list| list.contains(&word)).flatten().filter(|other| *other != word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::applied::Applied;
    use crate::files::PolicyFiles;

    #[test]
    fn rules_read_for_a_ground_decide_as_cedars_authorizer_does_over_the_rules_as_written() {
        let rules = Rules::parse(&PolicyFiles::default_set().rules).unwrap();
        let vocabulary = Vocabulary::new().unwrap();
        let applied = Applied::new(&rules.set, &vocabulary);
        let (mut permitted, mut forbidden) = (0, 0);
        for (facts, row) in asked() {
            let (request, entities) = vocabulary.present(&facts, row.as_ref()).unwrap();
            let presented = (request, entities);
            let answer = decide(&presented, &rules.set);
            let (request, entities) = presented;
            let verdict = applied.judge(facts.ground.ground, request, &entities);
            if !answer.diagnostics.errors.is_empty() {
                assert!(verdict.is_err(), "{facts:?}");
                continue;
            }
            let verdict = verdict.unwrap();
            let permits = answer.decision == Decision::Allow;
            assert_eq!(verdict.is_permission(), permits, "{facts:?}");
            let mut expected: Vec<String> =
                answer.diagnostics.reason.iter().map(ToString::to_string).collect();
            let mut found = if permits { verdict.permits } else { verdict.forbids };
            expected.sort_unstable();
            found.sort_unstable();
            assert_eq!(found, expected, "{facts:?}");
            *if permits { &mut permitted } else { &mut forbidden } += 1;
        }
        assert!(permitted > 20 && forbidden > 500, "{permitted} permitted, {forbidden} forbidden");
    }
}
