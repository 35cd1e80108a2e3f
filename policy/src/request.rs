//! Facts put before the rules: one principal, one resource, one context, built natively (no JSON on this path).
//!
//! The shape mirrors `policies/schema.cedarschema` member by member; a test holds the two together.

use std::collections::{HashMap, HashSet};
use std::str::FromStr as _;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression as Expr,
};

use crate::facts::{ActFacts, CaseFacts, DebtorFacts, Facts, SanctionFacts, UrgentFacts};
use crate::matrix::Row;

/// The facts could not be put before the rules. Carries no fact: it is answered with a refusal.
#[derive(Debug, thiserror::Error)]
#[error("the facts could not be put before the rules")]
pub(crate) struct Unpresentable;

/// Names of the schema's types, parsed once.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    officer: EntityTypeName,
    registry: EntityTypeName,
    ground: EntityTypeName,
    body_kind: EntityTypeName,
    case_kind: EntityTypeName,
    case_status: EntityTypeName,
    standing: EntityTypeName,
    registry_class: EntityTypeName,
    registry_state: EntityTypeName,
    basis: EntityTypeName,
    rank: EntityTypeName,
    role: EntityTypeName,
    obtain: EntityUid,
}

impl Vocabulary {
    pub(crate) fn new() -> Result<Self, cedar_policy::ParseErrors> {
        let name = EntityTypeName::from_str;
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
            obtain: EntityUid::from_type_name_and_id(name("Action")?, EntityId::new("obtain")),
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
        let entities = Entities::from_entities(
            [self.officer(officer.clone(), facts)?, self.registry(registry.clone(), facts)?],
            None,
        )
        .map_err(|_| Unpresentable)?;
        let context = Context::from_pairs(self.context(facts, row)?).map_err(|_| Unpresentable)?;
        let request =
            Request::new(officer, self.obtain.clone(), registry, context, None).map_err(|_| Unpresentable)?;
        Ok((request, entities))
    }

    fn officer(&self, officer: EntityUid, facts: &Facts) -> Result<Entity, Unpresentable> {
        let user = &facts.user;
        let attributes = HashMap::from([
            member("registered", Expr::new_bool(user.registered)),
            member("standing", word(&self.standing, user.state.as_str())),
            member("term", term(user.term_from, user.term_until)?),
            member("agency", text(&user.agency)),
            member("roles", set(&self.role, user.roles.iter().map(String::as_str))),
            member("grounds", set(&self.ground, user.grounds.iter().map(|ground| ground.as_str()))),
        ]);
        Entity::new(officer, attributes, HashSet::new()).map_err(|_| Unpresentable)
    }

    fn registry(&self, registry: EntityUid, facts: &Facts) -> Result<Entity, Unpresentable> {
        let attributes = HashMap::from([
            member("class", word(&self.registry_class, facts.registry.class.as_str())),
            member("state", word(&self.registry_state, facts.registry.state.as_str())),
            member("listed", term(facts.registry.listed_from, facts.registry.listed_until)?),
        ]);
        Entity::new(registry, attributes, HashSet::new()).map_err(|_| Unpresentable)
    }

    fn context(&self, facts: &Facts, row: Option<&Row>) -> Result<Vec<(String, Expr)>, Unpresentable> {
        let operation = [
            member("code", text(&facts.operation.code)),
            member("privateLife", Expr::new_bool(facts.operation.private_life)),
            member("pendingCasesOnly", Expr::new_bool(facts.operation.pending_cases_only)),
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
            member("now", Expr::new_long(facts.now)),
            member("channel", record(channel)?),
            member("document", document(facts)?),
            member("body", record(body)?),
            member("ground", word(&self.ground, facts.ground.ground.as_str())),
            member("operation", record(operation)?),
        ];
        context.extend(optional("act", facts.ground.act.as_ref(), |act| self.act(act))?);
        context.extend(optional("basis", facts.ground.basis.as_ref(), |basis| {
            record([
                member("kind", word(&self.basis, basis.basis.as_str())),
                member("documented", Expr::new_bool(basis.documented)),
            ])
        })?);
        context.extend(optional("case", facts.case.as_ref(), |case| self.case(case))?);
        context.extend(optional("stopped", facts.stopped.as_ref(), |stopped| {
            record([member("from", Expr::new_long(stopped.from))])
        })?);
        context.extend(optional("row", row, |row| self.row(row))?);
        context.extend(optional("sanction", facts.sanction.as_ref(), |sanction| self.sanction(sanction))?);
        context.extend(optional("urgent", facts.urgent.as_ref(), urgent)?);
        context.extend(optional("debtor", facts.debtor.as_ref(), debtor)?);
        Ok(context)
    }

