//! Facts put before the rules: one principal, one resource, one context, as the values that rules are evaluated on.
//!
//! They are built directly, with Cedar's own types (`cedar-policy-core`): its public interface takes expressions and evaluates
//! them to these same values first, which costs more than the decision itself (docs/decisions/policy.md).
//!
//! The shape mirrors `policies/schema.cedarschema` member by member; a test holds the two together.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use cedar_policy_core::ast::{
    Context, Eid, Entity, EntityType, EntityUID, EntityUIDEntry, Literal, Request, Value,
};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::parser::err::ParseErrors;
use smol_str::SmolStr;

use crate::facts::{ActFacts, CaseFacts, DebtorFacts, Facts, SanctionFacts, UrgentFacts};
use crate::ground::Ground;
use crate::matrix::Row;

/// The facts could not be put before the rules. Carries no fact: it is answered with a refusal.
#[derive(Debug, thiserror::Error)]
#[error("the facts could not be put before the rules")]
pub(crate) struct Unpresentable;

/// Names of the schema's types, parsed once.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    officer: EntityType,
    registry: EntityType,
    ground: EntityType,
    body_kind: EntityType,
    case_kind: EntityType,
    case_status: EntityType,
    standing: EntityType,
    registry_class: EntityType,
    registry_state: EntityType,
    basis: EntityType,
    rank: EntityType,
    role: EntityType,
    threat: EntityType,
    obtain: EntityUID,
}

impl Vocabulary {
    pub(crate) fn new() -> Result<Self, ParseErrors> {
        let name = <EntityType as std::str::FromStr>::from_str;
        Ok(Self {
            officer: name("Officer")?,
            registry: name("Registry")?,
            ground: name("Ground")?,
            body_kind: name("BodyKind")?,
            case_kind: name("CaseKind")?,
            case_status: name("CaseStatus")?,
            standing: name("Standing")?,
            registry_class: name("RegistryClass")?,
            registry_state: name("RegistryState")?,
            basis: name("Basis")?,
            rank: name("Rank")?,
            role: name("Role")?,
            threat: name("Threat")?,
            obtain: EntityUID::from_components(name("Action")?, Eid::new("obtain"), None),
        })
    }

    /// The request and the two entities it speaks of. `row` is the matrix row found for it, if any.
    pub(crate) fn present(
        &self,
        facts: &Facts,
        row: Option<&Row>,
    ) -> Result<(Request, Entities), Unpresentable> {
        let officer = uid(&self.officer, &facts.user.pseudonym);
        let registry = uid(&self.registry, &facts.registry.code);
        let context = Context::Value(Arc::new(self.context(facts, row).into_iter().collect()));
        let known = |uid: &EntityUID| EntityUIDEntry::known(uid.clone(), None);
        let request =
            Request::new_unchecked(known(&officer), known(&self.obtain), known(&registry), Some(context));
        // Two entities without ancestors are their own transitive closure.
        let entities = Entities::from_entities(
            [self.officer(officer, facts), self.registry(registry, facts)],
            None::<&NoEntitiesSchema>,
            TCComputation::AssumeAlreadyComputed,
            Extensions::none(),
        )
        .map_err(|_| Unpresentable)?;
        Ok((request, entities))
    }

    /// A ground as the rules name it.
    pub(crate) fn ground(&self, ground: Ground) -> EntityUID {
        uid(&self.ground, ground.as_str())
    }

    fn officer(&self, officer: EntityUID, facts: &Facts) -> Entity {
        let user = &facts.user;
        let attributes = [
            member("registered", Value::from(user.registered)),
            member("standing", word(&self.standing, user.state.as_str())),
            member("term", term(user.term_from, user.term_until)),
            member("agency", text(&user.agency)),
            member("roles", set(&self.role, user.roles.iter().map(String::as_str))),
            member("grounds", set(&self.ground, user.grounds.iter().map(|ground| ground.as_str()))),
        ];
        entity(officer, attributes)
    }

    fn registry(&self, registry: EntityUID, facts: &Facts) -> Entity {
        let attributes = [
            member("class", word(&self.registry_class, facts.registry.class.as_str())),
            member("state", word(&self.registry_state, facts.registry.state.as_str())),
            member("listed", term(facts.registry.listed_from, facts.registry.listed_until)),
        ];
        entity(registry, attributes)
    }

    fn context(&self, facts: &Facts, row: Option<&Row>) -> Vec<Member> {
        let operation = [
            member("code", text(&facts.operation.code)),
            member("privateLife", Value::from(facts.operation.private_life)),
            member("pendingCasesOnly", Value::from(facts.operation.pending_cases_only)),
        ];
        let channel = [
            member("agency", text(&facts.channel.agency)),
            member("standing", word(&self.standing, facts.channel.state.as_str())),
        ];
        let body = [
            member("bin", text(&facts.body.bin)),
            member("kind", word(&self.body_kind, facts.body.kind.as_str())),
            member("standing", word(&self.standing, facts.body.state.as_str())),
        ];
        let mut context = vec![
            member("now", Value::from(facts.now)),
            member("channel", record(channel)),
            member("document", document(facts)),
            member("body", record(body)),
            member("ground", word(&self.ground, facts.ground.ground.as_str())),
            member("operation", record(operation)),
        ];
        context.extend(optional("act", facts.ground.act.as_deref(), |act| self.act(act)));
        context.extend(optional("basis", facts.ground.basis.as_ref(), |basis| {
            record([
                member("kind", word(&self.basis, basis.basis.as_str())),
                member("documented", Value::from(basis.documented)),
            ])
        }));
        context.extend(optional("case", facts.case.as_ref(), |case| self.case(case)));
        context.extend(optional("stopped", facts.stopped.as_ref(), |stopped| {
            record([member("from", Value::from(stopped.from))])
        }));
        context.extend(optional("row", row, |row| self.row(row)));
        context.extend(optional("sanction", facts.sanction.as_ref(), |sanction| self.sanction(sanction)));
        context.extend(optional("urgent", facts.urgent.as_ref(), |urgent| self.urgent(urgent)));
        context.extend(optional("debtor", facts.debtor.as_ref(), debtor));
        context
    }

