//! `negiz-bench fsck`: a journal as the gateway writes it, what writing it costs, the room it takes, and how long the check of the whole log does.
//!
//! One request is really asked and answered. What its grant and its answer state is then recorded over and over through the
//! journal itself, each time of another request, officer and case: sealed, committed to, claimed, hashed into the tree.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use certs::Iin;
use certs::relied::{Item, ItemDigest, ItemKind};
use clap::Args;
use evidence::Digest;
use evidence::statement::{Role, Statement};
use gateway::clock::{Clock, SystemClock};
use gateway::commitment::Commitments;
use gateway::config::Config;
use gateway::declined::{About, Stage};
use gateway::entry::Kind;
use gateway::facts::StatedFacts;
use gateway::journal::kept::Kept;
use gateway::journal::{Enter, Happened, Journal, Writer};
use gateway::keys::Keys;
use gateway::paper::Paper;
use gateway::store::connect;
use secrecy::ExposeSecret as _;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::compare::tempdir;
use crate::country::Country;
use crate::load::{Crew, Form, Pace, Target};
use crate::sheaf::{Cited, Envelope, Hand, Sheaf};
use crate::tls::Offer;
use crate::{Fault, cpu, peer};

/// `negiz-bench fsck`.
#[derive(Debug, Args)]
pub(crate) struct Fsck {
    /// Entries of the log: two for each request.
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// How often the whole log is checked.
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// On PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
}

/// Requests of one case, as rough as it is: a key is made for each.
const OF_ONE_CASE: u64 = 25;
const OFFICERS: u64 = 20_000;
/// Requests in flight while the journal is filled.
const IN_FLIGHT: u64 = 512;

impl Fsck {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let work = tempdir()?;
        let database = if self.postgres { Some(peer::database().await?.owner) } else { None };
        let country = Country::found(negiz, &work, database.as_deref()).await?;
        let model = Arc::new(ask_once(&country).await?);
        let configured = country.configure("filled")?;
        let config = Config::load(&configured.path)?;
        let url = config.database.url.expose_secret();
        let before = room(url).await?;
        let (took, used) = fill(&config, &model, self.entries / 2).await?;
        let requests = (self.entries / 2) as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests;
        println!(
            "{requests} requests recorded in {:.0} s, {:.0} µs CPU each (database outside this process not counted)",
            took.as_secs_f64(),
            each(used)
        );
        let grown = room(url).await?.saturating_sub(before) as f64;
        println!("{:.0} bytes a request, {:.2} GB in all", grown / requests, grown / 1e9);
        for _ in 0..self.repeats {
            check(negiz, &configured.path).await?;
        }
        country.stop().await?;
        Ok(std::fs::remove_dir_all(&work)?)
    }
}

/// What a request's grant states, to be stated of others.
struct Model {
    statement: Statement,
    facts: StatedFacts,
    papers: Vec<Paper>,
}

/// Asks once, and reads what the log keeps of it.
async fn ask_once(country: &Country) -> Result<Model, Fault> {
    let gateway = country.gateway("asked").await?;
    let hand = Hand { officer: "akhmetov".to_owned(), envelope: Envelope::Jws, cited: Cited::Open };
    let sheaf = Sheaf::new(&country.directory, &country.manifest, &hand)?;
    let form = Form::Body { path: "/v1/requests", media_type: Envelope::Jws.media_type() };
    let target = Target { place: gateway.exchange, tls: country.tls(Offer::Preferred)?, form };
    Crew::connect(&target, 1).await?.send(sheaf.sign(1)?, Pace::Closed).await?.expect(200)?;
    gateway.process.stop().await?;
    let config = Config::load(&country.configure("asked")?.path)?;
    let store = connect(config.database.url.expose_secret(), 2).await?;
    let vault = Keys::read(&config)?.vault(Arc::clone(&store))?;
    let entries = store.entries(&config.origin(), 0, 2).await?;
    let grant = entries.iter().find(|entry| entry.kind == Kind::Grant).ok_or("nothing was granted")?;
    let case = grant.case_ref.ok_or("a grant without content")?;
    let kept = Kept::from_bytes(&vault.open(&case, &grant.content, SystemClock.now()).await?)?;
    let statement = kept.read()?;
    let mut papers = Vec::new();
    for item in &statement.items {
        papers.push(match kept.document(&item.digest) {
            Some(bytes) => Paper::personal(item.role, item.media_type.clone().leak(), bytes.to_vec().into()),
            None => {
                let bytes = store.document(item.digest.as_bytes()).await?.ok_or("a document is missing")?;
                let kind = match item.role {
                    Role::Crl => ItemKind::Crl,
                    Role::Ocsp => ItemKind::Ocsp,
                    _ => ItemKind::Certificate,
                };
                let item = Item::kept(kind, ItemDigest::of(&bytes), bytes.into());
                Paper::relied(&item, &[0; 32])
            }
        });
    }
    let facts = statement.facts.iter().map(|(name, fact)| (name.clone(), fact)).collect();
    Ok(Model { statement, facts, papers })
}

