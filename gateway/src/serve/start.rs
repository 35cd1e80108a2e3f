//! Putting a node together.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::acts::Acts;
use crate::admin;
use crate::admission::Admission;
use crate::authorities::{Authorities, AuthoritiesError};
use crate::cases::Cases;
use crate::cases::live::{LiveSource, SourceError};
use crate::catalogue::{Catalogue, CatalogueError};
use crate::channel::Channels;
use crate::clients::{Clients, ClientsError};
use crate::clock::Clock;
use crate::commitment::Commitments;
use crate::config::{Config, Limits, Listen};
use crate::console::{self, Console};
use crate::destruction::Destroyer;
use crate::document::Rules;
use crate::exchange::Exchange;
use crate::journal::{Journal, WriteError};
use crate::keys::{Keys, KeysError, Roster};
use crate::listener::tls::TlsError;
use crate::listener::{BindError, Drain, Drained, Listener, tls};
use crate::matrices::{Matrices, MatricesError};
use crate::outbox::{DeliveryError, Drivers};
use crate::oversight::{self, Oversight};
use crate::policies::{self, PoliciesError};
use crate::register::{Indexer, Keyring};
use crate::registries::ask::RegistryClient;
use crate::registries::token::TokenSigner;
use crate::registries::{Catalogues, Registries};
use crate::replica::{CaseSource, SourceMode};
use crate::resolutions::Resolutions;
use crate::routes::{self, Shared};
use crate::seal::Seal;
use crate::serve::beside::Unfetched;
use crate::serve::opening::{clerk, open_journal};
use crate::serve::reload::Reload;
use crate::serve::{Node, beside, checks};
use crate::store::{self, HoldError, OpenError, Store, StoreError, connect};
use crate::support::Supports;
use crate::tls_identity::{TlsIdentity, TlsIdentityError};
use crate::trust::Trust;
use crate::upstream::{Upstream, UpstreamError};
use crate::users::Users;
use crate::vault::{Vault, VaultError};
use crate::witnesses::{Standing, WitnessesError};

