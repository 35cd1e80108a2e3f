//! Which gateway, which system, which signer.

use std::path::{Path, PathBuf};

use policy::{CaseKind, Ground};
use serde_json::Value;

use super::{ClientError, Credentials, read_text};

/// Everything a request needs besides the question.
#[derive(Debug)]
pub struct Place {
    pub exchange: String,
    pub tls_ca: PathBuf,
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
    pub agency: certs::Bin,
    pub jwks: Option<PathBuf>,
    pub log_vkey: String,
    /// The ground that follows from the case, where it is known.
    pub ground: Option<Ground>,
    pub signer: Credentials,
}

impl Place {
    /// Reads a demonstration's manifest.
    ///
    /// # Errors
    /// When it has no such officer, or is not a manifest.
    pub fn of_demo(dir: &Path, officer: &str, case: &str) -> Result<Self, ClientError> {
        let path = dir.join("manifest.json");
        let expected = "a demonstration's manifest";
        let form = || ClientError::Form { path: path.clone(), expected };
        let manifest: Value = serde_json::from_str(&read_text(&path)?).map_err(|_| form())?;
        // Who works by joint act alone is named in a file of their own.
        let tracks = manifest.get("tracks").and_then(Value::as_str).map(|name| read_text(&dir.join(name)));
        let tracks: Value = match tracks.transpose()? {
            Some(text) => serde_json::from_str(&text).map_err(|_| form())?,
            None => Value::Null,
        };
        let find = |list: &str, key: &str, value: &str, what: &'static str| {
            let entries = [&manifest, &tracks].into_iter().filter_map(|file| file.get(list)?.as_array());
            let found = entries.flatten().find(|entry| entry[key] == value);
            found.ok_or(ClientError::Unknown { what, name: value.to_owned() })
        };
        let text = |entry: &Value, key: &str| {
            entry.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(form)
        };
        let officer = find("officers", "code", officer, "officer")?;
        let agency = find("agencies", "code", &text(officer, "agency")?, "agency")?;
        let file = |entry: &Value, key: &str| text(entry, key).map(|name| dir.join(name));
        // A case that the demonstration does not know is still asked about: the gateway's refusal is the answer.
        let kind = find("cases", "number", case, "case").ok().and_then(|case| text(case, "kind").ok());
        let kind = kind.unwrap_or_else(|| CaseKind::Criminal.as_str().to_owned());
        Ok(Self {
            exchange: text(&manifest, "exchange")?,
            tls_ca: file(&manifest, "tls_ca")?,
            tls_cert: file(agency, "cert")?,
            tls_key: file(agency, "key")?,
            agency: text(agency, "bin")?.parse().map_err(|_| form())?,
            jwks: Some(file(&manifest, "jwks")?),
            log_vkey: text(&manifest, "log_vkey")?,
            ground: ground_of(&kind),
            signer: Credentials::from_pem(&file(officer, "cert")?, &file(officer, "key")?)?,
        })
    }
}

/// The ground of SLS 16-2(3)¶1 that a kind of case gives.
fn ground_of(kind: &str) -> Option<Ground> {
    let kind = kind.parse().ok()?;
    Ground::ALL.iter().copied().find(|ground| !ground.is_court() && ground.case_kind() == Some(kind))
}
