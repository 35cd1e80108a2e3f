//! `negiz verify`: receipts and evidence bundles, offline.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use evidence::bundle::Bundle;
use evidence::bundle_check::{Trust, verify_bundle};
use evidence::report::Verdict;
use evidence::{JwkSet, Outcome, Quorum, VerifierKey, verify_receipt};
use serde_json::{Value, json};

use crate::authorities::read_anchors;
use crate::command::{REFUSED, complain, say};
use crate::upstream::causes;
use crate::verify::Signatures;

/// Checks receipts (as JWS, or the JSON of an answer or refusal) and evidence bundles, offline. Says in words what is proven and
/// what is not. Exit status: 0 everything verified, 1 something did not, or is incomplete: a part of the bundle was taken away.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The files.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// A demonstration's directory: its keys and authorities are trusted.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The receipt keys you trust (JWK set).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    jwks: Option<PathBuf>,
    /// A log's verifier key you trust; repeat for more.
    #[arg(long, value_name = "VKEY", required_unless_present = "dir")]
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
    verdict: Verdict,
    words: Vec<String>,
}

impl Verify {
    pub(super) async fn run(self) -> ExitCode {
        let findings = match self.check() {
            Ok(findings) => findings,
            Err(error) => return complain(&*error),
        };
        let verified = findings.iter().all(|finding| finding.verdict == Verdict::Proven);
        if self.json {
            let all: Vec<Value> = findings
                .iter()
                .map(|f| {
                    let verified = f.verdict == Verdict::Proven;
                    json!({ "file": f.file, "verified": verified, "verdict": verdict(f.verdict), "findings": f.words })
                })
                .collect();
            say(json!(all));
        } else {
            for finding in &findings {
                say(format_args!("{}: {}", finding.file, verdict(finding.verdict)));
                for words in &finding.words {
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
    let (verdict, words) = match bytes.starts_with(b"PK") {
        true => check_bundle(&bytes, trusted),
        false => check_receipt(&String::from_utf8_lossy(&bytes), trusted),
    };
    Ok(Finding { file: name, verdict, words })
}

fn check_bundle(bytes: &[u8], trusted: &Trusted) -> (Verdict, Vec<String>) {
    let bundle = match Bundle::from_bytes(bytes) {
        Ok(bundle) => bundle,
        Err(error) => return (Verdict::Wrong, vec![causes(&error)]),
    };
    let trust = Trust {
        keys: &trusted.keys,
        logs: &trusted.logs,
        quorum: &trusted.quorum,
        signatures: Some(&trusted.signatures),
    };
    let report = verify_bundle(&bundle, &trust);
    let words = report.found().iter().map(|found| format!("{}: {}", found.verdict.words(), found.words));
    (report.verdict(), words.collect())
}

fn check_receipt(text: &str, trusted: &Trusted) -> (Verdict, Vec<String>) {
    let answer: Option<Value> = serde_json::from_str(text).ok();
    let held = answer.as_ref().and_then(|answer| answer.get("receipt")?.as_str());
    let receipt = held.unwrap_or(text.trim());
    let verified = match verify_receipt(receipt, &trusted.keys, &trusted.logs, &trusted.quorum) {
        Ok(verified) => verified,
        Err(error) => return (Verdict::Wrong, vec![causes(&error)]),
    };
    let mut words = vec![
        format!("request {}, document {}", verified.id(), verified.request()),
        format!("entry {} of log {}", verified.index(), verified.head().origin()),
    ];
    for seen in verified.cosignatures() {
        words.push(format!(
            "the witness {} saw this log as one that only grew, up to {} entries",
            seen.witness,
            verified.head().head().size
        ));
    }
    if verified.cosignatures().is_empty() {
        words.push(
            "not proven: that the log shows everyone the same; no witness you trust cosigned".to_owned(),
        );
    }
    let record = answer.as_ref().and_then(|answer| answer.get("record"));
    let agrees = match (verified.outcome(), record) {
        (Outcome::Answered(stated), Some(record)) => {
            evidence::canonical_digest(record).is_ok_and(|digest| &digest == stated)
        }
        _ => true,
    };
    words.push(match (verified.outcome(), record, agrees) {
        (Outcome::Answered(_), Some(_), true) => "answered, with exactly the record in this file".to_owned(),
        (Outcome::Answered(_), Some(_), false) => {
            "answered, but with ANOTHER record than in this file".to_owned()
        }
        (Outcome::Answered(digest), ..) => format!("answered, with a record of digest {digest}"),
        (Outcome::Refused(code), ..) => format!("refused: {code}"),
        (Outcome::Failed(code), ..) => format!("failed: {code}"),
    });
    (if agrees { Verdict::Proven } else { Verdict::Wrong }, words)
}
