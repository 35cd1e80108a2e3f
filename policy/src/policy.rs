//! The decision: facts in, `Granted` or the first broken rule out.

use crate::applied::{Applied, Undecidable, Verdict};
use crate::catalogue::Catalogue;
use crate::code::Code;
use crate::decision::{Considered, Grant, Granted, Reason, Refused, Sanctioning, Under};
use crate::digest::Digest;
use crate::error::PolicyError;
use crate::facts::Facts;
use crate::files::PolicyFiles;
use crate::matrix::{Matrix, Row};
use crate::proof::{Proof, ProofDemand};
use crate::replay::Decided;
use crate::request::Vocabulary;
use crate::rules::{Rule, Rules};

/// A set of rules, ready to decide. Immutable: to change rules, load another set and put it in this one's place.
#[derive(Debug)]
pub struct Policy {
    rules: Rules,
    catalogue: Catalogue,
    matrix: Matrix,
    vocabulary: Vocabulary,
    applied: Applied,
    digest: Digest,
    rules_digest: Digest,
    floor: Option<Digest>,
}

impl Policy {
    /// The set that comes with the program.
    ///
    /// # Errors
    /// None that a released program can meet: the tests load and prove this set.
    pub fn default_set() -> Result<Self, PolicyError> {
        Self::load(&PolicyFiles::default_set(), ProofDemand::Required)
    }

    /// Loads a set: parses every rule, checks it against the schema, reads its data, and demands its record of proof. Whatever the
    /// set says, and whoever wrote its record, what the built-in rules forbid stays forbidden ([`Policy::floor`]).
    ///
    /// # Errors
    /// [`PolicyError`], with file and line where there is one. Nothing of a faulty set is loaded.
    pub fn load(files: &PolicyFiles, demand: ProofDemand) -> Result<Self, PolicyError> {
        let rules = Rules::parse(&files.rules)?;
        let catalogue = Catalogue::parse(&files.registries)?;
        let matrix = Matrix::parse(files.matrix.text(), &catalogue)
            .map_err(|error| PolicyError::Matrix { file: files.matrix.name().to_owned(), error })?;
        let vocabulary =
            Vocabulary::new().map_err(|_| PolicyError::Missing { what: "types of the schema" })?;
        let rules_digest = files.rules_digest();
        if demand == ProofDemand::Required {
            let record = files.proof.as_ref().ok_or(PolicyError::Unproven { digest: rules_digest })?;
            Proof::parse(record)?.covers(rules_digest, rules.names())?;
        }
        let law = PolicyFiles::default_set();
        let rules = if rules_digest == law.rules_digest() {
            rules
        } else {
            rules.above(&Rules::parse(&law.rules)?)?
        };
        let stands_beneath = rules_digest != law.rules_digest() || files.registries != law.registries;
        let floor = stands_beneath.then(|| law.digest());
        let (applied, digest) = (Applied::new(&rules.set, &vocabulary), files.digest());
        Ok(Self { rules, catalogue, matrix, vocabulary, applied, digest, rules_digest, floor })
    }

    /// Decides. The only origin of [`Granted`].
    ///
    /// # Errors
    /// Gives `considered` back with the [`Refused`] that the first broken rule in legal order names (SLS 16-2(3)¶3). Rules
    /// that cannot be evaluated on these facts refuse too.
    pub fn decide<C: Considered>(&self, considered: C) -> Result<Granted<C>, (C, Refused)> {
        match self.judge(considered.facts()) {
            Ok(grant) => Ok(Granted::new(considered, grant)),
            Err(refused) => Err((considered, refused)),
        }
    }

    /// Considers facts without anything to grant: for deciding recorded requests again.
    #[must_use]
    pub fn consider(&self, facts: &Facts) -> Decided {
        match self.judge(Box::new(facts.clone())) {
            Ok(Grant { role, fields, .. }) => Decided::Granted { role, fields: fields.to_vec() },
            Err(refused) => Decided::from(&refused),
        }
    }

    /// Digest of everything that decides: rules, schema, matrix, registries. It is in every decision's evidence.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Digest of rules and schema alone: what the record of proof is about.
    #[must_use]
    pub const fn rules_digest(&self) -> &Digest {
        &self.rules_digest
    }

    /// Digest of the built-in set, if this set has other rules or registries than that one has: what the built-in rules forbid, and
    /// how the built-in catalogue classes a registry, holds beneath this set. It is in every decision's evidence too.
    #[must_use]
    pub const fn floor(&self) -> Option<&Digest> {
        self.floor.as_ref()
    }

