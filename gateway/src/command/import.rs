//! `negiz agencies|users|cases|registries|acts|debtors import FILE`.

mod laxity;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, Listing};
use crate::clock::{Clock as _, Millis, SystemClock};
use crate::command::{REFUSED, complain, say};
use crate::config::Config;
use crate::document;
use crate::import::{self, CheckDigits, File, Format, ImportError, Known, Unlisted};
use crate::store::{Store, StoreError, connect};

/// Seconds by which clocks may differ.
const MAX_AHEAD: i64 = 60;

/// What a file is about.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    Agencies,
    Users,
    /// `as_of`: the instant the file speaks of, RFC 3339.
    Cases {
        as_of: Option<String>,
    },
    Registries,
    Acts,
    Debtors,
}

/// What to do with it.
#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Check a file whole, then take all of it or nothing.
    Import(Source),
}

/// Where the file is and which gateway takes it.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// The file, CSV or JSON by the ending of its name (docs/import.md).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The gateway's configuration.
    #[arg(long, value_name = "FILE", default_value = "negiz.toml")]
    config: PathBuf,
    /// Check everything and change nothing.
    #[arg(long)]
    check: bool,
    /// Print the result, or the errors, as JSON.
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) async fn run(self, subject: Subject) -> ExitCode {
        let Act::Import(source) = self.act;
        source.run(subject).await
    }
}

impl Source {
    pub(super) async fn run(self, subject: Subject) -> ExitCode {
        match import(subject, &self).await {
            Ok(Ok(taken)) => {
                say(if self.json { taken.to_string() } else { words(&taken) });
                ExitCode::SUCCESS
            }
            Ok(Err(errors)) => wrong(&errors, self.json),
            Err(error) => complain(&*error),
        }
    }
}

type CouldNot = Box<dyn std::error::Error>;

/// What was taken, or everything that is wrong with the file.
async fn import(subject: Subject, source: &Source) -> Result<Result<Value, Vec<ImportError>>, CouldNot> {
    let config = Config::load(&source.config)?;
    let bytes = std::fs::read(&source.file).map_err(|error| unreadable(&source.file, &error))?;
    let name = source.file.display().to_string();
    let format = Format::of(&name).ok_or("the file's name must end in .csv or .json")?;
    let store = connect(config.database.url.expose_secret(), 1).await?;
    let known = Known::of(&*store, check_digits(&config)).await?;
    let file = File { name: &name, bytes: &bytes, format };
    Ok(match subject {
        Subject::Agencies => match import::read_agencies(&file, &known) {
            Ok(book) => Ok(taken(source, store.import_agencies(&book), book.agencies.len()).await?),
            Err(errors) => Err(errors),
        },
        Subject::Users => match import::read_users(&file, &known) {
            Ok(users) => Ok(taken(source, store.import_users(&users), users.len()).await?),
            Err(errors) => Err(errors),
        },
        Subject::Cases { as_of } => match import::read_cases(&file, &known) {
            Ok(read) => {
                let as_of = spoken(as_of.as_deref(), &source.file)?;
                let feed = store.feed_cases(&read.source, as_of, &read.cases);
                Ok(taken(source, feed, read.cases.len()).await?)
            }
            Err(errors) => Err(errors),
        },
        Subject::Acts => match import::read_acts(&file) {
            Ok(acts) => Ok(taken(source, store.import_acts(&acts), acts.len()).await?),
            Err(errors) => Err(errors),
        },
        Subject::Debtors => match import::read_debtors(&file, known.check_digits) {
            Ok(debtors) => Ok(taken(source, store.import_debtors(&debtors), debtors.len()).await?),
            Err(errors) => Err(errors),
        },
        Subject::Registries => match import::read_registries(&file, judge) {
            Ok(entries) => match fits(&store, &entries).await? {
                Ok(()) => Ok(taken(source, store.import_registries(&entries), entries.len()).await?),
                Err(why) => return Err(why.into()),
            },
            Err(errors) => Err(errors),
        },
    })
}

