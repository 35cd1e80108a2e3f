//! The rules as they read for each ground.
//!
//! Most rules begin with a list of the grounds they are about. For a given ground that list is true or false, whatever the other
//! facts: it is worked out once, when a set is loaded, and rules that have nothing to say about a ground are left out for it. Nothing
//! else is touched; a test holds what is decided this way against Cedar's own authorizer over the rules as they are written.

use std::collections::BTreeMap;

use cedar_policy::PolicySet;
use cedar_policy_core::ast::{
    BinaryOp, Effect, EntityUID, Expr, ExprKind, Literal, Request, SlotEnv, UnaryOp, ValueKind, Var,
};
use cedar_policy_core::entities::Entities;
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;

use crate::ground::Ground;
use crate::request::Vocabulary;

/// One rule, as it reads for one ground.
#[derive(Debug)]
struct Reading {
    rule: String,
    effect: Effect,
    condition: Expr,
}

/// What the rules of a set say to a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict<'a> {
    /// Rules that permit it.
    pub(crate) permits: Vec<&'a str>,
    /// Rules that forbid it.
    pub(crate) forbids: Vec<&'a str>,
}

impl Verdict<'_> {
    /// Some rule permits, none forbids.
    pub(crate) fn is_permission(&self) -> bool {
        self.forbids.is_empty() && !self.permits.is_empty()
    }
}

/// A rule could not be evaluated: then nothing is known, and nothing is permitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecidable;

/// All rules of a set, by ground.
#[derive(Debug)]
pub(crate) struct Applied(BTreeMap<Ground, Vec<Reading>>);

impl Applied {
    pub(crate) fn new(rules: &PolicySet, vocabulary: &Vocabulary) -> Self {
        let of = |ground: &Ground| (*ground, readings(rules, &vocabulary.ground(*ground)));
        Self(Ground::ALL.iter().map(of).collect())
    }

    /// Evaluates every rule that has something to say about `ground`, which is the one the request cites.
    ///
    /// # Errors
    /// [`Undecidable`] if any of them errs: Cedar's authorizer skips such a rule, so an erring `forbid` would fail open.
    pub(crate) fn judge(
        &self,
        ground: Ground,
        request: Request,
        entities: &Entities,
    ) -> Result<Verdict<'_>, Undecidable> {
        let evaluator = Evaluator::new(request, entities, Extensions::all_available());
        let (mut verdict, no_slots) = (Verdict::default(), SlotEnv::new());
        for reading in self.0.get(&ground).ok_or(Undecidable)? {
            let value = evaluator.interpret(&reading.condition, &no_slots).map_err(|_| Undecidable)?;
            match (value.value_kind(), reading.effect) {
                (ValueKind::Lit(Literal::Bool(false)), _) => {}
                (ValueKind::Lit(Literal::Bool(true)), Effect::Permit) => verdict.permits.push(&reading.rule),
                (ValueKind::Lit(Literal::Bool(true)), Effect::Forbid) => verdict.forbids.push(&reading.rule),
                _ => return Err(Undecidable),
            }
        }
        Ok(verdict)
    }
}

fn readings(rules: &PolicySet, ground: &EntityUID) -> Vec<Reading> {
    let rules: &cedar_policy_core::ast::PolicySet = rules.as_ref();
    let all = rules.policies().map(|rule| Reading {
        rule: rule.id().to_string(),
        effect: rule.effect(),
        condition: read(&rule.condition(), ground),
    });
    all.filter(|reading| truth(&reading.condition) != Some(false)).collect()
}

/// The condition with what it asks about the ground answered. Rules are type-checked before this, so `true && x` is `x`.
fn read(condition: &Expr, ground: &EntityUID) -> Expr {
    match condition.expr_kind() {
        ExprKind::And { left, right } => {
            let left = read(left, ground);
            match truth(&left) {
                Some(true) => read(right, ground),
                Some(false) => left,
                None => Expr::and(left, read(right, ground)),
            }
        }
        ExprKind::Or { left, right } => {
            let left = read(left, ground);
            match truth(&left) {
                Some(true) => left,
                Some(false) => read(right, ground),
                None => Expr::or(left, read(right, ground)),
            }
        }
        ExprKind::UnaryApp { op: UnaryOp::Not, arg } => {
            let arg = read(arg, ground);
            truth(&arg).map_or_else(|| Expr::not(arg.clone()), |truth| Expr::val(!truth))
        }
        ExprKind::BinaryApp { op, arg1, arg2 } => {
            answered(*op, arg1, arg2, ground).map_or_else(|| condition.clone(), Expr::val)
        }
        _ => condition.clone(),
    }
}

/// `[…].contains(context.ground)` and `context.ground == …`, if it is one of these.
fn answered(op: BinaryOp, left: &Expr, right: &Expr, ground: &EntityUID) -> Option<bool> {
    match op {
        BinaryOp::Contains if is_ground(right) => {
            let ExprKind::Set(items) = left.expr_kind() else { return None };
            let named: Option<Vec<&EntityUID>> = items.iter().map(entity).collect();
            Some(named?.contains(&ground))
        }
        BinaryOp::Eq if is_ground(left) => Some(entity(right)? == ground),
        BinaryOp::Eq if is_ground(right) => Some(entity(left)? == ground),
        _ => None,
    }
}

fn is_ground(expr: &Expr) -> bool {
    let ExprKind::GetAttr { expr, attr } = expr.expr_kind() else { return false };
    attr == "ground" && matches!(expr.expr_kind(), ExprKind::Var(Var::Context))
}

fn entity(expr: &Expr) -> Option<&EntityUID> {
    match expr.expr_kind() {
        ExprKind::Lit(Literal::EntityUID(uid)) => Some(uid),
        _ => None,
    }
}

fn truth(expr: &Expr) -> Option<bool> {
    match expr.expr_kind() {
        ExprKind::Lit(Literal::Bool(truth)) => Some(*truth),
        _ => None,
    }
}