    fn act(&self, act: &ActFacts) -> Value {
        record([
            member("number", text(&act.number)),
            member("term", term(act.from, act.until)),
            member("bodies", set(&self.body_kind, act.bodies.iter().map(|body| body.as_str()))),
            member("grounds", set(&self.ground, act.grounds.iter().map(|ground| ground.as_str()))),
            member("roles", set(&self.role, act.roles.iter().map(String::as_str))),
            member("registries", set(&self.registry, act.registries.iter().map(String::as_str))),
        ])
    }

    fn case(&self, case: &CaseFacts) -> Value {
        record([
            member("kind", word(&self.case_kind, case.kind.as_str())),
            member("status", word(&self.case_status, case.status.as_str())),
            member("agency", text(&case.agency)),
            member("holders", set(&self.officer, case.holders.iter().map(String::as_str))),
            member("asOf", Value::from(case.as_of)),
            member("maxAge", Value::from(case.max_age)),
        ])
    }

    fn row(&self, row: &Row) -> Value {
        record([
            member("body", word(&self.body_kind, row.body.as_str())),
            member("role", word(&self.role, &row.role)),
            member("ground", word(&self.ground, row.ground.as_str())),
            member("registry", word(&self.registry, &row.registry)),
            member("operation", text(&row.operation)),
        ])
    }

    fn sanction(&self, sanction: &SanctionFacts) -> Value {
        record([
            member("prosecutorEnrolled", Value::from(sanction.prosecutor_enrolled)),
            member("rank", word(&self.rank, sanction.rank.as_str())),
            member("case", text(&sanction.case)),
            member("registries", set(&self.registry, sanction.registries.iter().map(String::as_str))),
            member("subject", text(&sanction.subject)),
            member("term", term(sanction.from, sanction.until)),
            member("revoked", Value::from(sanction.revoked)),
        ])
    }

    fn urgent(&self, urgent: &UrgentFacts) -> Value {
        let mut members = vec![
            member("decidedAt", Value::from(urgent.decided_at)),
            member("decidedByHead", Value::from(urgent.decided_by_head)),
            member("prosecutorNotified", Value::from(urgent.prosecutor_notified)),
            member("againstJudge", Value::from(urgent.against_judge)),
        ];
        members.extend(urgent.threat.map(|threat| member("threat", word(&self.threat, threat.as_str()))));
        record(members)
    }
}

fn document(facts: &Facts) -> Value {
    let document = &facts.document;
    let mut members = vec![
        member("agency", text(&document.agency)),
        member("circumstancesStated", Value::from(document.circumstances_stated)),
        member("purposeStated", Value::from(document.purpose_stated)),
    ];
    members.extend(document.case.as_ref().map(|case| member("case", text(case))));
    members.extend(document.subject.as_ref().map(|subject| member("subject", text(subject))));
    record(members)
}

fn debtor(debtor: &DebtorFacts) -> Value {
    record([member("subject", text(&debtor.subject)), member("term", term(debtor.from, debtor.until))])
}

/// A member of a record or an entity.
type Member = (SmolStr, Value);

fn optional<T>(name: &'static str, fact: Option<&T>, build: impl FnOnce(&T) -> Value) -> Option<Member> {
    fact.map(|fact| member(name, build(fact)))
}

fn entity(uid: EntityUID, attributes: impl IntoIterator<Item = Member>) -> Entity {
    let attributes = attributes.into_iter().map(|(name, value)| (name, value.into()));
    Entity::new_with_attr_partial_value(uid, attributes, HashSet::new(), HashSet::new(), [])
}

fn uid(kind: &EntityType, id: &str) -> EntityUID {
    EntityUID::from_components(kind.clone(), Eid::new(id), None)
}

fn word(kind: &EntityType, id: &str) -> Value {
    Value::from(uid(kind, id))
}

fn set<'a>(kind: &EntityType, ids: impl Iterator<Item = &'a str>) -> Value {
    Value::set_of_lits(ids.map(|id| Literal::from(uid(kind, id))), None)
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn term(from: i64, until: i64) -> Value {
    record([member("from", Value::from(from)), member("until", Value::from(until))])
}

/// Names of members are short enough to lie in the string itself: none is allocated.
fn member(name: &'static str, value: Value) -> Member {
    (SmolStr::new_static(name), value)
}

fn record(members: impl IntoIterator<Item = Member>) -> Value {
    Value::record_arc(Arc::new(members.into_iter().collect::<BTreeMap<_, _>>()), None)
}