    /// The catalogue of registries in force.
    #[must_use]
    pub const fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The matrix in force.
    #[must_use]
    pub const fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    fn judge(&self, mut facts: Box<Facts>) -> Result<Grant, Refused> {
        self.catalogue.prevail(&mut facts);
        let row = self.matrix.find(&facts);
        let verdict = self.ask(&facts, row).map_err(|Undecidable| self.undecidable())?;
        match (verdict.is_permission(), row) {
            (true, Some(row)) => {
                let reasons = self.reasons(&verdict);
                let (role, fields) = (row.role.clone(), row.fields.clone());
                let sanctioning = self.sanctioning(&facts, row).map_err(|Undecidable| self.undecidable())?;
                Ok(Grant { facts, fields, role, reasons, under: self.under(), sanctioning })
            }
            _ => Err(self.refusal(&facts, row, &verdict)),
        }
    }

    fn ask(&self, facts: &Facts, row: Option<&Row>) -> Result<Verdict<'_>, Undecidable> {
        let (request, entities) = self.vocabulary.present(facts, row).map_err(|_| Undecidable)?;
        self.applied.judge(facts.ground.ground, request, &entities)
    }

    fn known<'a>(&'a self, rules: &'a [&str]) -> impl Iterator<Item = &'a Rule> {
        rules.iter().filter_map(|rule| self.rules.rule(rule))
    }

    fn reasons(&self, verdict: &Verdict<'_>) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = self.known(&verdict.permits).map(|rule| rule.reason.clone()).collect();
        reasons.sort_by(|a, b| a.rule.cmp(&b.rule));
        reasons
    }

    /// The rules broken, in legal order; the first names the refusal.
    fn refusal(&self, facts: &Facts, row: Option<&Row>, verdict: &Verdict<'_>) -> Refused {
        let mut broken: Vec<_> = self
            .known(&verdict.forbids)
            .filter_map(|rule| rule.refusal.as_ref().map(|(code, detail)| (*code, rule, detail)))
            .collect();
        broken.sort_by(|(a, first, _), (b, second, _)| {
            a.cmp(b)
                .then_with(|| first.place.file.cmp(&second.place.file))
                .then(first.place.line.cmp(&second.place.line))
        });
        // A rule that an operator put into other words was asked twice: as he has it, and as the law has it.
        let mut all: Vec<Reason> = Vec::with_capacity(broken.len());
        for (_, rule, _) in &broken {
            if !all.contains(&rule.reason) {
                all.push(rule.reason.clone());
            }
        }
        match broken.first() {
            Some((code, rule, detail)) => {
                let detail = detail.render(facts, row.map(|row| row.role.as_str()));
                Refused::new(*code, &rule.reason, detail, all, self.under())
            }
            None => self.no_track(facts),
        }
    }

    /// No rule was broken, and none permits: what the law does not name it does not allow.
    fn no_track(&self, facts: &Facts) -> Refused {
        let detail = format!("no rule of the set permits ground {}", facts.ground.ground);
        self.outside_rules("no-track", detail)
    }

    fn undecidable(&self) -> Refused {
        self.outside_rules("undecidable", "the rules could not be decided on these facts".to_owned())
    }

    fn outside_rules(&self, rule: &str, detail: String) -> Refused {
        let reason = Reason { rule: rule.into(), clause: "SLS 16-2(3)¶3".into() };
        Refused::new(Code::GroundNotPermitted, &reason, detail, vec![reason.clone()], self.under())
    }

    const fn under(&self) -> Under {
        Under { set: self.digest, floor: self.floor }
    }

    /// What becomes of the same request without its urgent decision, and without its sanction: only what would then be refused rests
    /// on them. An urgent decision whose deadline is no instant carries nothing.
    fn sanctioning(&self, facts: &Facts, row: &Row) -> Result<Sanctioning, Undecidable> {
        let permits = |facts: &Facts| self.ask(facts, Some(row)).map(|verdict| verdict.is_permission());
        if let Some(urgent) = &facts.urgent {
            let without = Facts { urgent: None, ..facts.clone() };
            if !permits(&without)? {
                let until = urgent.decided_at.checked_add(SANCTION_FOLLOWS_WITHIN).ok_or(Undecidable)?;
                return Ok(Sanctioning::Awaited { until });
            }
        }
        if facts.sanction.is_none() {
            return Ok(Sanctioning::NotAsked);
        }
        let without = Facts { urgent: None, sanction: None, ..facts.clone() };
        Ok(if permits(&without)? { Sanctioning::NotAsked } else { Sanctioning::Given })
    }
}

/// OI 12(7): the sanction has to follow within twenty-four hours. In seconds.
pub const SANCTION_FOLLOWS_WITHIN: i64 = 86_400;

/// The most that any deployment may set as the age of a case registry's word (SLS 16-2(3)¶2, rule `case-fresh`). In seconds.
pub const CASE_WORD_LASTS: i64 = 86_400;
