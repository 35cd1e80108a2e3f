//! The questions put to the solver.

use cedar_policy::{Policy as CedarPolicy, PolicyId, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::err::Error as SymccError;
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env};

use crate::code::Code;
use crate::error::PolicyError;
use crate::files::PolicyFiles;
use crate::prove::counterexample;
use crate::prove::report::{Finding, Outcome, Report};
use crate::rules::{Rule, Rules, schema};
use crate::theorem::{Claim, Theorem, theorems, theorems_digest};

/// Longest time the solver may take over one question, in milliseconds. The default set takes a few dozen.
const QUESTION_MS: u32 = 60_000;

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
    compiler: CedarSymCompiler<LocalSolver>,
    schema: Schema,
    env: RequestEnv,
    theorems: Vec<Theorem>,
    anything: CedarPolicy,
}

impl Prover {
    /// Starts `cvc5` (from the variable `CVC5`, else from the path).
    ///
    /// # Errors
    /// [`ProveError::Solver`] if it cannot be started.
    pub fn start() -> Result<Self, ProveError> {
        let solver = LocalSolver::cvc5_with_args([format!("--tlimit-per={QUESTION_MS}")])
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
        Ok(Self { compiler, schema, env, theorems: theorems()?, anything })
    }

    /// Puts every claim about a set to the solver.
    ///
    /// # Errors
    /// [`ProveError`] if the set is faulty or the solver cannot be asked. A claim that fails is a finding, not an error.
    pub async fn prove(&mut self, files: &PolicyFiles) -> Result<Report, ProveError> {
        let rules = Rules::parse(files.rules())?;
        let mut findings = Vec::new();
        let whole = self.compile_set(&rules.set, "the set")?;
        for theorem in self.theorems.clone() {
            let outcome = self.theorem(&theorem, &rules, &whole).await?;
            findings.push(theorem.finding(outcome));
        }
        for (id, rule) in rules.in_order() {
            findings.push(self.never_errs(&rules, id, rule).await?);
            findings.push(self.matters(&rules, &whole, id, rule).await?);
        }
        Ok(Report {
            rules: files.rules_digest(),
            theorems: theorems_digest(),
            prover: format!("cedar-policy-symcc, cvc5, {} ms a question", QUESTION_MS),
            findings,
        })
    }

    async fn theorem(
        &mut self,
        theorem: &Theorem,
        rules: &Rules,
        whole: &CompiledPolicySet,
    ) -> Result<Outcome, ProveError> {
        let promise = self.compile_one(&theorem.statement)?.into_compiled_policyset();
        let about = theorem.statement.to_cedar().unwrap_or_default();
        match theorem.claim {
            Claim::Possible => Ok(self.possible(whole, &promise).await),
            Claim::Kept => Ok(self.kept(whole, &promise, &about, "The rules permit this request:").await),
            Claim::Guarded(code) => {
                let guards = self.guards(rules, code)?;
                let guarded = self.kept(&guards, &promise, &about, "").await;
                if guarded == Outcome::Holds {
                    return Ok(guarded);
                }
                let kept = self.kept(whole, &promise, &about, "The rules permit this request:").await;
                if kept != Outcome::Holds {
                    return Ok(kept);
                }
                let because = format!(
                    "No rule with @code(\"{code}\") stands against this request; only other rules do:"
                );
                Ok(self.kept(&guards, &promise, &about, &because).await)
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

    async fn possible(&mut self, set: &CompiledPolicySet, kind: &CompiledPolicySet) -> Outcome {
        match self.compiler.check_disjoint_opt(set, kind).await {
            Ok(false) => Outcome::Holds,
            Ok(true) => Outcome::Fails {
                because: "The rules permit no request of this kind.".to_owned(),
                example: Vec::new(),
            },
            Err(error) => Outcome::Unknown { because: error.to_string() },
        }
    }

    async fn never_errs(&mut self, rules: &Rules, id: &PolicyId, rule: &Rule) -> Result<Finding, ProveError> {
        let policy = self.compile_rule(rules, id)?;
        let answer = self.compiler.check_never_errors_with_counterexample_opt(&policy).await;
        let about = rules.set.policy(id).and_then(CedarPolicy::to_cedar).unwrap_or_default();
        let says = format!("The rule at {} can be evaluated on any facts whatsoever.", rule.place);
        let outcome = none_expected(answer, &about, "The rule errs, and would be skipped, on this request:");
        Ok(rule.finding("never-errs", says, outcome))
    }

    async fn matters(
        &mut self,
        rules: &Rules,
        whole: &CompiledPolicySet,
        id: &PolicyId,
        rule: &Rule,
    ) -> Result<Finding, ProveError> {
        let others = rules.set.policies().filter(|policy| policy.id() != id);
        let without = self.compile_policies(others, id.as_ref())?;
        let (wider, narrower) = match rule.refusal {
            Some(_) => (&without, whole),
            None => (whole, &without),
        };
        let outcome = match self.compiler.check_implies_opt(wider, narrower).await {
            Ok(false) => Outcome::Holds,
            Ok(true) => Outcome::Fails {
                because: "No request is decided otherwise with this rule than without it.".to_owned(),
                example: Vec::new(),
            },
            Err(error) => Outcome::Unknown { because: error.to_string() },
        };
        let says = format!("The rule at {} decides some request that no other rule decides.", rule.place);
        Ok(rule.finding("matters", says, outcome))
    }

    fn compile_rule(&self, rules: &Rules, id: &PolicyId) -> Result<CompiledPolicy, ProveError> {
        match rules.set.policy(id) {
            Some(policy) => self.compile_one(policy),
            None => Err(ProveError::Policy(PolicyError::Missing { what: "a rule it names" })),
        }
    }

    fn compile_one(&self, policy: &CedarPolicy) -> Result<CompiledPolicy, ProveError> {
        CompiledPolicy::compile(policy, &self.env, &self.schema)
            .map_err(|error| could_not(&policy.id(), error))
    }

    fn compile_set(&self, set: &PolicySet, what: &str) -> Result<CompiledPolicySet, ProveError> {
        CompiledPolicySet::compile(set, &self.env, &self.schema).map_err(|error| could_not(&what, error))
    }

    fn compile_policies<'a>(
        &self,
        policies: impl Iterator<Item = &'a CedarPolicy>,
        what: &str,
    ) -> Result<CompiledPolicySet, ProveError> {
        let set = PolicySet::from_policies(policies.cloned())
            .map_err(|_| ProveError::Policy(PolicyError::Missing { what: "distinct identifiers" }))?;
        self.compile_set(&set, what)
    }
}

fn could_not(what: &impl ToString, error: SymccError) -> ProveError {
    ProveError::Compile { what: what.to_string(), source: Box::new(error) }
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

impl Theorem {
    fn finding(&self, outcome: Outcome) -> Finding {
        Finding { claim: self.name.clone(), clause: self.clause.clone(), says: self.says.clone(), outcome }
    }
}

impl Rule {
    fn finding(&self, claim: &str, says: String, outcome: Outcome) -> Finding {
        let claim = format!("{claim}:{}", self.reason.rule);
        Finding { claim, clause: self.reason.clause.to_string(), says, outcome }
    }
}

impl Rules {
    /// The rules in the order of files and lines.
    fn in_order(&self) -> Vec<(&PolicyId, &Rule)> {
        let mut all: Vec<_> = self.known.iter().collect();
        all.sort_by(|(_, a), (_, b)| a.place.file.cmp(&b.place.file).then(a.place.line.cmp(&b.place.line)));
        all
    }
}
