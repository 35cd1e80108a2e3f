//! Rules parsed, checked against the schema, and known by name.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::{Effect, Policy as CedarPolicy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use miette::Diagnostic;

use crate::bounds;
use crate::code::Code;
use crate::decision::Reason;
use crate::detail::Detail;
use crate::error::{Place, PolicyError};
use crate::files::{File, SCHEMA};
use crate::statements;

/// Before the name of a rule that stands beneath an operator's rules. No `@id` has a colon.
const OF_THE_LAW: &str = "law:";

/// What a rule says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) reason: Reason,
    pub(crate) place: Place,
    /// For a `forbid`: how a refusal by it is told.
    pub(crate) refusal: Option<(Code, Detail)>,
}

/// All rules of a set.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) set: PolicySet,
    pub(crate) known: HashMap<PolicyId, Rule>,
}

impl Rules {
    /// Reads a set; the first thing wrong with it if anything is.
    pub(crate) fn parse(files: &[File]) -> Result<Self, PolicyError> {
        let (rules, errors) = Self::read(files);
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(rules),
        }
    }

    /// Reads a set as far as it can be read, and everything that is wrong with it.
    pub(crate) fn read(files: &[File]) -> (Self, Vec<PolicyError>) {
        let mut rules = Self { set: PolicySet::new(), known: HashMap::new() };
        let mut errors = Vec::new();
        for file in files {
            match written(file) {
                Ok(statements) => {
                    let faults = statements.into_iter().map(|(at, policy)| rules.add_rule(at, &policy));
                    errors.extend(faults.filter_map(Result::err));
                }
                Err(error) => errors.push(error),
            }
        }
        errors.extend(rules.type_errors(files));
        (rules, errors)
    }

    /// The rule with this identifier.
    pub(crate) fn rule(&self, id: &str) -> Option<&Rule> {
        self.known.get(&PolicyId::new(id))
    }

    /// A rule as it is written.
    pub(crate) fn text(&self, id: &PolicyId) -> String {
        self.set.policy(id).and_then(CedarPolicy::to_cedar).unwrap_or_default()
    }

    /// These rules, and beneath them whatever `law` forbids in other words than they do, or they not at all.
    ///
    /// A rule of the law is known here under its own name behind [`OF_THE_LAW`], which no rule of an operator can have: neither
    /// takes the other's place.
    pub(crate) fn above(mut self, law: &Self) -> Result<Self, PolicyError> {
        for (id, rule) in law.known.iter().filter(|(_, rule)| rule.refusal.is_some()) {
            if law.text(id) == self.text(id) {
                continue;
            }
            let Some(policy) = law.set.policy(id) else { continue };
            let id = PolicyId::new(format!("{OF_THE_LAW}{id}"));
            self.set.add(policy.new_id(id.clone())).map_err(|error| PolicyError::Syntax {
                at: rule.place.clone(),
                problem: error.to_string(),
            })?;
            self.known.insert(id, rule.clone());
        }
        Ok(self)
    }

    /// Identifiers of all rules.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.values().map(|rule| &*rule.reason.rule)
    }

    fn add_rule(&mut self, at: Place, policy: &CedarPolicy) -> Result<(), PolicyError> {
        let rule = describe(at, policy)?;
        let id = PolicyId::new(&*rule.reason.rule);
        if let Some(first) = self.known.get(&id) {
            return Err(PolicyError::Duplicate {
                at: rule.place,
                id: id.to_string(),
                first: first.place.clone(),
            });
        }
        let at = rule.place.clone();
        self.set
            .add(policy.new_id(id.clone()))
            .map_err(|error| PolicyError::Syntax { at, problem: error.to_string() })?;
        self.known.insert(id, rule);
        Ok(())
    }

    /// Checks every rule against the schema, strictly: what does not type-check could err, and an erring `forbid` would be
    /// skipped.
    fn type_errors(&self, files: &[File]) -> Vec<PolicyError> {
        let schema = match schema() {
            Ok(schema) => schema,
            Err(error) => return vec![error],
        };
        let result = Validator::new(schema).validate(&self.set, ValidationMode::Strict);
        let mut errors: Vec<(Place, String)> = result
            .validation_errors()
            .map(|error| (self.place_of(files, error.policy_id(), error), in_full(error)))
            .collect();
        errors.sort_by(|(a, _), (b, _)| a.file.cmp(&b.file).then(a.line.cmp(&b.line)));
        errors.into_iter().map(|(at, problem)| PolicyError::Type { at, problem }).collect()
    }

    /// Where a diagnostic about a rule points: into its file, else to where the rule begins.
    fn place_of(&self, files: &[File], id: &PolicyId, error: &dyn Diagnostic) -> Place {
        let rule = self.known.get(id).map_or_else(|| place(&SCHEMA, 1), |rule| rule.place.clone());
        let file = files.iter().find(|file| file.name() == rule.file);
        file.and_then(|file| labelled(file, error)).unwrap_or(rule)
    }
}

