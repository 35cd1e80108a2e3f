//! `negiz log search` and `negiz log read`: the register of requests, through the console.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use crate::client::{ClientError, ConsoleClient, ConsolePlace, Reply};
use crate::command::{REFUSED, complain, complain_of, say};
use crate::table;

/// Which console, in whose name.
#[derive(Debug, Args)]
pub(super) struct At {
    /// A demonstration's directory.
    #[arg(long, value_name = "DIR", requires = "capacity")]
    dir: Option<PathBuf>,
    /// With --dir: in which capacity to read: operator, security, agency, prosecutor, auditor.
    #[arg(long = "as", value_name = "CAPACITY", id = "capacity")]
    capacity: Option<String>,
    /// The console: https://host:port.
    #[arg(long, value_name = "URL", required_unless_present = "dir")]
    console: Option<String>,
    /// The authority of the console's certificate (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_ca: Option<PathBuf>,
    /// Your certificate (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, value_name = "FILE", required_unless_present = "dir")]
    tls_key: Option<PathBuf>,
}

impl At {
    pub(super) fn client(&self) -> Result<ConsoleClient, ClientError> {
        let needed = |path: &Option<PathBuf>, name| path.clone().ok_or(ClientError::Missing(name));
        let place = match (&self.dir, &self.capacity) {
            (Some(dir), Some(capacity)) => ConsolePlace::of_demo(dir, capacity)?,
            _ => ConsolePlace {
                console: self.console.clone().ok_or(ClientError::Missing("--console"))?,
                tls_ca: needed(&self.tls_ca, "--tls-ca")?,
                tls_cert: needed(&self.tls_cert, "--tls-cert")?,
                tls_key: needed(&self.tls_key, "--tls-key")?,
            },
        };
        ConsoleClient::new(&place)
    }
}

/// Searches requests. Your name and your reason go into the journal before you see anything.
#[derive(Debug, Args)]
pub(super) struct Search {
    #[command(flatten)]
    at: At,
    /// Why you search, 10 to 1000 characters; it is recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// IIN of the officer who asked, or their key from an earlier answer.
    #[arg(long, value_name = "IIN")]
    officer: Option<String>,
    /// BIN of the agency that asked.
    #[arg(long, value_name = "BIN")]
    agency: Option<String>,
    /// Number of the case, or kind:number.
    #[arg(long, value_name = "NUMBER")]
    case: Option<String>,
    /// Code of the registry asked.
    #[arg(long, value_name = "CODE")]
    registry: Option<String>,
    /// Whom or what was asked about, such as an IIN.
    #[arg(long, value_name = "VALUE")]
    subject: Option<String>,
    /// answered, refused, failed or pending.
    #[arg(long, value_name = "OUTCOME")]
    outcome: Option<String>,
    /// Code of the refusal or failure.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// From this instant on (RFC 3339).
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,
    /// Before this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT")]
    to: Option<String>,
    /// The `next` of the page before.
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Rows, 1 to 200.
    #[arg(long, value_name = "COUNT")]
    limit: Option<u16>,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Reads one request, with what every entry of it says. Your name and your reason go into the journal first.
#[derive(Debug, Args)]
pub(super) struct Read {
    #[command(flatten)]
    at: At,
    /// The request's id.
    #[arg(value_name = "ID")]
    request: Uuid,
    /// Why you read it, 10 to 1000 characters; it is recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Write its evidence bundle to this file instead.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

type CouldNot = Box<dyn std::error::Error>;

impl Search {
    pub(super) async fn run(self) -> ExitCode {
        let reply = match self.at.client() {
            Ok(client) => client.get("/v1/requests", &self.query()).await,
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) => shown(&reply, self.json, rows),
            Err(error) => complain_of(&error),
        }
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let limit = self.limit.map(|limit| limit.to_string());
        let given = [
            ("officer", &self.officer),
            ("agency", &self.agency),
            ("case", &self.case),
            ("registry", &self.registry),
            ("subject", &self.subject),
            ("outcome", &self.outcome),
            ("code", &self.code),
            ("from", &self.from),
            ("to", &self.to),
            ("cursor", &self.cursor),
            ("limit", &limit),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        given.chain([("reason", self.reason.clone())]).collect()
    }
}

impl Read {
    pub(super) async fn run(self) -> ExitCode {
        self.read().await.unwrap_or_else(|error| complain(&*error))
    }

    async fn read(&self) -> Result<ExitCode, CouldNot> {
        let client = self.at.client()?;
        let query = [("reason", self.reason.clone())];
        let path = format!("/v1/requests/{}", self.request);
        let Some(out) = &self.evidence else {
            return Ok(shown(&client.get(&path, &query).await?, self.json, table::render));
        };
        let (status, bytes) = client.get_bytes(&format!("{path}/evidence"), &query).await?;
        if status != http::StatusCode::OK {
            let body = serde_json::from_slice(&bytes)?;
            return Ok(shown(&Reply { status, body }, self.json, table::render));
        }
        std::fs::write(out, &bytes)
            .map_err(|error| format!("cannot write {}: {}", out.display(), error.kind()))?;
        say(format_args!("{}: {} bytes", out.display(), bytes.len()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints what the console said; a refusal by name.
pub(super) fn shown(reply: &Reply, json: bool, words: impl Fn(&Value) -> String) -> ExitCode {
    match (json, reply.is_answer()) {
        (true, _) => say(&reply.body),
        (false, true) => say(words(&reply.body)),
        (false, false) => say(table::render(&reply.body)),
    }
    if reply.is_answer() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

const COLUMNS: [&str; 7] = ["at", "outcome", "code", "agency", "registry", "request", "officer"];

/// Requests in columns, and how to go on.
fn rows(body: &Value) -> String {
    let found = body.get("requests").and_then(Value::as_array);
    let mut lines: Vec<Vec<String>> = vec![COLUMNS.iter().map(|name| (*name).to_owned()).collect()];
    for row in found.into_iter().flatten() {
        let cell = |name: &&str| {
            row.get(*name).and_then(Value::as_str).map_or_else(|| "—".to_owned(), table::printable)
        };
        lines.push(COLUMNS.iter().map(cell).collect());
    }
    let mut text = table::columns(&lines);
    if let Some(next) = body.get("next").and_then(Value::as_str) {
        text.push_str(&format!("\nmore: --cursor {next}"));
    }
    text
}