/// The instant a file of cases speaks of. A file of last week imported now is no fresher for it (SLS 16-2(3)¶2).
fn spoken(as_of: Option<&str>, file: &Path) -> Result<Millis, CouldNot> {
    let now = SystemClock.now();
    let spoken = match as_of {
        Some(text) => document::instant(text).ok_or("--as-of must be an RFC 3339 date-time")?,
        None => {
            let changed = std::fs::metadata(file)?.modified()?.duration_since(SystemTime::UNIX_EPOCH)?;
            Millis(i64::try_from(changed.as_millis())?)
        }
    };
    match spoken > now.plus_seconds(MAX_AHEAD) {
        true => Err(format!("the file speaks of {}; it is {}", spoken.rfc3339(), now.rfc3339()).into()),
        false => Ok(spoken),
    }
}

/// Takes what was checked, unless only checking was asked for.
async fn taken<T: serde::Serialize>(
    source: &Source,
    taking: impl Future<Output = Result<T, StoreError>>,
    count: usize,
) -> Result<Value, CouldNot> {
    match source.check {
        true => Ok(json!({ "correct": count })),
        false => Ok(json!(taking.await?)),
    }
}

/// Test authorities issue certificates to persons whose numbers carry wrong check digits; their profile says so.
fn check_digits(config: &Config) -> CheckDigits {
    match config.trust.profile.as_str() {
        "national-test" => CheckDigits::Waived,
        _ => CheckDigits::Required,
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> CouldNot {
    format!("cannot read {}: {}", file.display(), error.kind()).into()
}

/// Judges one listing by itself.
fn judge(text: &str) -> Result<(String, String), Unlisted> {
    let wrong = |error: &dyn std::error::Error| Unlisted {
        line: 1,
        field: String::new(),
        found: error.to_string(),
        expected: "a listing as docs/registries.md describes it".to_owned(),
    };
    let listing = Catalogue::parse_listings(text).map_err(|error| wrong(&error))?.pop();
    let listing: Listing = listing.ok_or_else(|| wrong(&std::fmt::Error))?;
    let law = policy::Catalogue::of_the_law().map_err(|error| wrong(&error))?;
    if let Some(laxity) = listing.laxity(&law) {
        return Err(laxity::unlisted(text, &laxity));
    }
    let canonical = serde_json::to_string(&listing).map_err(|error| wrong(&error))?;
    Catalogue::compile([listing.clone()]).map_err(|error| wrong(&error))?;
    Ok((listing.code, canonical))
}

/// Whether the listings fit the others that stay: no two may share an audience.
async fn fits(store: &Arc<dyn Store>, entries: &[(String, String)]) -> Result<Result<(), String>, CouldNot> {
    let (_, mut all) = store.catalogue().await?;
    all.retain(|(code, _)| entries.iter().all(|(new, _)| new != code));
    all.extend(entries.iter().cloned());
    let loaded = Catalogue::load(all.iter().map(|(code, text)| (code.as_str(), text.as_str())));
    Ok(loaded.map(|_| ()).map_err(|error| error.to_string()))
}

fn words(taken: &Value) -> String {
    let members = taken.as_object().into_iter().flatten();
    let words: Vec<String> = members.map(|(name, count)| format!("{name} {count}")).collect();
    words.join(", ")
}

#[expect(clippy::print_stderr, reason = "a command's errors go to the person who ran it")]
fn wrong(errors: &[ImportError], as_json: bool) -> ExitCode {
    if as_json {
        let errors: Vec<Value> = errors
            .iter()
            .map(|error| {
                json!({ "file": error.file, "line": error.line, "field": error.field, "found": error.found, "expected": error.expected })
            })
            .collect();
        say(json!({ "errors": errors }));
    } else {
        for error in errors {
            eprintln!("{error}");
        }
        eprintln!("negiz: {} error(s); nothing was changed", errors.len());
    }
    ExitCode::from(REFUSED)
}
