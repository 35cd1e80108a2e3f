//! The two outcomes of a decision. `Granted` has private fields and one origin: `Policy::decide`.

use std::sync::Arc;

use crate::code::Code;
use crate::digest::Digest;
use crate::facts::Facts;

/// Something whose facts are established: what a decision is made about.
pub trait Considered {
    /// The facts, as established. Called once per decision.
    fn facts(&self) -> Box<Facts>;
}

/// A rule that had a part in a decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// Identifier of the rule, e.g. `case-in-production`.
    pub rule: Arc<str>,
    /// Clause it fulfils, e.g. `SLS 16-2(3)¶2`.
    pub clause: Arc<str>,
}

/// Proof that a decision was made on `C` and that it was positive (SLS 16-2(3)¶3).
///
/// Cannot be built, copied or read from anywhere: only [`Policy::decide`](crate::Policy::decide) makes one.
///
/// ```compile_fail,E0451
/// let forged = policy::Granted { considered: () };
/// ```
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
/// copied::<policy::Granted<()>>();
/// ```
/// ```compile_fail,E0277
/// fn out_of_nothing<T: Default>() {}
/// out_of_nothing::<policy::Granted<()>>();
/// ```
/// ```compile_fail,E0277
/// fn read<T: for<'de> serde::Deserialize<'de>>() {}
/// read::<policy::Granted<()>>();
/// ```
#[derive(Debug)]
#[must_use = "a grant that is not used was decided for nothing"]
pub struct Granted<C> {
    considered: C,
    /// Whoever follows a grant moves it from step to step.
    facts: Box<Facts>,
    fields: Arc<[String]>,
    role: String,
    reasons: Vec<Reason>,
    under: Under,
    sanctioning: Sanctioning,
}

/// On what a grant rests where the law asks for a prosecutor's sanction (OI 12(4), 12(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sanctioning {
    /// The law asks for none: the same request would have been granted without any.
    NotAsked,
    /// The sanction that came with the request carries the grant: without it there would be none.
    Given,
    /// The urgent decision alone carries it.
    Awaited {
        /// The sanction has to follow before this instant, in Unix seconds.
        until: i64,
    },
}

/// What decided: the set, and the built-in set beneath it where it is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Under {
    pub(crate) set: Digest,
    pub(crate) floor: Option<Digest>,
}

/// What [`Granted::new`] puts together.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) facts: Box<Facts>,
    pub(crate) fields: Arc<[String]>,
    pub(crate) role: String,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) under: Under,
    pub(crate) sanctioning: Sanctioning,
}

impl<C> Granted<C> {
    pub(crate) fn new(considered: C, grant: Grant) -> Self {
        let Grant { facts, fields, role, reasons, under, sanctioning } = grant;
        Self { considered, facts, fields, role, reasons, under, sanctioning }
    }

    /// What was decided about.
    #[must_use]
    pub const fn considered(&self) -> &C {
        &self.considered
    }

    /// The facts the decision rests on, for the evidence and for deciding again later.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The fields of the answer that may be released (SLS 16-3(1)); every other field is cut. Sorted.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The one role of the signer under which the grant was made.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }

    /// The rules that permit the release.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Digest of everything that decided: rules, schema, catalogue, matrix.
    #[must_use]
    pub const fn policy_digest(&self) -> &Digest {
        &self.under.set
    }

    /// Digest of the built-in set, where it stood beneath another one ([`Policy::floor`](crate::Policy::floor)).
    #[must_use]
    pub const fn policy_floor(&self) -> Option<&Digest> {
        self.under.floor.as_ref()
    }

    /// On what the grant rests where the law asks for a sanction.
    #[must_use]
    pub const fn sanctioning(&self) -> Sanctioning {
        self.sanctioning
    }

    /// The deadline of the sanction, if this grant was made on an urgent decision without one (OI 12(7)).
    ///
    /// Such a grant is to be flagged as unsanctioned if no sanction arrives before this instant (Unix seconds).
    #[must_use]
    pub const fn unsanctioned_until(&self) -> Option<i64> {
        match self.sanctioning {
            Sanctioning::Awaited { until } => Some(until),
            Sanctioning::NotAsked | Sanctioning::Given => None,
        }
    }
}

/// A negative decision: the first rule in legal order that the request breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refused {
    code: Code,
    clause: Arc<str>,
    rule: Arc<str>,
    detail: String,
    broken: Vec<Reason>,
    under: Under,
}

impl Refused {
    /// `broken` are all rules that were broken, in legal order; the first one names the refusal.
    pub(crate) fn new(code: Code, first: &Reason, detail: String, broken: Vec<Reason>, under: Under) -> Self {
        Self { code, clause: first.clause.clone(), rule: first.rule.clone(), detail, broken, under }
    }

    /// The refusal code of the wire contract.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// The same, as a member of the closed list.
    #[must_use]
    pub const fn code_listed(&self) -> Code {
        self.code
    }

    /// The clause that asks for what is missing, e.g. `SLS 16-2(3)¶2`.
    #[must_use]
    pub fn clause(&self) -> &str {
        &self.clause
    }

    /// Identifier of the rule that names the refusal.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What was compared with what, in words that may go to the client.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Every rule that was broken, in legal order. For the evidence, not for the client.
    #[must_use]
    pub fn broken(&self) -> &[Reason] {
        &self.broken
    }

    /// Digest of everything that decided.
    #[must_use]
    pub const fn policy_digest(&self) -> &Digest {
        &self.under.set
    }

    /// Digest of the built-in set, where it stood beneath another one ([`Policy::floor`](crate::Policy::floor)).
    #[must_use]
    pub const fn policy_floor(&self) -> Option<&Digest> {
        self.under.floor.as_ref()
    }
}
