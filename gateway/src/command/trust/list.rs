//! `negiz trust list`.

use std::path::PathBuf;
use std::process::ExitCode;

use certs::algorithm::PublicKey;
use certs::anchors::Role;
use certs::path::Certificate;
use clap::Args;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::folder::Folder;
use crate::command::{complain, say};

/// Shows the authorities trusted: subject, key, dates, fingerprint. Anchors end paths; authorities issue under them.
#[derive(Debug, Args)]
pub(super) struct List {
    /// The folder of authorities; without it the national ones that are shipped.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// Print the list as JSON.
    #[arg(long)]
    json: bool,
}

/// One authority, as shown.
struct Shown {
    role: &'static str,
    subject: String,
    algorithm: String,
    key_id: Option<String>,
    fingerprint: String,
    from: String,
    until: String,
}

impl List {
    pub(super) fn run(self) -> ExitCode {
        let folder = match Folder::read(self.anchors.as_deref()) {
            Ok(folder) => folder,
            Err(error) => return complain(&error),
        };
        let mut shown: Vec<_> =
            folder.anchors.iter().map(|(certificate, role)| Shown::of(certificate, role)).collect();
        shown.sort_by(|one, other| {
            (one.role, &one.subject, &one.from).cmp(&(other.role, &other.subject, &other.from))
        });
        if self.json {
            say(Value::Array(shown.iter().map(Shown::json).collect()));
        } else {
            shown.iter().for_each(Shown::print);
        }
        ExitCode::SUCCESS
    }
}

impl Shown {
    fn of(certificate: &Certificate, role: Role) -> Self {
        let validity = certificate.validity();
        Self {
            role: match role {
                Role::Anchor => "anchor",
                Role::Authority => "authority",
            },
            subject: certificate.subject().readable(),
            algorithm: PublicKey::parse(certificate.public_key())
                .map_or_else(|_| "not known".to_owned(), |key| key.kind().to_string()),
            key_id: certificate.extensions().subject_key_id.as_deref().map(hex::encode),
            fingerprint: hex::encode(certificate.fingerprint()),
            from: written(validity.not_before),
            until: written(validity.not_after),
        }
    }

    fn json(&self) -> Value {
        json!({
            "role": self.role, "subject": self.subject, "algorithm": self.algorithm, "key-id": self.key_id,
            "sha256": self.fingerprint, "not-before": self.from, "not-after": self.until,
        })
    }

    fn print(&self) {
        say(format_args!("{} {}", self.role, self.subject));
        say(format_args!(
            "  key      {} {}",
            self.algorithm,
            self.key_id.as_deref().unwrap_or("without identifier")
        ));
        say(format_args!("  dates    {} to {}", self.from, self.until));
        say(format_args!("  sha-256  {}", self.fingerprint));
    }
}

fn written(instant: i64) -> String {
    OffsetDateTime::from_unix_timestamp(instant)
        .ok()
        .and_then(|instant| instant.format(&Rfc3339).ok())
        .unwrap_or_else(|| instant.to_string())
}
