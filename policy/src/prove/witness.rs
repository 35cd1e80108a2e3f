//! Requests that show, by example, that something is possible or that a rule matters. What an example shows needs no solver.
//!
//! They are the lawful situations, and every situation in which one thing is otherwise.

use cedar_policy::{Authorizer, Decision, Entities, PolicyId, PolicySet, Request};
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
        let requests = situations().into_iter().flat_map(|facts| {
            let mut asked = vec![vocabulary.present(&facts, None)];
            let variations = variations(&facts);
            asked.extend(std::iter::once(facts).chain(variations).map(|facts| {
                let row = row_for(&facts);
                vocabulary.present(&facts, Some(&row))
            }));
            asked
        });
        Self(requests.filter_map(Result::ok).collect())
    }

    pub(super) fn hear(&self, rules: &Rules) -> Testimony {
        let mut testimony = Testimony { permitted: Vec::new(), by_one: Vec::new() };
        let authorizer = Authorizer::new();
        for (index, (request, entities)) in self.0.iter().enumerate() {
            let answer = authorizer.is_authorized(request, &rules.set, entities);
            if answer.diagnostics().errors().next().is_some() {
                continue;
            }
            let decided_by: Vec<PolicyId> = answer.diagnostics().reason().cloned().collect();
            match (answer.decision(), decided_by.as_slice()) {
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
        self.0.get(index).is_some_and(|(request, entities)| {
            let answer = Authorizer::new().is_authorized(request, set, entities);
            answer.decision() == Decision::Allow && answer.diagnostics().errors().next().is_none()
        })
    }
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
