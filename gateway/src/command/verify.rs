//! `negiz verify`: receipts and evidence bundles, offline.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use evidence::bundle::Bundle;
use evidence::bundle_check::{Trust, verify_bundle};
use evidence::report::Verdict;
use evidence::{JwkSet, Outcome, Quorum, Report, VerifiedReceipt, VerifierKey, verify_receipt};
use serde_json::{Value, json};

use crate::authorities::read_anchors;
use crate::command::{REFUSED, USAGE, complain, say};
use crate::presented::Presented;
use crate::upstream::causes;
use crate::verify::Signatures;

/// Checks receipts (as JWS, or the JSON of an answer or refusal) and evidence bundles, offline. Says in words what is proven and
/// what is not: of an answer or a refusal, which members its receipt covers. Exit status: 0 everything verified, 1 something did not,
/// or is incomplete: a part was taken away.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A demonstration's directory: its keys and authorities are trusted.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The receipt keys you trust (JWK set).
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// A log's verifier key you trust; repeat for more.
    #[arg(long, value_name = "VKEY")]
    log_vkey: Vec<String>,
    /// The verifier key of a witness you trust; repeat for more.
    #[arg(long, value_name = "VKEY")]
    witness: Vec<String>,
    /// How many of them must have cosigned; all that are given with --witness unless it says otherwise. Those of --dir are asked for
    /// only by this.
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<usize>,
    /// A folder of the authorities you trust; without it the national ones.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// The certificate profile.
    #[arg(long, default_value = "national")]
    profile: String,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

/// Nothing verifies by itself: somebody says whose keys count.
#[derive(Debug, thiserror::Error)]
#[error(
    "whose keys do you trust? Give --dir DIR of a demonstration, or --jwks FILE (GET /v1/keys) with --log-vkey VKEY (negiz log vkey)"
)]
struct Untold;

type CouldNot = Box<dyn std::error::Error>;

/// Keys and authorities the person at the keyboard trusts.
struct Trusted {
    keys: JwkSet,
    logs: Vec<VerifierKey>,
    quorum: Quorum,
    signatures: Signatures,
}

/// What was found in one file.
struct Finding {
    file: String,
    report: Report,
}

impl Finding {
    /// One sentence for each thing, how it stands first.
    fn words(&self) -> Vec<String> {
        let found = self.report.found().iter();
        found.map(|found| format!("{}: {}", found.verdict.words(), found.words)).collect()
    }
}

impl Verify {
    pub(super) async fn run(self) -> ExitCode {
        if self.dir.is_none() && (self.jwks.is_none() || self.log_vkey.is_empty()) {
            let _ = complain(&Untold);
            return ExitCode::from(USAGE);
        }
        let findings = match self.check() {
            Ok(findings) => findings,
            Err(error) => return complain(&*error),
        };
        let verified = findings.iter().all(|finding| finding.report.verified());
        if self.json {
            let all: Vec<Value> = findings
                .iter()
                .map(|f| {
                    let (verified, verdict) = (f.report.verified(), verdict(f.report.verdict()));
                    json!({ "file": f.file, "verified": verified, "verdict": verdict, "findings": f.words() })
                })
                .collect();
            say(json!(all));
        } else {
            for finding in &findings {
                say(format_args!("{}: {}", finding.file, verdict(finding.report.verdict())));
                for words in finding.words() {
                    say(format_args!("  {words}"));
                }
            }
        }
        if verified { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
    }

    fn check(&self) -> Result<Vec<Finding>, CouldNot> {
        let trusted = self.trusted()?;
        self.files.iter().map(|file| check_file(file, &trusted)).collect()
    }

    fn trusted(&self) -> Result<Trusted, CouldNot> {
        let in_demo = |name: &str| self.dir.as_ref().map(|dir| dir.join(name));
        let jwks = self.jwks.clone().or_else(|| in_demo("jwks.json")).ok_or("--jwks is needed")?;
        let keys = JwkSet::parse(&read_text(&jwks)?)?;
        let mut logs = Vec::new();
        for vkey in &self.log_vkey {
            logs.push(vkey.trim().parse()?);
        }
        if let Some(file) = in_demo("log.vkey").filter(|_| self.log_vkey.is_empty()) {
            logs.push(read_text(&file)?.trim().parse()?);
        }
        let quorum = self.quorum(in_demo("witnesses.vkey").filter(|file| file.exists()))?;
        let anchors = match self.anchors.clone().or_else(|| in_demo("trust")) {
            Some(folder) => read_anchors(&folder)?,
            None => certs::anchors::Anchors::national()?,
        };
        let signatures = Signatures { anchors: Arc::new(anchors), profile: self.profile.clone() };
        Ok(Trusted { keys, logs, quorum, signatures })
    }

    fn quorum(&self, of_demo: Option<PathBuf>) -> Result<Quorum, CouldNot> {
        let (text, needed) = match of_demo.filter(|_| self.witness.is_empty()) {
            Some(file) => (read_text(&file)?, 0),
            None => (self.witness.join("\n"), self.witness.len()),
        };
        let keys = text.lines().map(|vkey| vkey.trim().parse::<VerifierKey>());
        Ok(Quorum::new(self.quorum.unwrap_or(needed), keys.collect::<Result<Vec<_>, _>>()?)?)
    }
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Proven => "verified",
        Verdict::Missing => "INCOMPLETE",
        Verdict::Wrong | Verdict::NotProven => "NOT VERIFIED",
    }
}

