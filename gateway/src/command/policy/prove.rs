//! `negiz policy prove`: every theorem, about any set of rules.

use std::path::PathBuf;
use std::process::ExitCode;

use policy::Proof;
use policy::prove::{ProveError, Prover, Report};

use super::{CouldNot, Prove, faulty};
use crate::command::{REFUSED, say};

impl Prove {
    pub(super) async fn run(self) -> Result<ExitCode, CouldNot> {
        let files = match self.set.files()? {
            Ok(files) => files,
            Err(error) => return Ok(faulty(&[error.to_string()], false)),
        };
        let errors: Vec<String> = policy::check(&files).iter().map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Ok(faulty(&errors, false));
        }
        // Symbolic compilation is deeply recursive and busy for seconds: it gets a thread of its own.
        let report = tokio::task::spawn_blocking(move || {
            tokio::runtime::Handle::current().block_on(async { Prover::start()?.prove(&files).await })
        });
        let report: Report = report.await?.map_err(|error: ProveError| Box::new(error) as CouldNot)?;
        for finding in report.findings.iter().filter(|finding| self.all || !finding.holds()) {
            say(finding.to_string().trim_end());
        }
        let failures = report.failures().count();
        match report.proof() {
            Some(proof) => {
                say(format_args!("proven: {} claims hold of the rules {}", proof.holds.len(), proof.rules));
                self.keep(&proof)?;
                Ok(ExitCode::SUCCESS)
            }
            None => {
                say(format_args!("NOT PROVEN: {failures} of {} claims fail", report.findings.len()));
                Ok(ExitCode::from(REFUSED))
            }
        }
    }

    /// Writes the record beside the rules it is of. The set that comes with the program carries its own.
    fn keep(&self, proof: &Proof) -> Result<(), CouldNot> {
        let Some(file) = self.record() else { return Ok(()) };
        let text = serde_json::to_string_pretty(proof)?;
        std::fs::write(&file, text + "\n")
            .map_err(|error| format!("cannot write {}: {}", file.display(), error.kind()))?;
        say(format_args!("the record of proof is {}", file.display()));
        Ok(())
    }

    fn record(&self) -> Option<PathBuf> {
        self.out.clone().or_else(|| Some(self.set.directory.as_ref()?.join("proof.json")))
    }
}
