//! Joint acts: what lets a body use a ground that the law leaves to them (SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(5)).

use arc_swap::ArcSwap;
use policy::{ActFacts, BodyKind, Ground, NO_END};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use crate::clock::Millis;

/// A joint act as it was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JointAct {
    /// Its number: the key.
    pub number: String,
    /// Its date, `YYYY-MM-DD`, for the reader.
    pub date: String,
    pub title: String,
    /// Who concluded it, in words.
    pub parties: Vec<String>,
    /// The bodies it admits.
    pub bodies: Vec<BodyKind>,
    /// The grounds it admits them to.
    pub grounds: Vec<Ground>,
    /// The roles it lists (for financial monitoring: by ground, SLS 16-2(5)).
    pub roles: Vec<String>,
    /// Codes of the registries it opens.
    pub registries: Vec<String>,
    /// First instant in force, and first instant after it.
    pub from: Millis,
    pub until: Option<Millis>,
}

/// What is sought among the acts.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    pub body: BodyKind,
    pub ground: Ground,
    pub registry: &'a str,
    pub role: &'a str,
    pub now: Millis,
}

/// The acts on record, seen by every request that has not been reconciled yet; swapped whole.
#[derive(Debug)]
pub struct Acts {
    current: ArcSwap<Vec<Recorded>>,
}

/// An act with what the rules are told of it, which is the same for every request.
#[derive(Debug)]
struct Recorded {
    act: JointAct,
    facts: Arc<ActFacts>,
}

impl JointAct {
    fn in_force(&self, now: Millis) -> bool {
        now.is_within(self.from, self.until)
    }

    /// Higher is better: in force first, then for this registry, then for this role.
    fn fits(&self, sought: &Sought<'_>) -> (bool, bool, bool) {
        let registry = self.registries.iter().any(|code| code == sought.registry);
        let role = self.roles.iter().any(|role| role == sought.role);
        (self.in_force(sought.now), registry, role)
    }

    fn facts(&self) -> ActFacts {
        ActFacts {
            number: self.number.clone(),
            date: self.date.clone(),
            from: self.from.seconds(),
            until: self.until.map_or(NO_END, Millis::seconds),
            bodies: self.bodies.clone(),
            grounds: self.grounds.clone(),
            roles: self.roles.clone(),
            registries: self.registries.clone(),
        }
    }
}

impl Acts {
    #[must_use]
    pub fn new(acts: Vec<JointAct>) -> Self {
        Self { current: ArcSwap::from_pointee(recorded(acts)) }
    }

    /// Puts other acts on record.
    pub fn replace(&self, acts: Vec<JointAct>) {
        self.current.store(Arc::new(recorded(acts)));
    }

    /// The act that speaks of this body and ground and fits the question best. Whether it suffices is for the rules to say.
    #[must_use]
    pub fn find(&self, sought: &Sought<'_>) -> Option<Arc<ActFacts>> {
        let acts = self.current.load();
        let admits =
            |act: &JointAct| act.bodies.contains(&sought.body) && act.grounds.contains(&sought.ground);
        let admitting = acts.iter().filter(|recorded| admits(&recorded.act));
        let best = admitting.max_by_key(|recorded| recorded.act.fits(sought));
        best.map(|recorded| Arc::clone(&recorded.facts))
    }
}

fn recorded(acts: Vec<JointAct>) -> Vec<Recorded> {
    acts.into_iter().map(|act| Recorded { facts: Arc::new(act.facts()), act }).collect()
}

/// A declared debtor and the time of his bankruptcy or rehabilitation (IAB 6(1)49)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debtor {
    /// IIN or BIN.
    pub number: String,
    pub from: Millis,
    pub until: Option<Millis>,
}