/// Why a node cannot start. Each is one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Hold(#[from] HoldError),
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    #[error(transparent)]
    Clients(#[from] ClientsError),
    #[error("the catalogue of registries: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Policy(#[from] PoliciesError),
    #[error(transparent)]
    Matrices(#[from] MatricesError),
    #[error("the journal: {0}")]
    Journal(#[from] WriteError),
    #[error(transparent)]
    Witnesses(#[from] WitnessesError),
    #[error(transparent)]
    Quorum(#[from] crate::config::WitnessesError),
    #[error("keys.master: {0}")]
    Vault(#[from] VaultError),
    #[error(transparent)]
    CaseSource(#[from] SourceError),
    #[error("upstream: {0}")]
    Upstream(#[from] UpstreamError),
    #[error("upstream.ca: {0}: expected certificates in PEM")]
    UpstreamFile(String),
    #[error(transparent)]
    UpstreamIdentity(#[from] TlsIdentityError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("time_stamps.url is no address")]
    TimeStamps,
    #[error("notify: {0}")]
    Notify(#[from] DeliveryError),
}

/// What a node is made of before anything listens.
pub(super) struct Parts {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) commitments: Arc<Commitments>,
    pub(super) vault: Arc<Vault>,
    pub(super) catalogues: Arc<Catalogues>,
    pub(super) acts: Arc<Acts>,
    pub(super) upstream: Upstream,
    pub(super) admission: Arc<Admission>,
    pub(super) authorities: Arc<Authorities>,
    pub(super) trust: Arc<Trust>,
    pub(super) clients: Arc<Clients>,
    pub(super) client: Arc<RegistryClient>,
    pub(super) keys: Arc<routes::Keys>,
    /// Version of the catalogue that was loaded.
    pub(super) in_force: i64,
    pub(super) resolutions: Arc<Resolutions>,
    pub(super) drivers: Arc<Drivers>,
    pub(super) standing: Arc<Standing>,
    pub(super) matrices: Arc<Matrices>,
}

/// Starts a node.
///
/// # Errors
/// [`StartError`]; nothing listens then.
pub async fn start(config: &Config, clock: Arc<dyn Clock>) -> Result<Node, StartError> {
    let keys = Keys::read(config)?;
    // Addresses first: a port in use is found before anything else is touched.
    let exchange = Listener::bind("exchange", config.exchange.listen).await?;
    let console = Listener::bind("console", config.console.listen).await?;
    let admin = Listener::bind("admin", config.admin.listen).await?;
    let exchange_tls = swappable("exchange", &config.exchange, &keys.roster)?;
    let console_tls = swappable("console", &config.console, &keys.roster)?;
    let store = connect(config.database.url.expose_secret(), config.database.max_connections.get()).await?;
    let hold = store::hold(config.database.url.expose_secret(), &config.origin()).await?;
    let (parts, roster) = (parts(config, &keys, store, clock).await?, keys.roster.clone());
    let (signers, clients) =
        tokio::join!(parts.authorities.refresh(&parts.trust), parts.clients.lists().refresh());
    let unfetched = Unfetched { signers, clients };
    let (journal, writing, watched) = open_journal(config, &parts, keys.log).await?;
    let journal = journal.signing_with(roster.clone());
    let shared = shared(config, &parts, journal, keys.receipt).await?;
    let drain = Drain::default();
    let addresses = (exchange.address(), console.address(), admin.address());
    let overseen = Oversight {
        exchange: Arc::clone(&shared.exchange),
        store: Arc::clone(&parts.store),
        resolutions: Arc::clone(&parts.resolutions),
        commitments: Arc::clone(&parts.commitments),
        matrices: Arc::clone(&parts.matrices),
    };
    let console_router = console::router(Console::of(shared.clone()));
    let console_router = oversight::router(overseen).merge(console_router);
    let background = beside::start(config, &parts, &shared, unfetched, &roster)?;
    let checks = checks::all(&parts, &shared.exchange, watched, &roster);
    let serving = vec![
        serve(exchange, routes::router(shared), Arc::clone(&exchange_tls), &config.exchange, &drain),
        serve(console, console_router, Arc::clone(&console_tls), &config.console, &drain),
        serve_admin(admin, admin::router(checks, drain.signal()), &drain),
    ];
    let reload = Reload {
        exchange: exchange_tls,
        console: console_tls,
        upstream: parts.upstream.clone(),
        authorities: Arc::clone(&parts.authorities),
        trust: Arc::clone(&parts.trust),
        matrices: Arc::clone(&parts.matrices),
        clients: Arc::clone(&parts.clients),
        roster,
        started: config.clone(),
    };
    let (exchange, console, admin): (SocketAddr, SocketAddr, SocketAddr) = addresses;
    Ok(Node {
        exchange,
        console,
        admin,
        keys: parts.keys,
        drain,
        serving,
        background,
        journal: writing,
        reload,
        hold,
    })
}

async fn parts(
    config: &Config,
    keys: &Keys,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
) -> Result<Parts, StartError> {
    let sources: Vec<CaseSource> = config.case_sources.iter().map(CaseSource::from).collect();
    store.put_case_sources(&sources).await?;
    let (in_force, entries) = store.catalogue().await?;
    let catalogue = Catalogue::load(entries.iter().map(|(code, text)| (code.as_str(), text.as_str())))?;
    let authorities = Arc::new(Authorities::open(&config.trust, Arc::clone(&clock))?);
    let upstream = upstream_on(config, &keys.roster)?;
    let signer = TokenSigner::new(&config.deployment.name, &keys.grant.kid(), Arc::clone(&keys.grant));
    let commitments = Commitments::new(&keys.commitments).ok_or(VaultError::MasterKey)?;
    let admission = Admission::new(config.exchange.limits.requests_per_agency.get(), &config.rates);
    let vault = keys.vault(Arc::clone(&store))?;
    let public =
        routes::Keys { jwks: keys.published().to_string(), log_vkey: keys.log.verifier().to_string() };
    let drivers = Drivers::new(&config.notify, &upstream)?;
    let (set, demand) = (policies::read_set(&config.policy)?, policies::demand(&config.policy));
    let matrices = Matrices::begin(set, demand, Arc::clone(&store), Arc::clone(&clock)).await?;
    Ok(Parts {
        vault: Arc::new(vault),
        resolutions: Arc::new(Resolutions::load(&*store).await?),
        drivers: Arc::new(drivers),
        matrices: Arc::new(matrices),
        commitments: Arc::new(commitments),
        catalogues: Arc::new(Catalogues::new(catalogue)),
        acts: Arc::new(Acts::new(store.acts().await?)),
        admission: Arc::new(admission),
        clients: Arc::new(Clients::open(config, Arc::clone(&clock))?),
        trust: Arc::new(Trust::asking(authorities.verifier(), Arc::clone(&authorities))),
        client: Arc::new(RegistryClient::new(upstream.clone(), signer, Arc::clone(&clock))),
        keys: Arc::new(public),
        in_force,
        standing: Arc::new(Standing::new(config.witnesses.quorum()?)),
        authorities,
        upstream,
        store,
        clock,
    })
}

async fn shared(
    config: &Config,
    parts: &Parts,
    journal: Journal,
    receipts: evidence::ReceiptSigner,
) -> Result<Shared, StartError> {
    let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
    let (commitments, admission) = (Arc::clone(&parts.commitments), Arc::clone(&parts.admission));
    let sources: Vec<CaseSource> = config.case_sources.iter().map(CaseSource::from).collect();
    let live = live(&sources, &parts.upstream)?;
    let catalogues = Arc::clone(&parts.catalogues);
    let cases = Cases::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::clone(&commitments),
        catalogues,
        sources,
        live,
        Supports {
            store: Arc::clone(&store),
            acts: Arc::clone(&parts.acts),
            trust: Arc::clone(&parts.trust),
            resolutions: Arc::clone(&parts.resolutions),
            commitments: Arc::clone(&commitments),
            can_notify: parts.drivers.any(),
        },
    );
    let channels = Channels::new(
        Arc::clone(&store),
        Arc::clone(&clock),
        Arc::clone(&admission),
        Arc::clone(&parts.clients),
    );
    let exchange = Exchange {
        rules: Rules {
            max_age: config.document.max_age,
            max_ahead: config.document.max_ahead,
            circumstances_min: usize::try_from(config.document.circumstances_min).unwrap_or(usize::MAX),
        },
        trust: Arc::clone(&parts.trust),
        users: Users::new(Arc::clone(&store), commitments, admission, channels.clone()),
        channels,
        cases,
        decisions: Arc::clone(parts.matrices.decisions()),
        journal,
        registries: Registries::new(Arc::clone(&parts.client), Arc::clone(&parts.resolutions), clock),
        seal: Seal::new(config.deployment.name.clone(), config.origin(), Arc::new(receipts)),
    };
    let exchange = Arc::new(exchange);
    Ok(Shared {
        destroyer: destroyer(config, parts, &exchange).await?,
        exchange,
        store,
        vault: Arc::clone(&parts.vault),
        catalogues: Arc::clone(&parts.catalogues),
        keys: Arc::clone(&parts.keys),
        standing: Arc::clone(&parts.standing),
        origin: Arc::from(config.origin()),
        feeds: Arc::default(),
    })
}

/// What reviews and destroys beside the flow, over connections of its own.
async fn destroyer(
    config: &Config,
    parts: &Parts,
    exchange: &Arc<Exchange>,
) -> Result<Arc<Destroyer>, StartError> {
    let url = config.database.url.expose_secret();
    let register = store::register::open(url).await?;
    let keyring = Keyring::new(Arc::clone(&parts.commitments));
    let indexer = Arc::new(Indexer::new(
        Arc::clone(&register),
        Arc::clone(&parts.vault),
        clerk(parts),
        Arc::clone(&parts.clock),
        (Arc::from(config.origin()), exchange.journal.recent()),
    ));
    Ok(Arc::new(Destroyer {
        custody: store::custody::open(url).await?,
        register,
        indexer,
        keyring,
        store: Arc::clone(&parts.store),
        vault: Arc::clone(&parts.vault),
        exchange: Arc::clone(exchange),
        clock: Arc::clone(&parts.clock),
        origin: Arc::from(config.origin()),
        rules: config.retention.clone(),
        notice_days: config.notify.destruction_days,
        turn: Mutex::default(),
    }))
}

fn live(sources: &[CaseSource], upstream: &Upstream) -> Result<BTreeMap<String, LiveSource>, SourceError> {
    let live = sources.iter().filter(|source| matches!(source.mode, SourceMode::Live { .. }));
    live.map(|source| Ok((source.code.clone(), LiveSource::new(source, upstream, None)?))).collect()
}

/// The gateway as a client of others, as it is configured.
pub(crate) fn upstream(config: &Config) -> Result<Upstream, StartError> {
    upstream_on(config, &Roster::default())
}

fn upstream_on(config: &Config, roster: &Roster) -> Result<Upstream, StartError> {
    let settings = &config.upstream;
    let unreadable = || StartError::UpstreamFile(settings.ca.display().to_string());
    let found = CertificateDer::pem_file_iter(&settings.ca).map_err(|_| unreadable())?;
    let authorities = found.collect::<Result<Vec<_>, _>>().map_err(|_| unreadable())?;
    let identity = TlsIdentity::of_upstream(settings)?;
    roster.put("upstream.key", identity.token);
    let connect = settings.connect_seconds.duration();
    Ok(Upstream::showing(authorities, identity.certified)?.connecting_within(connect))
}

fn swappable(
    name: &str,
    listen: &Listen,
    roster: &Roster,
) -> Result<Arc<ArcSwap<rustls::ServerConfig>>, TlsError> {
    let (tls, token) = tls::load(name, listen)?;
    roster.put(&format!("{name}.key"), token);
    Ok(Arc::new(ArcSwap::from_pointee(tls)))
}

fn serve(
    listener: Listener,
    router: Router,
    tls: Arc<ArcSwap<rustls::ServerConfig>>,
    listen: &Listen,
    drain: &Drain,
) -> JoinHandle<Drained> {
    let (limits, signal) = (listen.limits.clone(), drain.signal());
    tokio::spawn(async move { listener.serve(router, tls, &limits, signal).await })
}

fn serve_admin(listener: Listener, router: Router, drain: &Drain) -> JoinHandle<Drained> {
    let signal = drain.signal();
    tokio::spawn(async move { listener.serve_plain(router, &Limits::default(), signal).await })
}