/// The schema, parsed.
pub(crate) fn schema() -> Result<Schema, PolicyError> {
    Schema::from_cedarschema_str(SCHEMA.text()).map(|(schema, _warnings)| schema).map_err(|error| {
        let at = labelled(&SCHEMA, &error).unwrap_or_else(|| place(&SCHEMA, 1));
        PolicyError::Syntax { at, problem: in_full(&error) }
    })
}

/// The statements of a file in the order in which they are written, each with its place.
pub(crate) fn written(file: &File) -> Result<Vec<(Place, CedarPolicy)>, PolicyError> {
    bounds::rules(file)?;
    let parsed: PolicySet = file.text().parse().map_err(|errors| syntax(file, &errors))?;
    if parsed.templates().next().is_some() {
        return Err(annotation(place(file, 1), "templates are not used: write the rule out".to_owned()));
    }
    let lines = statements::lines(file.text());
    let mut policies: Vec<(usize, &CedarPolicy)> =
        parsed.policies().map(|policy| (ordinal(policy), policy)).collect();
    policies.sort_by_key(|(ordinal, _)| *ordinal);
    let at = |ordinal: usize| place(file, lines.get(ordinal).copied().unwrap_or(1));
    Ok(policies.into_iter().map(|(ordinal, policy)| (at(ordinal), policy.clone())).collect())
}

/// Cedar numbers the statements of a text `policy0`, `policy1`, …
fn ordinal(policy: &CedarPolicy) -> usize {
    policy
        .id()
        .to_string()
        .strip_prefix("policy")
        .and_then(|number| number.parse().ok())
        .unwrap_or(usize::MAX)
}

fn describe(at: Place, policy: &CedarPolicy) -> Result<Rule, PolicyError> {
    for (name, _) in policy.annotations() {
        if !matches!(name, "id" | "clause" | "code" | "detail") {
            return Err(annotation(
                at,
                format!("unknown annotation @{name}; there are @id, @clause, @code, @detail"),
            ));
        }
    }
    let text = |name: &str| policy.annotation(name).filter(|text| !text.trim().is_empty());
    let needed = |name: &str| {
        text(name).ok_or_else(|| annotation(at.clone(), format!("the rule has no @{name}(\"…\")")))
    };
    let id = needed("id")?;
    if !crate::matrix::is_code(id) {
        let problem = format!("@id(\"{}\") must be 1 to 64 of a-z, 0-9, `-`, `_`, `.`", id.escape_debug());
        return Err(annotation(at, problem));
    }
    let reason = Reason { rule: Arc::from(id), clause: Arc::from(needed("clause")?) };
    let refusal = match policy.effect() {
        Effect::Permit => {
            if text("code").is_some() || text("detail").is_some() {
                return Err(annotation(at, "a permit refuses nothing: no @code, no @detail".to_owned()));
            }
            None
        }
        Effect::Forbid => Some((code(&at, needed("code")?)?, detail(&at, needed("detail")?)?)),
    };
    Ok(Rule { reason, place: at, refusal })
}

pub(crate) fn code(at: &Place, text: &str) -> Result<Code, PolicyError> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        annotation(at.clone(), format!("@code(\"{}\") is none of {}", text.escape_debug(), known.join(", ")))
    })
}

fn detail(at: &Place, text: &str) -> Result<Detail, PolicyError> {
    Detail::parse(text).map_err(|name| {
        let known: Vec<&str> = crate::detail::Place::ALL.iter().map(|place| place.as_str()).collect();
        annotation(
            at.clone(),
            format!("@detail shows {{{}}}, which is none of {}", name.escape_debug(), known.join(", ")),
        )
    })
}

pub(crate) fn annotation(at: Place, problem: String) -> PolicyError {
    PolicyError::Annotation { at, problem }
}

fn syntax(file: &File, errors: &cedar_policy::ParseErrors) -> PolicyError {
    let first = errors.iter().next();
    let at = first.and_then(|error| labelled(file, error)).unwrap_or_else(|| place(file, 1));
    PolicyError::Syntax { at, problem: first.map_or_else(|| errors.to_string(), |error| in_full(error)) }
}

/// The diagnostic's message, and its advice if it has any.
fn in_full(error: &dyn Diagnostic) -> String {
    match error.help() {
        Some(help) => format!("{error} ({help})"),
        None => error.to_string(),
    }
}

/// Where in the file a diagnostic points, if it points anywhere.
fn labelled(file: &File, error: &dyn Diagnostic) -> Option<Place> {
    let offset = error.labels()?.next()?.offset();
    Some(place(file, statements::line_at(file.text(), offset)))
}

fn place(file: &File, line: usize) -> Place {
    Place { file: file.name().to_owned(), line }
}
