//! `negiz cases import|destroy|confirm-destruction|destructions|terminate`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use crate::client::{ClientError, Reply};
use crate::command::complain_of;
use crate::command::import::{self, Subject};
use crate::command::search::{At, shown};
use crate::table;

/// What to do with cases.
#[derive(Debug, Args)]
pub(super) struct Cases {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Check a file whole, then take all of it or nothing.
    Import {
        #[command(flatten)]
        source: import::Source,
        /// The instant the file speaks of, RFC 3339; how fresh the registry's word is counts from it. Default: when the file was last
        /// changed.
        #[arg(long, value_name = "INSTANT")]
        as_of: Option<String>,
    },
    /// Say that a case's material was destroyed (SLS 16-3(3)); another official must confirm it.
    Destroy(Destroy),
    /// Confirm a destruction: the key of the case goes, and with it everything kept of it.
    ConfirmDestruction(Confirm),
    /// List destructions.
    Destructions(List),
    /// Say that an operational record was terminated: the prosecutor is told three months before its material goes (OI 5(5)).
    Terminate(Terminate),
}

#[derive(Debug, Args)]
struct Destroy {
    #[command(flatten)]
    at: At,
    /// The case, as kind:number.
    #[arg(value_name = "KIND:NUMBER", value_parser = case)]
    case: (String, String),
    /// The act of destruction: its number and date; recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Terminate {
    #[command(flatten)]
    at: At,
    /// The record, as operational:number.
    #[arg(value_name = "KIND:NUMBER", value_parser = case)]
    case: (String, String),
    /// What its material is: on persons of whom nothing was proven (kept a year), or intercepts (six months).
    #[arg(long, value_parser = ["unproven", "intercepts"])]
    keeping: String,
    /// When it was terminated, RFC 3339.
    #[arg(long, value_name = "INSTANT")]
    ended: String,
    /// The decision that terminated it: its number and date; recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Confirm {
    #[command(flatten)]
    at: At,
    /// The id of the destruction.
    #[arg(value_name = "ID")]
    id: Uuid,
    /// Why it is right; recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    at: At,
    /// Why you look; recorded.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Print the console's whole answer as JSON.
    #[arg(long)]
    json: bool,
}

impl Cases {
    pub(super) async fn run(self) -> ExitCode {
        let (reply, json) = match self.act {
            Act::Import { source, as_of } => return source.run(Subject::Cases { as_of }).await,
            Act::Destroy(it) => (it.ask().await, it.json),
            Act::ConfirmDestruction(it) => (it.confirm().await, it.json),
            Act::Destructions(it) => (it.list().await, it.json),
            Act::Terminate(it) => (it.report().await, it.json),
        };
        match reply {
            Ok(reply) => shown(&reply, json, table::render),
            Err(error) => complain_of(&error),
        }
    }
}

impl Destroy {
    async fn ask(&self) -> Result<Reply, ClientError> {
        let (kind, number) = &self.case;
        let body = json!({ "case": { "kind": kind, "number": number }, "reason": self.reason });
        self.at.client()?.post("/v1/destructions", &body).await
    }
}

impl Terminate {
    async fn report(&self) -> Result<Reply, ClientError> {
        let (kind, number) = &self.case;
        let body = json!({
            "case": { "kind": kind, "number": number },
            "keeping": self.keeping,
            "ended": self.ended,
            "reason": self.reason,
        });
        self.at.client()?.post("/v1/terminations", &body).await
    }
}

impl Confirm {
    async fn confirm(&self) -> Result<Reply, ClientError> {
        let path = format!("/v1/destructions/{}/confirmation", self.id);
        self.at.client()?.post(&path, &json!({ "reason": self.reason })).await
    }
}

impl List {
    async fn list(&self) -> Result<Reply, ClientError> {
        self.at.client()?.get("/v1/destructions", &[("reason", self.reason.clone())]).await
    }
}

fn case(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once(':').ok_or("expected kind:number, as criminal:2575…")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}