fn read_text(path: &Path) -> Result<String, CouldNot> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {}", path.display(), error.kind()).into())
}

fn check_file(file: &Path, trusted: &Trusted) -> Result<Finding, CouldNot> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|error| format!("cannot read {name}: {}", error.kind()))?;
    // A bundle is a ZIP archive (`PK`); anything else is a receipt or the JSON around one.
    let report = match (bytes.starts_with(b"PK"), std::str::from_utf8(&bytes)) {
        (true, _) => check_bundle(&bytes, trusted),
        (false, Ok(text)) => check_receipt(text, trusted),
        (false, Err(_)) => wrong("the file is neither an evidence bundle nor text".to_owned()),
    };
    Ok(Finding { file: name, report })
}

fn check_bundle(bytes: &[u8], trusted: &Trusted) -> Report {
    let bundle = match Bundle::from_bytes(bytes) {
        Ok(bundle) => bundle,
        Err(error) => return wrong(causes(&error)),
    };
    let trust = Trust {
        keys: &trusted.keys,
        logs: &trusted.logs,
        quorum: &trusted.quorum,
        signatures: Some(&trusted.signatures),
    };
    verify_bundle(&bundle, &trust)
}

fn check_receipt(text: &str, trusted: &Trusted) -> Report {
    let presented = match text.trim_start().starts_with('{').then(|| Presented::parse(text)).transpose() {
        Ok(presented) => presented,
        Err(error) => return wrong(format!("the file is not JSON that everybody reads alike: {error}")),
    };
    let receipt = match &presented {
        Some(presented) => presented.receipt(),
        None => Some(text.trim()),
    };
    let mut report = Report::default();
    let Some(receipt) = receipt else {
        report.not_proven("anything: there is no receipt in the file");
        return report;
    };
    let verified = match verify_receipt(receipt, &trusted.keys, &trusted.logs, &trusted.quorum) {
        Ok(verified) => verified,
        Err(error) => return wrong(causes(&error)),
    };
    certified(&verified, &mut report);
    match presented {
        Some(presented) => presented.compare(&verified, &mut report),
        None => report.not_proven("what was said beside the receipt: the file has the receipt alone"),
    }
    report
}

fn wrong(words: String) -> Report {
    let mut report = Report::default();
    report.wrong(words);
    report
}

/// What a receipt proves by itself.
fn certified(verified: &VerifiedReceipt, report: &mut Report) {
    let ended = match verified.outcome() {
        Outcome::Answered(digest) => format!("answered, with a record of digest {digest}"),
        Outcome::Refused(code) => format!("refused: {code}"),
        Outcome::Failed(code) => format!("failed: {code}"),
    };
    report.proven(format!("request {}, document {}, was {ended}", verified.id(), verified.request()));
    report.proven(format!("it is entry {} of log {}", verified.index(), verified.head().origin()));
    for seen in verified.cosignatures() {
        report.proven(format!(
            "the witness {} saw this log as one that only grew, up to {} entries",
            seen.witness,
            verified.head().head().size
        ));
    }
    if verified.cosignatures().is_empty() {
        report.not_proven("that the log shows everyone the same; no witness you trust cosigned");
    }
}
