//! `negiz-bench growth`: the same request while cases, users, agencies and the log grow.
//!
//! Rows go in by SQL, past the gateway, except the log: its entries are appended to the very log the measured node goes on
//! writing, hashed into its tree, so that proofs get longer as they would.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use evidence::{LogSigner, NodeHash, Tree};
use gateway::clock::Millis;
use gateway::config::Config;
use gateway::entry::{Batch, Kind, StoredEntry};
use gateway::keys::Keys;
use gateway::store::{Store, StoreError, connect};
use secrecy::ExposeSecret as _;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::compare::tempdir;
use crate::country::Country;
use crate::crowd::{self, iin_sql, number_sql};
use crate::peer::{self, Peer};
use crate::plot;
use crate::scenario::{self, Scenario};
use crate::sheaf::Sheaf;
use crate::{Fault, cpu, report};

/// `negiz-bench growth`.
#[derive(Debug, Args)]
pub(crate) struct Growth {
    /// Steps of tenfold growth: the fourth has 10 million cases, a million users, 10,000 agencies, 10 million entries.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=4))]
    steps: u32,
    /// How often each step is measured.
    #[arg(long, default_value_t = 5)]
    repeats: usize,
    /// Requests of one measurement.
    #[arg(long, default_value_t = 6_000)]
    requests: usize,
    /// No step is begun after so many minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
    /// On PostgreSQL instead of SQLite.
    #[arg(long)]
    postgres: bool,
    /// The plot and its table as `FILE.svg` and `FILE.md`.
    #[arg(long, default_value = "target/performance-growth", value_name = "FILE")]
    report: PathBuf,
}

/// How much there is.
#[derive(Clone, Copy, Debug)]
struct Size {
    cases: u64,
    users: u64,
    agencies: u64,
    entries: u64,
}

impl Size {
    const fn step(step: u32) -> Self {
        let factor = 10_u64.pow(step);
        // The first step is an empty log.
        let entries = if step == 0 { 0 } else { 10_000 * factor };
        let users = 1_000 * factor;
        Self { cases: crowd::EACH * users, users, agencies: 10 * factor, entries }
    }

    fn name(&self) -> String {
        let Self { cases, users, agencies, entries } = self;
        format!("{cases} cases, {users} users, {agencies} agencies, {entries} entries")
    }
}

const NODE: &str = "b";

impl Growth {
    pub(crate) async fn run(self, negiz: &Path) -> Result<(), Fault> {
        let work = tempdir()?;
        let database = if self.postgres { Some(peer::database().await?) } else { None };
        let owner = database.as_ref().map(|database| database.owner.as_str());
        let country = Country::found(negiz, &work, owner).await?;
        let file = country.configure(NODE)?;
        let config = Config::load(&file.path)?;
        let store = connect(config.database.url.expose_secret(), 4).await?;
        let mut steps = Vec::new();
        let begun = Instant::now();
        for step in 0..self.steps {
            if begun.elapsed() > Duration::from_secs(self.minutes * 60) {
                println!("{} minutes are over; what was measured so far:", self.minutes);
                break;
            }
            let size = Size::step(step);
            println!("growing to {}", size.name());
            let police = &country.manifest.agency("police").bin;
            fill(config.database.url.expose_secret(), police, size).await?;
            let log = Keys::read(&config)?.log;
            lengthen(store.as_ref(), &log, size.entries).await?;
            registered(&config, log.origin(), size.entries).await?;
            let administrator = database.as_ref().map(|database| database.administrator.as_str());
            settle(administrator.unwrap_or(config.database.url.expose_secret())).await?;
            steps.push((size, self.measure(&country, size).await?));
        }
        country.stop().await?;
        std::fs::remove_dir_all(&work)?;
        self.tell(&steps)
    }

    async fn measure(&self, country: &Country, size: Size) -> Result<Scenario, Fault> {
        let gateway = country.gateway(NODE).await?;
        let server = if self.postgres { Some(cpu::descendant("postgres")?) } else { None };
        let peer = Peer::negiz(country, gateway, server)?;
        let mut scenario = scenario::plain(self.requests);
        let sheaf = Sheaf::new(&country.directory, &country.manifest, &scenario.hand)?
            .of_many(&country.directory, size.cases)?;
        for _ in 0..self.repeats {
            scenario.measure(&peer, &sheaf).await?;
        }
        println!("{} µs CPU per request: {}", scenario.spread(|it| it.cpu)?, report::parts(&scenario)?);
        peer.stop().await?;
        Ok(scenario)
    }

    fn tell(&self, steps: &[(Size, Scenario)]) -> Result<(), Fault> {
        let mut rows = Vec::new();
        let mut text = String::from("| | CPU per request, µs | of which | p50, ms |\n|---|---|---|---|\n");
        for (size, scenario) in steps {
            let (cpu, p50) = (scenario.spread(|it| it.cpu)?, scenario.spread(|it| it.p50)?);
            text.push_str(&format!("| {} | {cpu} | {} | {p50} |\n", size.name(), report::parts(scenario)?));
            rows.push((format!("Negiz, {} cases …", size.cases), cpu));
        }
        let title = format!(
            "CPU per request as everything grows, {}",
            if self.postgres { "PostgreSQL" } else { "SQLite" }
        );
        std::fs::write(self.report.with_extension("svg"), plot::bars(&title, "µs", &rows))?;
        std::fs::write(self.report.with_extension("md"), &text)?;
        println!("{text}");
        Ok(())
    }
}

/// Numbers `from..to` as a table, on either database.
fn series(from: u64, to: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})")
}

