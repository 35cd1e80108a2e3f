//! `negiz trust check`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use certs::Profile;
use certs::opinion::{Examiner, Opinion, Verdict};
use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::folder::Folder;
use crate::clock::{Clock as _, SystemClock};
use crate::command::{REFUSED, complain, say};

/// Octets of the largest file judged: a revocation list of a million entries has about 40 MB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Judges a certificate, a signed message (CMS or compact JWS), a revocation list, an OCSP answer or a time-stamp, offline, in DER, PEM or
/// base64. Exit status: 0 valid, 1 invalid or unknown.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// What to judge. A PEM file may hold a chain after the certificate.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The authorities to trust; without it the national ones that are shipped.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// The instant to judge as of; without it now.
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    at: Option<i64>,
    /// A revocation list; repeat for more.
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// An OCSP answer; repeat for more.
    #[arg(long, value_name = "FILE")]
    ocsp: Vec<PathBuf>,
    /// What was signed or stamped, where the file does not hold it.
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// What certificates must look like: national, generic, or national-test, which lets the test persons' wrong check digits pass.
    #[arg(long, value_name = "NAME", default_value = "national", value_parser = profile)]
    profile: Profile,
    /// Print the opinion as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} has more than {LARGEST} octets", path.display())]
    TooLarge { path: PathBuf },
}

impl Check {
    pub(super) fn run(self) -> ExitCode {
        let opinion = match self.opinion() {
            Ok(opinion) => opinion,
            Err(error) => return complain(&*error),
        };
        if self.json {
            match serde_json::to_string(&opinion) {
                Ok(json) => say(json),
                Err(error) => return complain(&error),
            }
        } else {
            print(&self.file, &opinion);
        }
        if opinion.verdict == Verdict::Valid { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
    }

    fn opinion(&self) -> Result<Opinion, Box<dyn std::error::Error>> {
        let file = read(&self.file)?;
        let Folder { anchors, known } = Folder::read(self.anchors.as_deref())?;
        let examiner = Examiner {
            anchors: Arc::new(anchors),
            profile: self.profile.clone(),
            at: self.at.unwrap_or_else(|| SystemClock.now().seconds()),
            known,
            lists: read_all(&self.crl)?,
            answers: read_all(&self.ocsp)?,
            content: self.content.as_deref().map(read).transpose()?,
        };
        Ok(examiner.examine(&file))
    }
}

fn instant(text: &str) -> Result<i64, String> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map(OffsetDateTime::unix_timestamp)
        .map_err(|_| "expected an instant such as 2026-11-22T10:15:00Z".to_owned())
}

fn profile(name: &str) -> Result<Profile, String> {
    Profile::named(name).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, ReadError> {
    let unreadable = |source| ReadError::Unreadable { path: path.to_path_buf(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let taken = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    match u64::try_from(taken) {
        Ok(taken) if taken <= LARGEST => Ok(bytes),
        _ => Err(ReadError::TooLarge { path: path.to_path_buf() }),
    }
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    paths.iter().map(|path| Ok((path.display().to_string(), read(path)?))).collect()
}

fn print(file: &Path, opinion: &Opinion) {
    let verdict = match opinion.verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "INVALID",
        Verdict::Unknown => "UNKNOWN",
    };
    let kind = opinion.kind.map_or_else(|| "file".to_owned(), |kind| kind.to_string());
    let code = opinion.code.map(|code| format!(" ({code})")).unwrap_or_default();
    say(format_args!("{}: {kind}, {verdict}{code}", file.display()));
    for signatory in &opinion.signers {
        say(format_args!("  {signatory}"));
    }
    for reason in &opinion.reasons {
        say(format_args!("  {reason}"));
    }
}
