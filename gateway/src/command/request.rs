//! `negiz request`: builds, signs and sends a request, checks the receipt, prints the record.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use policy::Ground;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::client::{Client, ClientError, Credentials, Place, Reply};
use crate::clock::{Clock as _, SystemClock};
use crate::command::{REFUSED, complain_of, say};
use crate::table;

/// Builds a request document, signs it, sends it over mutual TLS, verifies the receipt and prints the record.
///
/// With --dir everything but the question is taken from a demonstration's directory; otherwise say where the gateway is, which
/// system sends, and who signs. Exit status: 0 answered and verified, 1 refused or not verified,
/// 2 not told what it needs, or of an officer that is not there, 3 could not be sent.
#[derive(Debug, Args)]
pub(super) struct Request {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    question: Question,
    /// Print the gateway's whole answer as JSON, for machines.
    #[arg(long)]
    json: bool,
    /// Sign as JWS (application/jose) instead of CMS.
    #[arg(long)]
    jose: bool,
}

#[derive(Debug, Args)]
struct Question {
    /// The registry to ask, by code.
    #[arg(long)]
    registry: String,
    /// The operation, by code.
    #[arg(long)]
    operation: String,
    /// A parameter of the operation; repeat for more. Values that are JSON numbers or booleans are sent as such with --parameter-json.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,
    /// The parameters as one JSON object.
    #[arg(long, value_name = "JSON", conflicts_with = "parameters")]
    parameter_json: Option<String>,
    /// The number of the case in your production.
    #[arg(long)]
    case: String,
    /// The ground; with --dir it follows from the kind of the case, and is criminal-case for a case the demonstration does not know.
    #[arg(long)]
    ground: Option<Ground>,
    /// What happened that makes the record necessary (SLS 16-2(3)¶1).
    #[arg(long, value_name = "TEXT")]
    circumstances: String,
    /// What the record will be used for (SLS 16-3(1)).
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// On the operational ground: the basis of the measure and the document it stands in (OI 10).
    #[arg(long, value_name = "BASIS=DOCUMENT", value_parser = pair)]
    measure: Option<(String, String)>,
    /// A prosecutor's signed sanction (OI 12(4)): CMS in DER or base64, or a compact JWS.
    #[arg(long, value_name = "FILE")]
    sanction: Option<PathBuf>,
    /// A head's signed decision to begin before the sanction (OI 12(7)), in the same forms.
    #[arg(long, value_name = "FILE", conflicts_with = "sanction")]
    urgent: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// A demonstration's directory.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["exchange", "tls_ca", "tls_cert", "tls_key"])]
    dir: Option<PathBuf>,
    /// With --dir: the officer who signs, by code.
    #[arg(long, value_name = "CODE", requires = "dir")]
    officer: Option<String>,
    /// The exchange listener: https://host:port.
    #[arg(long, value_name = "URL", required_unless_present = "dir")]
    exchange: Option<String>,
    /// The authority behind the gateway's certificate (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_ca: Option<PathBuf>,
    /// Your system's certificate (PEM) …
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_cert: Option<PathBuf>,
    /// … and its key (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_key: Option<PathBuf>,
    /// BIN of your agency.
    #[arg(long, value_name = "BIN", required_unless_present = "dir")]
    agency: Option<certs::Bin>,
    /// The signer's certificate (PEM), with --key …
    #[arg(long, value_name = "FILE", requires = "key")]
    signer: Option<PathBuf>,
    /// … and key (PKCS#8 PEM) …
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// … or both from a PKCS#12 file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["signer", "key"])]
    p12: Option<PathBuf>,
    /// A file with the PKCS#12 password; without it the variable NEGIZ_P12_PASSWORD is read.
    #[arg(long, value_name = "FILE", requires = "p12")]
    p12_password_file: Option<PathBuf>,
    /// The gateway's receipt keys (JWK set). Without them, and without --dir, they are asked of the gateway.
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The log's verifier key. Needed to check receipts, unless --dir is given.
    #[arg(long, value_name = "VKEY", required_unless_present = "dir")]
    log_vkey: Option<String>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Request {
    pub(super) async fn run(self) -> ExitCode {
        match self.send().await {
            Ok((reply, verified)) => self.show(&reply, &verified),
            Err(error) => complain_of(&error),
        }
    }

    async fn send(&self) -> Result<(Reply, Result<u64, String>), ClientError> {
        let place = self.place.resolve(&self.question.case)?;
        let client = Client::new(&place)?;
        let document = self.question.document(&place)?;
        let reply = client.request(&document, &place.signer, self.jose).await?;
        let verified = client.verify(&reply, &document).await;
        Ok((reply, verified))
    }

    fn show(&self, reply: &Reply, verified: &Result<u64, String>) -> ExitCode {
        if self.json {
            say(&reply.body);
        } else {
            say(table::render(&reply.body));
        }
        match (verified, reply.is_answer()) {
            (Ok(index), true) => {
                note(&format!("The receipt verifies: entry {index} of the log."));
                ExitCode::SUCCESS
            }
            (Ok(index), false) => {
                note(&format!("Refused. The receipt verifies: entry {index} of the log."));
                ExitCode::from(REFUSED)
            }
            (Err(why), _) => {
                note(&format!("NOT VERIFIED: {why}"));
                ExitCode::from(REFUSED)
            }
        }
    }
}

#[expect(clippy::print_stderr, reason = "what is said about the record stays apart from the record")]
fn note(text: &str) {
    eprintln!("{text}");
}

/// A signed document as a request carries it: a compact JWS, or a CMS in base64.
fn attached(file: &Path) -> Result<String, ClientError> {
    let bytes = std::fs::read(file)
        .map_err(|error| ClientError::Unreadable { path: file.to_path_buf(), reason: error.kind() })?;
    // DER of a SEQUENCE; base64 of one begins with `M`, a JWS with `ey`.
    match (bytes.first(), String::from_utf8(bytes.clone())) {
        (Some(0x30), _) | (_, Err(_)) => Ok(STANDARD.encode(&bytes)),
        (_, Ok(text)) => Ok(text.split_whitespace().collect()),
    }
}

impl Question {
    /// The request document (contract, "The request document").
    fn document(&self, place: &Place) -> Result<Vec<u8>, ClientError> {
        let ground = self.ground.or(place.ground).ok_or(ClientError::Ground)?;
        let parameters: Map<String, Value> = match &self.parameter_json {
            Some(text) => serde_json::from_str(text).map_err(ClientError::Parameters)?,
            None => self.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect(),
        };
        let mut basis = Map::new();
        basis.insert("ground".to_owned(), json!(ground));
        basis.insert("case".to_owned(), json!(self.case));
        basis.insert("circumstances".to_owned(), json!(self.circumstances));
        if let Some((of, document)) = &self.measure {
            basis.insert("measure".to_owned(), json!({ "basis": of, "document": document }));
        }
        for (member, file) in [("sanction", &self.sanction), ("urgent", &self.urgent)] {
            if let Some(file) = file {
                basis.insert(member.to_owned(), json!(attached(file)?));
            }
        }
        let document = json!({
            "version": 1,
            "id": Uuid::now_v7(),
            "issued": SystemClock.now().rfc3339(),
            "agency": place.agency.as_str(),
            "registry": self.registry,
            "operation": self.operation,
            "parameters": parameters,
            "basis": basis,
            "purpose": self.purpose,
        });
        Ok(document.to_string().into_bytes())
    }
}

impl PlaceArgs {
    fn resolve(&self, case: &str) -> Result<Place, ClientError> {
        if let Some(dir) = &self.dir {
            let officer = self.officer.as_deref().ok_or(ClientError::Officer)?;
            return Place::of_demo(dir, officer, case);
        }
        let needed =
            |name: &'static str, value: &Option<PathBuf>| value.clone().ok_or(ClientError::Missing(name));
        let signer = match (&self.signer, &self.key, &self.p12) {
            (Some(certificate), Some(key), _) => Credentials::from_pem(certificate, key)?,
            (_, _, Some(file)) => Credentials::from_pkcs12(file, self.p12_password_file.as_deref())?,
            _ => return Err(ClientError::Missing("--signer and --key, or --p12")),
        };
        Ok(Place {
            exchange: self.exchange.clone().ok_or(ClientError::Missing("--exchange"))?,
            tls_ca: needed("--tls-ca", &self.tls_ca)?,
            tls_cert: needed("--tls-cert", &self.tls_cert)?,
            tls_key: needed("--tls-key", &self.tls_key)?,
            agency: self.agency.clone().ok_or(ClientError::Missing("--agency"))?,
            jwks: self.jwks.clone(),
            log_vkey: self.log_vkey.clone().ok_or(ClientError::Missing("--log-vkey"))?,
            ground: None,
            signer,
        })
    }
}