    fn act(&self, act: &ActFacts) -> Result<Expr, Unpresentable> {
        record([
            member("number", text(&act.number)),
            member("term", term(act.from, act.until)?),
            member("bodies", set(&self.body_kind, act.bodies.iter().map(|body| body.as_str()))),
            member("grounds", set(&self.ground, act.grounds.iter().map(|ground| ground.as_str()))),
            member("roles", set(&self.role, act.roles.iter().map(String::as_str))),
            member("registries", set(&self.registry, act.registries.iter().map(String::as_str))),
        ])
    }

    fn case(&self, case: &CaseFacts) -> Result<Expr, Unpresentable> {
        record([
            member("kind", word(&self.case_kind, case.kind.as_str())),
            member("status", word(&self.case_status, case.status.as_str())),
            member("agency", text(&case.agency)),
            member("holders", set(&self.officer, case.holders.iter().map(String::as_str))),
            member("asOf", Expr::new_long(case.as_of)),
            member("maxAge", Expr::new_long(case.max_age)),
        ])
    }

    fn row(&self, row: &Row) -> Result<Expr, Unpresentable> {
        record([
            member("body", word(&self.body_kind, row.body.as_str())),
            member("role", word(&self.role, &row.role)),
            member("ground", word(&self.ground, row.ground.as_str())),
            member("registry", word(&self.registry, &row.registry)),
            member("operation", text(&row.operation)),
        ])
    }

    fn sanction(&self, sanction: &SanctionFacts) -> Result<Expr, Unpresentable> {
        record([
            member("prosecutorEnrolled", Expr::new_bool(sanction.prosecutor_enrolled)),
            member("rank", word(&self.rank, sanction.rank.as_str())),
            member("case", text(&sanction.case)),
            member("registries", set(&self.registry, sanction.registries.iter().map(String::as_str))),
            member("subject", text(&sanction.subject)),
            member("term", term(sanction.from, sanction.until)?),
            member("revoked", Expr::new_bool(sanction.revoked)),
        ])
    }
}

fn document(facts: &Facts) -> Result<Expr, Unpresentable> {
    let document = &facts.document;
    let mut members = vec![
        member("agency", text(&document.agency)),
        member("circumstancesStated", Expr::new_bool(document.circumstances_stated)),
        member("purposeStated", Expr::new_bool(document.purpose_stated)),
    ];
    members.extend(document.case.as_ref().map(|case| member("case", text(case))));
    members.extend(document.subject.as_ref().map(|subject| member("subject", text(subject))));
    record(members)
}

fn urgent(urgent: &UrgentFacts) -> Result<Expr, Unpresentable> {
    record([
        member("decidedAt", Expr::new_long(urgent.decided_at)),
        member("decidedByHead", Expr::new_bool(urgent.decided_by_head)),
        member("prosecutorNotified", Expr::new_bool(urgent.prosecutor_notified)),
        member("againstJudge", Expr::new_bool(urgent.against_judge)),
    ])
}

fn debtor(debtor: &DebtorFacts) -> Result<Expr, Unpresentable> {
    record([member("subject", text(&debtor.subject)), member("term", term(debtor.from, debtor.until)?)])
}

fn optional<T>(
    name: &str,
    fact: Option<&T>,
    build: impl FnOnce(&T) -> Result<Expr, Unpresentable>,
) -> Result<Option<(String, Expr)>, Unpresentable> {
    fact.map(|fact| build(fact).map(|value| member(name, value))).transpose()
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn word(kind: &EntityTypeName, id: &str) -> Expr {
    Expr::new_entity_uid(uid(kind, id))
}

fn set<'a>(kind: &EntityTypeName, ids: impl Iterator<Item = &'a str>) -> Expr {
    Expr::new_set(ids.map(|id| word(kind, id)))
}

fn text(value: &str) -> Expr {
    Expr::new_string(value.to_owned())
}

fn term(from: i64, until: i64) -> Result<Expr, Unpresentable> {
    record([member("from", Expr::new_long(from)), member("until", Expr::new_long(until))])
}

fn member(name: &str, value: Expr) -> (String, Expr) {
    (name.to_owned(), value)
}

fn record(members: impl IntoIterator<Item = (String, Expr)>) -> Result<Expr, Unpresentable> {
    Expr::new_record(members).map_err(|_| Unpresentable)
}
