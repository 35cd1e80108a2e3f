//! Everything around the gateway: authorities, registries, case registry, enrolment.

use std::collections::BTreeMap;
use std::sync::Arc;

use certs::issue::Authority;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinHandle;

use crate::clock::{Clock, Millis};
use crate::config::{Config, Source, TimeStamps};
use crate::demo::authorities::{Authorities, channels, officer};
use crate::demo::case_registry::CaseRegistry;
use crate::demo::cast::{Cast, OfficerState};
use crate::demo::credentials::{Credential, CredentialError};
use crate::demo::duty::Duty;
use crate::demo::gateway;
use crate::demo::home::{Home, HomeError};
use crate::demo::publications::{Publications, Published, bind};
use crate::demo::server::{Identity, IdentityError};
use crate::demo::{Options, Remembered, registries, tracks, witnesses};
use crate::enrolment::Fingerprint;
use crate::keys::{Keys, KeysError};
use crate::store::{OpenError, Store, StoreError, connect, migrate};

/// Seconds between time-stamps on the log: soon enough to be seen.
const STAMP_EVERY: u32 = 5;

/// Why the stage could not be set.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error("the cast has an impossible number")]
    Cast,
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error("loopback has no free port")]
    Port(#[source] std::io::Error),
    #[error("the signals of the system cannot be heard")]
    Signals(#[source] std::io::Error),
    #[error("a file of the demo does not hold what was written to it")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Registries(#[from] registries::StartError),
    #[error(transparent)]
    Witnesses(#[from] witnesses::StartError),
    #[error("the sample case registry could not be started")]
    CaseRegistry(#[source] std::io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the database: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("the grant keys cannot be read")]
    GrantKeys,
}

/// The name under which the authority of TLS certificates publishes.
const TRANSPORT: &str = "transport";

/// The stage, standing until it is dropped.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) config: Config,
    pub(super) channels: BTreeMap<String, Credential>,
    /// The certificate of the authority behind the gateway's listeners.
    pub(super) tls_authority: Vec<u8>,
    pub(super) registries: registries::Running,
    pub(super) witnesses: witnesses::Running,
    _case_registry: CaseRegistry,
    publishing: JoinHandle<()>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.publishing.abort();
    }
}

impl Stage {
    pub(super) async fn set(
        home: &Home,
        cast: &Cast,
        clock: &Arc<dyn Clock>,
        options: &Options,
    ) -> Result<Self, StageError> {
        let now = clock.now();
        let mut remembered = recall(home)?;
        let (socket, publications) = bind(remembered.publications).await.map_err(StageError::Port)?;
        remembered.publications = Some(publications.port());
        let address = format!("http://{publications}");
        let authorities = Authorities::obtain(home, now, &address)?;
        let channels = channels(home, &authorities, cast, now)?;
        let tls_authority = authorities.tls.certificate().to_vec();
        let Issued { published, stamping, lists } = publish(home, authorities, cast, now, &address)?;
        let publications = Arc::new(Publications::new(published, stamping, Arc::clone(clock)));
        let publishing = tokio::spawn(publications.serve(Arc::new(Duty::of(home)), socket));
        gateway::make_keys(home)?;
        let identity = identity(home, &channels)?;
        let live = start_case_registry(cast, &identity, clock, remembered.case_registry).await?;
        remembered.case_registry = Some(live.address().port());
        let database = options.database.clone();
        let database = database.unwrap_or_else(|| format!("sqlite:{}", home.path("negiz.db").display()));
        let live_url = format!("https://localhost:{}/v1", live.address().port());
        let mut config = gateway::config(home.root(), options.ports, database.clone(), lists, live_url);
        let registries = start_registries(&config, identity, &remembered).await?;
        remembered.registries = ports(&registries);
        let log = Keys::read(&config)?.log;
        let watching =
            witnesses::start(home, log.verifier(), &database, &remembered.witnesses, clock).await?;
        remembered.witnesses = watching.ports.clone();
        config.witnesses = watching.settings.clone();
        // OI 12(7): where nobody can be told, nothing urgent begins.
        config.notify.webhook = Some(format!("{address}/notices"));
        config.time_stamps = Some(TimeStamps::every(format!("{address}/tsa"), STAMP_EVERY));
        let matrix = serde_json::to_string_pretty(&gateway::matrix(&registries.listings))?;
        home.write("policy/matrix.json", matrix)?;
        let known = serde_json::to_string_pretty(&gateway::registries(&registries.listings))?;
        home.write("policy/registries.json", known)?;
        enrol(&mut remembered, &database, cast, &channels, &registries, now).await?;
        home.write("state.json", serde_json::to_string_pretty(&remembered)?)?;
        Ok(Self {
            config,
            channels,
            tls_authority,
            registries,
            witnesses: watching,
            _case_registry: live,
            publishing,
        })
    }
}

fn recall(home: &Home) -> Result<Remembered, StageError> {
    match home.has("state.json") {
        true => Ok(serde_json::from_slice(&home.read("state.json")?)?),
        false => Ok(Remembered::default()),
    }
}

/// Where revocation lists are.
#[derive(Debug)]
pub(super) struct Lists {
    /// Of the authorities that sign for persons.
    pub(super) signers: Vec<Source>,
    /// Of the authority behind the systems' TLS certificates.
    pub(super) clients: Vec<Source>,
}

/// The national authorities, once they have issued everything.
struct Issued {
    published: BTreeMap<String, Published>,
    stamping: Authority,
    lists: Lists,
}

/// Issues the officers' certificates, and says what each authority publishes and where.
fn publish(
    home: &Home,
    authorities: Authorities,
    cast: &Cast,
    now: Millis,
    address: &str,
) -> Result<Issued, StageError> {
    let mut issued: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    let mut revoked: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for (serial, person) in (1000_u64..).zip(&cast.officers) {
        officer(home, &authorities, cast, person, serial, now, address)?;
        let Some(chain) = authorities.chain_for(person.key) else { continue };
        issued.entry(chain.code).or_default().push(serial.to_be_bytes().to_vec());
        if person.state == OfficerState::Revoked {
            revoked.entry(chain.code).or_default().push(serial.to_be_bytes().to_vec());
        }
    }
    issued.entry("ec").or_default().push(authorities.stamping.serial().to_vec());
    let mut published = BTreeMap::new();
    let mut anchors = Vec::new();
    for chain in authorities.chains {
        let revoked = revoked.remove(chain.code).unwrap_or_default();
        anchors.push((format!("root-{}", chain.code), chain.root.certificate().to_vec()));
        anchors.push((format!("issuing-{}", chain.code), chain.issuing.certificate().to_vec()));
        let below = vec![chain.issuing.serial().to_vec()];
        let root = Published { authority: chain.root, responder: None, issued: below, revoked: Vec::new() };
        published.insert(format!("root-{}", chain.code), root);
        let (responder, issued) = (Some(chain.responder), issued.remove(chain.code).unwrap_or_default());
        let issuing = Published { authority: chain.issuing, responder, issued, revoked };
        published.insert(format!("issuing-{}", chain.code), issuing);
    }
    let files: Vec<_> = anchors.iter().map(|(name, der)| (name.clone(), der.as_slice())).collect();
    gateway::write_anchors(home, &files)?;
    let list = |name: &str| Source::Address(format!("{address}/crl/{name}.crl"));
    let signers = published.keys().map(|name| list(name)).collect();
    let transport =
        Published { authority: authorities.tls, responder: None, issued: Vec::new(), revoked: Vec::new() };
    published.insert(TRANSPORT.to_owned(), transport);
    let lists = Lists { signers, clients: vec![list(TRANSPORT)] };
    Ok(Issued { published, stamping: authorities.stamping, lists })
}

/// The certificate of the sample registries, and the only client they talk to: the gateway.
fn identity(home: &Home, channels: &BTreeMap<String, Credential>) -> Result<Identity, StageError> {
    let der = |name: &str| {
        channels.get(name).map(|held| CertificateDer::from(held.certificate.clone())).ok_or(StageError::Cast)
    };
    let gateway = Fingerprint::of(&der("infra/gateway")?);
    let key = PrivateKeyDer::from_pem_slice(&home.read("infra/registries.key")?)
        .map_err(|_| StageError::GrantKeys)?;
    let authority =
        CertificateDer::from_pem_slice(&home.read("infra/ca.pem")?).map_err(|_| StageError::GrantKeys)?;
    Ok(Identity::new(vec![der("infra/registries")?], key, authority, gateway)?)
}

async fn start_case_registry(
    cast: &Cast,
    identity: &Identity,
    clock: &Arc<dyn Clock>,
    port: Option<u16>,
) -> Result<CaseRegistry, StageError> {
    let cases = crate::demo::feed::states(cast, |kind| kind == policy::CaseKind::Enforcement);
    let started = CaseRegistry::start(identity, port.unwrap_or(0), cases, Arc::clone(clock)).await;
    started.map_err(StageError::CaseRegistry)
}

async fn start_registries(
    config: &Config,
    identity: Identity,
    remembered: &Remembered,
) -> Result<registries::Running, StageError> {
    let keys = Keys::read(config)?.grant.jwk_set();
    let keys = serde_json::from_value(keys)?;
    let ports = remembered.registries.clone();
    let issuer = config.deployment.name.clone();
    Ok(registries::start(registries::Config { identity, issuer, keys, ports }).await?)
}

fn ports(running: &registries::Running) -> BTreeMap<String, u16> {
    let mut ports: BTreeMap<_, _> =
        running.addresses.iter().map(|(code, address)| (code.clone(), address.port())).collect();
    ports.insert("calls".to_owned(), running.calls.port());
    ports
}

/// Brings the database up to date and, the first time, enrols the cast. Later the operator's own changes stand; only the
/// registries' addresses are taken up anew.
async fn enrol(
    remembered: &mut Remembered,
    url: &str,
    cast: &Cast,
    channels: &BTreeMap<String, Credential>,
    running: &registries::Running,
    now: Millis,
) -> Result<(), StageError> {
    migrate(url).await?;
    let store: Arc<dyn Store> = connect(url, 2).await?;
    let name = evidence::Digest::of(url.as_bytes()).to_string();
    if !remembered.enrolled.contains(&name) {
        let (book, users) = gateway::enrolment(cast, channels, now);
        store.import_agencies(&book).await?;
        store.import_users(&users).await?;
        store.import_acts(&tracks::acts(now)).await?;
        store.import_debtors(&tracks::debtors(now)).await?;
        remembered.enrolled.push(name);
    }
    let mut entries = Vec::new();
    for listing in &running.listings {
        entries.push((listing.code.clone(), serde_json::to_string(listing)?));
    }
    store.import_registries(&entries).await?;
    Ok(())
}
