//! The questions put to the solver.

use std::collections::HashSet;

use cedar_policy::{Policy as CedarPolicy, PolicyId, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::err::Error as SymccError;
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env};

use crate::code::Code;
use crate::digest::Digest;
use crate::error::PolicyError;
use crate::files::PolicyFiles;
use crate::prove::claim::{Asked, claims};
use crate::prove::counterexample;
use crate::prove::report::{Finding, Outcome, Report};
use crate::prove::witness::{Testimony, Witnesses};
use crate::request::Vocabulary;
use crate::rules::{Rule, Rules, schema};
use crate::theorem::{Claim, Theorem, theorems, theorems_digest};

/// Most the solver may spend on one question, in its own units of work: the same on a busy machine as on an idle one. The
/// default set takes less than a hundredth.
const QUESTION_WORK: u64 = 200_000_000;

/// Why nothing could be proven or disproven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The set of rules is faulty: there is nothing to prove about it.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The solver could not be started.
    #[error("cannot start the solver cvc5 (`apt-get install cvc5`, or name it in the variable CVC5)")]
    Solver(#[source] Box<SymccError>),
    /// A rule could not be compiled for the solver.
    #[error("`{what}` could not be put to the solver")]
    Compile {
        /// The rule or theorem.
        what: String,
        /// Why.
        #[source]
        source: Box<SymccError>,
    },
    /// The schema has other than the one kind of request the theorems speak of.
    #[error("the schema describes {found} kinds of request, expected 1")]
    Requests {
        /// How many.
        found: usize,
    },
}

/// Proves theorems about sets of rules. Holds a solver process; runs inside a tokio runtime with I/O enabled.
#[derive(Debug)]
pub struct Prover {
    pub(super) compiler: CedarSymCompiler<LocalSolver>,
    schema: Schema,
    env: RequestEnv,
    pub(super) theorems: Vec<Theorem>,
    pub(super) anything: CedarPolicy,
    /// What holds, by the digest of all the question depends on: after a change only what it touches is asked again.
    answered: HashSet<Digest>,
    witnesses: Witnesses,
    compared: Option<(Digest, CompiledPolicySet)>,
    /// Whether the forbids of a set stand against every added permit, by its digest.
    pub(super) guarded: Option<(Digest, bool)>,
    /// Theorems that a change broke, the last one last.
    pub(super) broke: Vec<String>,
}

/// A set of rules under examination, with what is worked out once for several claims.
#[derive(Debug)]
pub(super) struct Examined<'a> {
    rules: &'a Rules,
    whole: Option<CompiledPolicySet>,
    testimony: Option<Testimony>,
    telling: Telling,
}

/// How much is said of a claim that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// A request that shows it, the most ordinary one that does.
    ByExample,
    /// That it fails: all that a test of many sets wants to know.
    Bare,
}

impl<'a> Examined<'a> {
    pub(super) const fn new(rules: &'a Rules, telling: Telling) -> Self {
        Self { rules, whole: None, testimony: None, telling }
    }
}

impl Prover {
    /// Starts `cvc5` (from the variable `CVC5`, else from the path).
    ///
    /// # Errors
    /// [`ProveError::Solver`] if it cannot be started.
    pub fn start() -> Result<Self, ProveError> {
        let solver = LocalSolver::cvc5_with_args([format!("--rlimit-per={QUESTION_WORK}")])
            .map_err(|error| ProveError::Solver(Box::new(error.into())))?;
        let compiler = CedarSymCompiler::new(solver).map_err(|error| ProveError::Solver(Box::new(error)))?;
        let schema = schema()?;
        let mut envs = schema.request_envs();
        let found = schema.request_envs().count();
        let env = envs.next().filter(|_| found == 1).ok_or(ProveError::Requests { found })?;
        drop(envs);
        let anything =
            CedarPolicy::parse(Some(PolicyId::new("anything")), "permit (principal, action, resource);")
                .map_err(|_| ProveError::Requests { found })?;
        let vocabulary =
            Vocabulary::new().map_err(|_| PolicyError::Missing { what: "types of the schema" })?;
        let witnesses = Witnesses::call(&vocabulary);
        Ok(Self {
            compiler,
            schema,
            env,
            theorems: theorems()?,
            anything,
            answered: HashSet::new(),
            witnesses,
            compared: None,
            guarded: None,
            broke: Vec::new(),
        })
    }

    /// Puts every claim about a set to the solver.
    ///
    /// # Errors
    /// [`ProveError`] if the set is faulty or the solver cannot be asked. A claim that fails is a finding, not an error.
    pub async fn prove(&mut self, files: &PolicyFiles) -> Result<Report, ProveError> {
        let findings = self.examine(files, Telling::ByExample, |_| false).await?;
        Ok(Report {
            rules: files.rules_digest(),
            theorems: theorems_digest(),
            prover: "cedar-policy-symcc with cvc5".to_owned(),
            findings,
        })
    }