/// Agencies, users and cases up to `size`; what is there stays.
async fn fill(url: &str, police: &str, size: Size) -> Result<(), Fault> {
    let statements = [
        format!(
            "{} INSERT INTO agencies (bin, code, name, kind, state)
             SELECT {bin}, 'agency-' || CAST(i AS text), 'Agency', 'internal-affairs', 'active' FROM n WHERE true ON CONFLICT DO NOTHING",
            series(0, size.agencies),
            bin = number_sql("99", "i", 10),
        ),
        format!(
            "{} INSERT INTO users (iin, agency, name, role, grounds, state, since, until)
             SELECT {iin}, '{police}', 'Somebody', 'investigator', 'criminal-case', 'active', 0, NULL FROM n WHERE true
             ON CONFLICT DO NOTHING",
            series(0, size.users),
            iin = iin_sql("i"),
        ),
        format!(
            "{} INSERT INTO cases (number, kind, source, status, agency, holders, version)
             SELECT {case}, 'criminal', 'case-register', 'open', '{police}', {iin}, 1 FROM n WHERE true
             ON CONFLICT DO NOTHING",
            series(0, size.cases),
            case = number_sql("99", "i", 13),
            iin = iin_sql(&format!("i/{}", crowd::EACH)),
        ),
    ];
    for statement in statements {
        let statement = sqlx::AssertSqlSafe(statement);
        if let Some(file) = url.strip_prefix("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite:{file}")).await?;
            sqlx::query(statement).execute(&mut connection).await?;
        } else {
            let mut connection = sqlx::PgConnection::connect(url).await?;
            sqlx::query(statement).execute(&mut connection).await?;
        }
    }
    Ok(())
}

/// Takes the filled entries as indexed and streamed: the gateway would be busy with them while requests are measured.
async fn registered(config: &Config, origin: &str, size: u64) -> Result<(), Fault> {
    const INDEXED: &str = "INSERT INTO register_logs (origin, next) VALUES ($1, $2)
        ON CONFLICT (origin) DO UPDATE SET next = excluded.next WHERE register_logs.next < excluded.next";
    const STREAMED: &str = "INSERT INTO stream_cursors (origin, next, stream) VALUES ($1, $2, $3)
        ON CONFLICT (stream, origin) DO UPDATE SET next = excluded.next WHERE stream_cursors.next < excluded.next";
    let (url, size) = (config.database.url.expose_secret(), i64::try_from(size)?);
    let streams = config.streams.iter().map(|stream| (STREAMED, Some(stream.name.as_str())));
    for (statement, stream) in std::iter::once((INDEXED, None)).chain(streams) {
        if url.starts_with("sqlite:") {
            let mut connection = sqlx::SqliteConnection::connect(url).await?;
            let bound = sqlx::query(statement).bind(origin).bind(size);
            stream.iter().fold(bound, |bound, stream| bound.bind(*stream)).execute(&mut connection).await?;
        } else {
            let mut connection = sqlx::PgConnection::connect(url).await?;
            let bound = sqlx::query(statement).bind(origin).bind(size);
            stream.iter().fold(bound, |bound, stream| bound.bind(*stream)).execute(&mut connection).await?;
        }
    }
    Ok(())
}

/// What a database does for itself in time, and would be busy with while requests are measured.
async fn settle(url: &str) -> Result<(), Fault> {
    if url.starts_with("sqlite:") {
        sqlx::query("ANALYZE").execute(&mut sqlx::SqliteConnection::connect(url).await?).await?;
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        sqlx::query("VACUUM ANALYZE").execute(&mut connection).await?;
        sqlx::query("CHECKPOINT").execute(&mut connection).await?;
    }
    Ok(())
}

/// Entries of one batch while filling: as many as a gateway writes at most.
const BATCH: usize = 256;

/// Appends to the node's log until it has `size` entries.
async fn lengthen(store: &dyn Store, signer: &LogSigner, size: u64) -> Result<(), Fault> {
    let origin = signer.origin().to_owned();
    let mut tree = restore(store, &origin).await?;
    while tree.size() < size {
        let missing = usize::try_from(size - tree.size())?.min(BATCH);
        let leaves = vec![NodeHash::of_leaf(b"filled"); missing];
        let appended = tree.append(&leaves)?;
        let head = appended.head();
        let checkpoint = signer.sign(&head)?.to_string();
        let batch = Batch {
            before: tree.size(),
            entries: (tree.size()..head.size).map(entry).map(std::sync::Arc::new).collect(),
            nodes: appended.nodes().iter().map(|(index, hash)| (*index, *hash.as_bytes())).collect(),
            head: gateway::entry::Head { size: head.size, root: *head.root.as_bytes(), checkpoint },
            effects: Vec::new(),
        };
        store.append(&origin, &[], Box::new(move |_| Ok::<_, StoreError>(batch.clone()))).await?;
        tree = appended.tree();
    }
    Ok(())
}

async fn restore(store: &dyn Store, origin: &str) -> Result<Tree, Fault> {
    let Some(head) = store.head(origin).await? else { return Ok(Tree::new()) };
    let wanted = Tree::edge(head.size);
    let found = store.nodes(origin, &wanted).await?;
    let nodes: std::collections::BTreeMap<u64, NodeHash> =
        wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
    let tree = Tree::restore(head.size, &nodes)?;
    Ok(tree)
}

/// A refusal of nobody in particular, smaller than real ones.
fn entry(index: u64) -> StoredEntry {
    StoredEntry {
        index,
        kind: Kind::Refusal,
        at: Millis(1_000),
        request: Some(Uuid::new_v4()),
        agency: None,
        code: Some("filled".to_owned()),
        grant: None,
        leaf: b"filled".to_vec(),
        content: vec![0; 200],
        case_ref: None,
    }
}
