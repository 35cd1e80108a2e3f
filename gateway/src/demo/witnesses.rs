//! The demonstration's two witnesses, on loopback beside the gateway. In earnest others run them, elsewhere.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use certs::algorithm::KeyKind;
use evidence::key::SignatureType;
use evidence::log_signer::{NoteSigner, SignerRefused};
use evidence::{Cosigner, Digest, VerifierKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::task::AbortHandle;

use crate::clock::Clock;
use crate::config;
use crate::demo::credentials::{CredentialError, generate};
use crate::demo::home::{Home, HomeError};
use crate::listener::{BindError, Drain, Listener};
use crate::witness::memory::{Memory, MemoryError};
use crate::witness::{self, Witness};

/// Both must have cosigned: a fork would need the two of them.
const NAMES: [&str; 2] = ["w1", "w2"];

/// Why a witness could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error("the key of a witness cannot be used")]
    Key(#[from] SignerRefused),
    #[error("the key of witness {0} is not one")]
    Pem(&'static str),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// Witnesses that run until they are dropped.
#[derive(Debug)]
pub struct Running {
    /// As the gateway's configuration names them.
    pub settings: config::Witnesses,
    /// By name.
    pub ports: BTreeMap<String, u16>,
    serving: Vec<AbortHandle>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for serving in &self.serving {
            serving.abort();
        }
    }
}

/// Starts both, each with its own key and memory, on the port it had before if that is free.
///
/// # Errors
/// When a file of theirs cannot be used.
pub async fn start(
    home: &Home,
    log: &VerifierKey,
    database: &str,
    ports: &BTreeMap<String, u16>,
    clock: &Arc<dyn Clock>,
) -> Result<Running, StartError> {
    let mut running =
        Running { settings: config::Witnesses::default(), ports: BTreeMap::new(), serving: Vec::new() };
    for name in NAMES {
        let cosigner = cosigner(home, name)?;
        let memory = memory(home, name, database).await?;
        let witness = Witness::open(cosigner, vec![log.clone()], memory, Arc::clone(clock)).await?;
        let vkey = witness.verifier().to_string();
        let listener = bind(ports.get(name).copied().unwrap_or(0)).await?;
        let address = listener.address();
        running.ports.insert(name.to_owned(), address.port());
        running.settings.witness.push(config::Witness { url: format!("http://{address}"), vkey });
        let (router, signal) = (witness::router(Arc::new(witness)), Drain::default().signal());
        let serving = async move { listener.serve_plain(router, &config::Limits::default(), signal).await };
        running.serving.push(tokio::spawn(serving).abort_handle());
    }
    let vkeys: Vec<&str> = running.settings.witness.iter().map(|witness| witness.vkey.as_str()).collect();
    home.write("witnesses.vkey", format!("{}\n", vkeys.join("\n")))?;
    Ok(running)
}

fn cosigner(home: &Home, name: &'static str) -> Result<Cosigner, StartError> {
    let file = format!("witnesses/{name}.pem");
    if !home.has(&file) {
        let key = generate(KeyKind::Ed25519).map_err(CredentialError::Key)?;
        home.write_secret(&file, key.to_pkcs8_pem().map_err(CredentialError::Key)?.as_bytes())?;
    }
    let pem = zeroize::Zeroizing::new(home.read(&file)?);
    let Ok(PrivateKeyDer::Pkcs8(der)) = PrivateKeyDer::from_pem_slice(&pem) else {
        return Err(StartError::Pem(name));
    };
    let name = format!("{name}.witness.demo");
    Ok(Cosigner::new(NoteSigner::from_pkcs8(&name, SignatureType::Cosignature, der.secret_pkcs8_der())?)?)
}

/// One memory for each database: in another one the log of this name is another log.
async fn memory(home: &Home, name: &str, database: &str) -> Result<Memory, MemoryError> {
    let digest = Digest::of(database.as_bytes());
    let short = hex::encode(digest.as_bytes().first_chunk::<4>().copied().unwrap_or_default());
    let file = home.path(&format!("witnesses/{name}-{short}.db"));
    if file.exists() { Memory::open(&file).await } else { Memory::create(&file).await }
}

async fn bind(wanted: u16) -> Result<Listener, BindError> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match Listener::bind("witness", at(wanted)).await {
        Ok(listener) => Ok(listener),
        Err(_) => Listener::bind("witness", at(0)).await,
    }
}
