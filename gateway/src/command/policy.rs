//! `negiz policy check|matrix|prove|replay`: a set of rules before it decides anything (`policy/README.md`).

mod kept;
#[cfg(feature = "prove")]
mod prove;
mod replay;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use policy::{Policy as Set, PolicyError, PolicyFiles, ProofDemand};
use serde_json::json;

use crate::command::{REFUSED, complain, say};
use crate::config::{self, Config};
use crate::policies::{self, PoliciesError};

/// What to do with a set of rules.
#[derive(Debug, Args)]
pub(super) struct Policy {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Read a set and name everything that is wrong with it, with file and line.
    Check {
        #[command(flatten)]
        set: Named,
        /// Print the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print who may see what under which ground, in words that are read and signed.
    Matrix {
        #[command(flatten)]
        set: Named,
    },
    /// Prove every theorem about a set with the solver cvc5, and write the record of it.
    Prove(Prove),
    /// List the sets that decided, or write one out, to read an old decision with the rules that made it.
    Kept(kept::Kept),
    /// Decide recorded requests again under a proposed set, and list every difference.
    Replay(replay::Replay),
}

/// Which set.
#[derive(Debug, Clone, Args)]
pub(super) struct Named {
    /// The directory of the set; without it the set that comes with the program.
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Another matrix than the set's own.
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Another catalogue of registries than the set's own.
    #[arg(long, value_name = "FILE")]
    registries: Option<PathBuf>,
    /// Take the set from this gateway's configuration instead.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["directory", "matrix", "registries"])]
    config: Option<PathBuf>,
}

/// What to prove.
#[derive(Debug, Args)]
struct Prove {
    #[command(flatten)]
    set: Named,
    /// Where to write the record of proof; by default `proof.json` in DIR.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print every claim, not only what fails.
    #[arg(long)]
    all: bool,
}

type CouldNot = Box<dyn std::error::Error>;

impl Policy {
    pub(super) async fn run(self) -> ExitCode {
        let done = match self.act {
            Act::Check { set, json } => check(&set, json),
            Act::Matrix { set } => matrix(&set),
            Act::Prove(prove) => prove.run().await,
            Act::Kept(kept) => kept.run().await,
            Act::Replay(replay) => replay.run().await,
        };
        done.unwrap_or_else(|error| complain(&*error))
    }
}

impl Named {
    /// The files, read and told apart. What is wrong with the files themselves is an answer, not a failure.
    fn files(&self) -> Result<Result<PolicyFiles, PolicyError>, CouldNot> {
        let settings = match &self.config {
            Some(file) => Config::load(file)?.policy,
            None => config::Policy {
                directory: self.directory.clone(),
                matrix: self.matrix.clone(),
                registries: self.registries.clone(),
                require_proof: true,
            },
        };
        match policies::read_set(&settings) {
            Ok(files) => Ok(Ok(files)),
            Err(PoliciesError::Policy(error)) => Ok(Err(error)),
            Err(error @ PoliciesError::Unreadable { .. }) => Err(error.into()),
        }
    }
}

fn check(named: &Named, as_json: bool) -> Result<ExitCode, CouldNot> {
    let files = match named.files()? {
        Ok(files) => files,
        Err(error) => return Ok(faulty(&[error.to_string()], as_json)),
    };
    let errors: Vec<String> = policy::check(&files).iter().map(ToString::to_string).collect();
    if !errors.is_empty() {
        return Ok(faulty(&errors, as_json));
    }
    let set = Set::load(&files, ProofDemand::Waived)?;
    let proof = Set::load(&files, ProofDemand::Required).err().map(|error| error.to_string());
    if as_json {
        let (digest, rules) = (set.digest().to_string(), set.rules_digest().to_string());
        say(json!({
            "errors": [], "set": digest, "rules": rules, "unproven": proof, "beneath": set.floor()
        }));
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!(
        "correct: {} files of rules, {} rows",
        files.rules().len(),
        set.matrix().rows().count()
    ));
    say(format_args!("set    {}", set.digest()));
    say(format_args!("rules  {}", set.rules_digest()));
    if let Some(floor) = set.floor() {
        say(format_args!("beneath {floor}: what the built-in set forbids stays forbidden"));
    }
    say(match proof {
        None => "proven: the record of proof is of these rules".to_owned(),
        Some(why) => format!("NOT PROVEN, does not load: {why}"),
    });
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stderr, reason = "a command's errors go to the person who ran it")]
fn faulty(errors: &[String], as_json: bool) -> ExitCode {
    if as_json {
        say(json!({ "errors": errors }));
    } else {
        for error in errors {
            eprintln!("{error}");
        }
        eprintln!("negiz: {} error(s); this set does not load", errors.len());
    }
    ExitCode::from(REFUSED)
}

fn matrix(named: &Named) -> Result<ExitCode, CouldNot> {
    let files = match named.files()? {
        Ok(files) => files,
        Err(error) => return Ok(faulty(&[error.to_string()], false)),
    };
    // The matrix can be read before its rules are proven.
    match Set::load(&files, ProofDemand::Waived) {
        Ok(set) => {
            say(set.matrix().print(&policy::grounds()?, set.catalogue()).trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(faulty(&[error.to_string()], false)),
    }
}

#[cfg(not(feature = "prove"))]
impl Prove {
    #[expect(clippy::unused_async, reason = "proving is")]
    async fn run(self) -> Result<ExitCode, CouldNot> {
        Err("this program was built without the feature `prove`".into())
    }
}