/// Something to record that is no step of a request.
#[derive(Debug)]
struct Sample {
    happened: Happened,
    about: About,
}

impl Stage for Sample {
    fn about(&self) -> About {
        self.about.clone()
    }
}

impl Enter for Sample {
    fn happened(&self) -> Happened {
        self.happened.clone()
    }
}

impl Model {
    /// The grant of request `number` of so many. Those of one case are far apart, as they are in a country.
    fn grant(&self, number: u64, requests: u64) -> Result<Sample, Fault> {
        let Statement { policy, reasons, .. } = &self.statement;
        let signer = Iin::parse_unchecked_digit(&format!("{:012}", number % OFFICERS))?;
        let about = About {
            request: Some(Uuid::new_v4()),
            digest: Some(*Digest::of(&number.to_be_bytes()).as_bytes()),
            agency: Some("940740000003".parse()?),
            signer: Some(signer),
            case: Some(("criminal".to_owned(), format!("{:015}", number % requests.div_ceil(OF_ONE_CASE)))),
            policy: policy.map(|policy| *policy.as_bytes()),
            facts: self.facts.clone(),
            reasons: reasons.clone(),
            papers: self.papers.clone(),
            ..About::default()
        };
        Ok(Sample { happened: Happened::Granted, about })
    }
}

/// Records so many requests. Gives the time that took, and the time of this process.
async fn fill(config: &Config, model: &Arc<Model>, requests: u64) -> Result<(Duration, Duration), Fault> {
    let store = connect(config.database.url.expose_secret(), 8).await?;
    let keys = Keys::read(config)?;
    let commitments = Arc::new(Commitments::new(&keys.commitments).ok_or("the commitments key")?);
    let vault = Arc::new(keys.vault(Arc::clone(&store))?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut writer = Writer::new(store, Arc::new(keys.log), Arc::clone(&clock));
    writer.resume().await?;
    let (journal, writing) = Journal::open(writer, clock, vault, commitments);
    let (journal, next) = (Arc::new(journal), Arc::new(AtomicU64::new(0)));
    let (begun, before) = (Instant::now(), cpu::own());
    let mut tasks = Vec::new();
    for _ in 0..IN_FLIGHT {
        let (journal, next, model) = (Arc::clone(&journal), Arc::clone(&next), Arc::clone(model));
        tasks.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests {
                    return Ok::<_, Fault>(());
                }
                record(&journal, model.grant(number, requests)?, number).await?;
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    drop(journal);
    writing.await?;
    Ok((begun.elapsed(), cpu::own().saturating_sub(before)))
}

async fn record(journal: &Journal, grant: Sample, number: u64) -> Result<(), Fault> {
    let refused = |declined: gateway::declined::Declined| Fault::from(declined.refusal.detail);
    let (sample, granted) = journal.record(grant).await.map_err(refused)?.into_parts();
    let About { request, digest, agency, case, .. } = sample.about;
    let about = About { request, digest, agency, case, grant: Some(granted.index), ..About::default() };
    let happened = Happened::Answered { answer: Digest::of(&number.to_le_bytes()) };
    journal.record(Sample { happened, about }).await.map(drop).map_err(refused)
}

/// Bytes that the database takes on the disk.
async fn room(url: &str) -> Result<u64, Fault> {
    if let Some(file) = url.strip_prefix("sqlite:") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
        return Ok(std::fs::metadata(file)?.len());
    }
    let mut connection = sqlx::PgConnection::connect(url).await?;
    let size: i64 =
        sqlx::query_scalar("SELECT pg_database_size(current_database())").fetch_one(&mut connection).await?;
    Ok(u64::try_from(size)?)
}

/// Checks the log as an operator does.
async fn check(negiz: &Path, config: &Path) -> Result<(), Fault> {
    let mut command = tokio::process::Command::new(negiz);
    command.args(["log", "fsck", "--offline", "--config"]).arg(config);
    let begun = Instant::now();
    let output = command.output().await?;
    let took = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("log fsck: {took:.1} s: {}", said.lines().last().unwrap_or_default());
    if !output.status.success() {
        return Err(format!("the log does not verify: {said}").into());
    }
    Ok(())
}