    /// The first claim about a set that fails, if any does. Stops there.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub async fn refute(&mut self, files: &PolicyFiles) -> Result<Option<Finding>, ProveError> {
        let findings = self.examine(files, Telling::ByExample, |finding| !finding.holds()).await?;
        Ok(findings.into_iter().find(|finding| !finding.holds()))
    }

    /// As [`Prover::refute`], without a request that shows it: several times as fast.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub async fn refute_barely(&mut self, files: &PolicyFiles) -> Result<Option<Finding>, ProveError> {
        let findings = self.examine(files, Telling::Bare, |finding| !finding.holds()).await?;
        Ok(findings.into_iter().find(|finding| !finding.holds()))
    }

    /// Whether a proposed set permits nothing that the current one refuses; if it does, an example.
    ///
    /// # Errors
    /// As [`Prover::prove`].
    pub async fn permits_no_more(
        &mut self,
        proposed: &PolicyFiles,
        current: &PolicyFiles,
    ) -> Result<Outcome, ProveError> {
        let proposed = self.compile_set(&Rules::parse(proposed.rules())?.set, "the proposed set")?;
        let current = self.current(current)?;
        Ok(self.kept(&proposed, &current, "", "Only the proposed set permits this request:").await)
    }

    /// Goes through the claims, the ones that ask least first, until `enough`.
    async fn examine(
        &mut self,
        files: &PolicyFiles,
        telling: Telling,
        enough: impl Fn(&Finding) -> bool,
    ) -> Result<Vec<Finding>, ProveError> {
        let rules = Rules::parse(files.rules())?;
        let mut set = Examined::new(&rules, telling);
        let theorems = self.theorems.clone();
        let mut findings = Vec::new();
        for claim in claims(&theorems, &rules) {
            let finding = self.ask(&mut set, claim).await?;
            let stop = enough(&finding);
            findings.push(finding);
            if stop {
                break;
            }
        }
        Ok(findings)
    }

    pub(super) async fn ask(
        &mut self,
        set: &mut Examined<'_>,
        claim: Asked<'_>,
    ) -> Result<Finding, ProveError> {
        let key = claim.key(set.rules);
        if self.answered.contains(&key) {
            return Ok(claim.finding(Outcome::Holds));
        }
        let outcome = match claim {
            Asked::Theorem(theorem) => self.theorem(theorem, set).await?,
            Asked::NeverErrs(id, _) => self.never_errs(set.rules, id).await?,
            Asked::Matters(id, rule) => self.matters(set, id, rule).await?,
        };
        // Only what holds is remembered: how a failure is told depends on rules beyond the key.
        if outcome == Outcome::Holds {
            self.answered.insert(key);
        }
        Ok(claim.finding(outcome))
    }

    async fn theorem(&mut self, theorem: &Theorem, set: &mut Examined<'_>) -> Result<Outcome, ProveError> {
        let promise = self.compile_one(&theorem.statement)?.into_compiled_policyset();
        let about = theorem.statement.to_cedar().unwrap_or_default();
        let permitted = "The rules permit this request:";
        match theorem.claim {
            Claim::Possible => self.possible(set, theorem, &promise).await,
            Claim::Kept => {
                let whole = self.whole(set)?;
                Ok(self.kept(&whole, &promise, &about, permitted).await)
            }
            Claim::Guarded(code) => {
                let guards = self.guards(set.rules, code)?;
                if set.telling == Telling::Bare {
                    return Ok(barely(self.compiler.check_implies_opt(&guards, &promise).await));
                }
                let because = format!(
                    "No rule with @code(\"{code}\") stands against this request; only other rules do:"
                );
                let guarded = self.kept(&guards, &promise, &about, &because).await;
                if guarded == Outcome::Holds {
                    return Ok(guarded);
                }
                // An example that every other rule is content with says more.
                let whole = self.whole(set)?;
                let kept = self.kept(&whole, &promise, &about, permitted).await;
                Ok(if kept == Outcome::Holds { guarded } else { kept })
            }
        }
    }

    /// The rules of one code, against a blanket permission: what they let past, some added rule could permit.
    fn guards(&self, rules: &Rules, code: Code) -> Result<CompiledPolicySet, ProveError> {
        let guards =
            rules.known.iter().filter(|(_, rule)| matches!(&rule.refusal, Some((own, _)) if *own == code));
        let policies = guards.filter_map(|(id, _)| rules.set.policy(id));
        self.compile_policies(policies.chain([&self.anything]), code.as_str())
    }

    async fn kept(
        &mut self,
        set: &CompiledPolicySet,
        promise: &CompiledPolicySet,
        about: &str,
        because: &str,
    ) -> Outcome {
        let answer = self.compiler.check_implies_with_counterexample_opt(set, promise).await;
        none_expected(answer, about, because)
    }

    async fn possible(
        &mut self,
        set: &mut Examined<'_>,
        theorem: &Theorem,
        kind: &CompiledPolicySet,
    ) -> Result<Outcome, ProveError> {
        let statement = PolicySet::from_policies([theorem.statement.clone()]).map_err(|_| not_distinct())?;
        if self.witnesses.show_possible(self.testimony(set), &statement) {
            return Ok(Outcome::Holds);
        }
        let whole = self.whole(set)?;
        Ok(match self.compiler.check_disjoint_opt(&whole, kind).await {
            Ok(false) => Outcome::Holds,
            Ok(true) => Outcome::Fails {
                because: "The rules permit no request of this kind.".to_owned(),
                example: Vec::new(),
            },
            Err(error) => Outcome::Unknown { because: error.to_string() },
        })
    }

    async fn never_errs(&mut self, rules: &Rules, id: &PolicyId) -> Result<Outcome, ProveError> {
        let policy = self.compile_rule(rules, id)?;
        let answer = self.compiler.check_never_errors_with_counterexample_opt(&policy).await;
        Ok(none_expected(answer, &rules.text(id), "The rule errs, and would be skipped, on this request:"))
    }

    async fn matters(
        &mut self,
        set: &mut Examined<'_>,
        id: &PolicyId,
        rule: &Rule,
    ) -> Result<Outcome, ProveError> {
        let rules = set.rules;
        let testimony = self.testimony(set);
        if self.witnesses.show_that_it_matters(testimony, rules, id) {
            return Ok(Outcome::Holds);
        }
        let whole = self.whole(set)?;
        let others = rules.set.policies().filter(|policy| policy.id() != id);
        let without = self.compile_policies(others, id.as_ref())?;
        let (wider, narrower) = match rule.refusal {
            Some(_) => (&without, &whole),
            None => (&whole, &without),
        };
        Ok(match self.compiler.check_implies_opt(wider, narrower).await {
            Ok(false) => Outcome::Holds,
            Ok(true) => Outcome::Fails {
                because: "No request is decided otherwise with this rule than without it.".to_owned(),
                example: Vec::new(),
            },
            Err(error) => Outcome::Unknown { because: error.to_string() },
        })
    }

    /// The set that proposals are compared with: many with one.
    fn current(&mut self, files: &PolicyFiles) -> Result<CompiledPolicySet, ProveError> {
        let digest = files.rules_digest();
        if let Some((_, compiled)) = self.compared.as_ref().filter(|(known, _)| *known == digest) {
            return Ok(compiled.clone());
        }
        let compiled = self.compile_set(&Rules::parse(files.rules())?.set, "the current set")?;
        Ok(self.compared.insert((digest, compiled)).1.clone())
    }

    fn testimony<'a>(&self, set: &'a mut Examined<'_>) -> &'a Testimony {
        set.testimony.get_or_insert_with(|| self.witnesses.hear(set.rules))
    }

    fn whole(&self, set: &mut Examined<'_>) -> Result<CompiledPolicySet, ProveError> {
        match &set.whole {
            Some(whole) => Ok(whole.clone()),
            None => Ok(set.whole.insert(self.compile_set(&set.rules.set, "the set")?).clone()),
        }
    }

    fn compile_rule(&self, rules: &Rules, id: &PolicyId) -> Result<CompiledPolicy, ProveError> {
        match rules.set.policy(id) {
            Some(policy) => self.compile_one(policy),
            None => Err(ProveError::Policy(PolicyError::Missing { what: "a rule it names" })),
        }
    }

    pub(super) fn compile_one(&self, policy: &CedarPolicy) -> Result<CompiledPolicy, ProveError> {
        CompiledPolicy::compile(policy, &self.env, &self.schema)
            .map_err(|error| could_not(&policy.id(), error))
    }

    pub(super) fn compile_set(&self, set: &PolicySet, what: &str) -> Result<CompiledPolicySet, ProveError> {
        CompiledPolicySet::compile(set, &self.env, &self.schema).map_err(|error| could_not(&what, error))
    }

    pub(super) fn compile_policies<'a>(
        &self,
        policies: impl Iterator<Item = &'a CedarPolicy>,
        what: &str,
    ) -> Result<CompiledPolicySet, ProveError> {
        let set = PolicySet::from_policies(policies.cloned()).map_err(|_| not_distinct())?;
        self.compile_set(&set, what)
    }
}

fn not_distinct() -> ProveError {
    ProveError::Policy(PolicyError::Missing { what: "distinct identifiers" })
}

fn could_not(what: &impl ToString, error: SymccError) -> ProveError {
    ProveError::Compile { what: what.to_string(), source: Box::new(error) }
}

/// Whether a promise is kept, and nothing more.
fn barely(answer: Result<bool, SymccError>) -> Outcome {
    match answer {
        Ok(true) => Outcome::Holds,
        Ok(false) => Outcome::Fails { because: "The promise is not kept.".to_owned(), example: Vec::new() },
        Err(error) => Outcome::Unknown { because: error.to_string() },
    }
}

/// The claim is that there is no such request: `None` holds.
fn none_expected(answer: Result<Option<Env>, SymccError>, about: &str, because: &str) -> Outcome {
    match answer {
        Ok(None) => Outcome::Holds,
        Ok(Some(example)) => {
            Outcome::Fails { because: because.to_owned(), example: counterexample::in_words(&example, about) }
        }
        Err(error) => Outcome::Unknown { because: error.to_string() },
    }
}
