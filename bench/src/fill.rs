//! What a country has after years: rows by SQL, past the gateway, except the log. Its entries are appended to the very log that the
//! measured node goes on writing, hashed into its tree, so that proofs get longer as they would.

use evidence::{LogSigner, NodeHash, Tree};
use gateway::clock::Millis;
use gateway::config::Config;
use gateway::entry::{Batch, Kind, StoredEntry};
use gateway::store::{Store, StoreError};
use secrecy::ExposeSecret as _;
use sqlx::Connection as _;
use uuid::Uuid;

use crate::Fault;
use crate::country::Country;
use crate::crowd::{EACH, iin_sql, number_sql};

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) cases: u64,
    pub(crate) users: u64,
    pub(crate) agencies: u64,
    pub(crate) entries: u64,
}

impl Size {
    /// The first is a town, the fourth a country of many years.
    pub(crate) const fn step(step: u32) -> Self {
        let factor = 10_u64.pow(step);
        // The first step is an empty log.
        let entries = if step == 0 { 0 } else { 10_000 * factor };
        let users = 1_000 * factor;
        Self { cases: EACH * users, users, agencies: 10 * factor, entries }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cases, users, agencies, entries } = self;
        write!(f, "{cases} cases, {users} users, {agencies} agencies, {entries} entries")
    }
}

/// Does one statement.
async fn execute(url: &str, statement: &str) -> Result<(), Fault> {
    let statement = sqlx::AssertSqlSafe(statement.to_owned());
    if url.starts_with("sqlite:") {
        sqlx::query(statement).execute(&mut sqlx::SqliteConnection::connect(url).await?).await?;
    } else {
        sqlx::query(statement).execute(&mut sqlx::PgConnection::connect(url).await?).await?;
    }
    Ok(())
}

/// What a country has in its own database.
pub(crate) async fn of(it: &Country, size: Size) -> Result<(), Fault> {
    let config = Config::load(&it.directory.join("negiz.toml"))?;
    country(config.database.url.expose_secret(), &it.manifest.agency("police").bin, size).await
}

/// Numbers `from..to` as a table, on either database.
fn series(from: u64, to: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {to})")
}

/// Agencies, users and cases up to `size`; what is there stays.
pub(crate) async fn country(url: &str, police: &str, size: Size) -> Result<(), Fault> {
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
            iin = iin_sql(&format!("i/{EACH}")),
        ),
    ];
    for statement in statements {
        execute(url, &statement).await?;
    }
    Ok(())
}

/// Takes the filled entries as indexed and streamed: the gateway would be busy with them while requests are measured. In the register
/// each is of an officer, a person, a case and an id of its own, as they lie in its indexes at random.
async fn registered(config: &Config, origin: &str, (from, to): (u64, u64)) -> Result<(), Fault> {
    let url = config.database.url.expose_secret();
    let random = if url.starts_with("sqlite:") { "randomblob(16)" } else { "gen_random_uuid()" };
    let mut statements = vec![
        format!(
            "INSERT INTO register_logs (origin, next) VALUES ('{origin}', {to})
             ON CONFLICT (origin) DO UPDATE SET next = excluded.next WHERE register_logs.next < excluded.next"
        ),
        format!(
            "{} INSERT INTO register (place, at, outcome, track, request, officer, subject, case_key, agency, registry, operation)
             SELECT number * 281474976710656 + i, 1000 + i, 1, 0, {random}, {random}, {random}, {random}, {agency}, 'population', 'person-by-iin'
             FROM n, register_logs WHERE origin = '{origin}' ON CONFLICT DO NOTHING",
            series(from, to),
            agency = number_sql("99", "i % 10000", 10),
        ),
    ];
    statements.extend(config.streams.iter().map(|stream| {
        format!(
            "INSERT INTO stream_cursors (origin, next, stream) VALUES ('{origin}', {to}, '{}')
             ON CONFLICT (stream, origin) DO UPDATE SET next = excluded.next WHERE stream_cursors.next < excluded.next",
            stream.name
        )
    }));
    for statement in statements {
        execute(url, &statement).await?;
    }
    Ok(())
}

/// What a database does for itself in time, and would be busy with while requests are measured.
pub(crate) async fn settle(url: &str) -> Result<(), Fault> {
    let statements: &[&str] =
        if url.starts_with("sqlite:") { &["ANALYZE"] } else { &["VACUUM ANALYZE", "CHECKPOINT"] };
    for statement in statements {
        execute(url, statement).await?;
    }
    Ok(())
}

/// Entries of one batch while filling: as many as a gateway writes at most.
const BATCH: usize = 256;

/// Appends to the node's log until it has `size` entries.
pub(crate) async fn log(
    config: &Config,
    store: &dyn Store,
    signer: &LogSigner,
    size: u64,
) -> Result<(), Fault> {
    let origin = signer.origin().to_owned();
    let mut tree = restore(store, &origin).await?;
    let before = tree.size();
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
    if before < size { registered(config, &origin, (before, size)).await } else { Ok(()) }
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
