//! The demonstration's registries: real HTTPS servers that hold records on invented persons and answer the gateway alone.
//!
//! They are what a registry's owner would build: they ask for the gateway's certificate and for the proof of a grant to
//! exactly the question asked. They count what they are asked before they judge it, so that a test can see from outside
//! that a refused request never reached them.

mod by_act;
mod calls;
mod grant;
mod listed;
mod person;
mod property;
mod sample;
mod trouble;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;
use tokio::net::TcpSocket;

use self::calls::Calls;
use self::grant::Grants;
use self::sample::{Sample, router};
use super::server::{Identity, Server};
use crate::catalogue::Listing;

/// What the registries need to know of the gateway and of an earlier run.
#[derive(Debug)]
pub struct Config {
    /// Their own certificate, for `localhost`, and the gateway's they accept.
    pub identity: Identity,
    /// `iss` of the gateway's grants.
    pub issuer: String,
    /// Keys the grants are signed with.
    pub keys: JwkSet,
    /// Ports of an earlier run by registry code (`calls` for the counters): taken again where they are free.
    pub ports: BTreeMap<String, u16>,
}

/// How a sample registry behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    Integrated,
    Suspended,
    Unreachable,
    Slow,
}

/// A question that can be tried on a sample registry.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    pub registry: &'static str,
    pub operation: &'static str,
    pub parameters: Value,
    pub state: Behaviour,
}

/// The registries at work. Dropping it ends them all.
#[derive(Debug)]
pub struct Running {
    /// What the gateway's catalogue holds of them, with their addresses of this run.
    pub listings: Vec<Listing>,
    /// Where each listens, by code; the unreachable one's port is held but nobody listens on it.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// Where `GET /calls` answers `{"<registry>/<operation>": <count>}`, plain HTTP.
    pub calls: SocketAddr,
    _servers: Vec<Server>,
    _held: Vec<TcpSocket>,
}

/// The registries could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no port for the sample registries")]
    Port(#[from] io::Error),
    #[error("a key for grants is no P-256 key")]
    Key(#[source] jsonwebtoken::errors::Error),
    #[error("a sample registry is not listed rightly")]
    Listing(#[from] serde_json::Error),
}

/// Starts all sample registries.
///
/// # Errors
/// [`StartError`]; what was started until then has ended.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let grants = Arc::new(Grants::new(&config.issuer, &config.keys).map_err(StartError::Key)?);
    let calls = Arc::new(Calls::of(SAMPLES));
    let wanted = |code: &str| config.ports.get(code).copied().unwrap_or(0);
    let counters = Server::http(wanted("calls"), Arc::clone(&calls).router()).await?;
    let mut running = Running {
        listings: Vec::new(),
        addresses: BTreeMap::new(),
        calls: counters.address(),
        _servers: vec![counters],
        _held: Vec::new(),
    };
    for sample in SAMPLES {
        let address = if sample.state == Behaviour::Unreachable {
            let (held, address) = hold(wanted(sample.code))?;
            running._held.push(held);
            address
        } else {
            let router = router(sample, Arc::clone(&grants), Arc::clone(&calls));
            let server = Server::https(&config.identity, wanted(sample.code), router).await?;
            let address = server.address();
            running._servers.push(server);
            address
        };
        running.listings.push(listed::listing(sample, address)?);
        running.addresses.insert(sample.code.to_owned(), address);
    }
    Ok(running)
}

/// A port that is taken and refuses every connection.
fn hold(wanted: u16) -> io::Result<(TcpSocket, SocketAddr)> {
    let bound = |port: u16| {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
        let address = socket.local_addr()?;
        Ok((socket, address))
    };
    bound(wanted).or_else(|_: io::Error| bound(0))
}

/// One question for every operation that some kind of case opens, each of which finds a record where the registry works.
#[must_use]
pub fn examples() -> Vec<Example> {
    let example = |sample: &'static Sample| {
        sample.offers.iter().map(|offer| Example {
            registry: sample.code,
            operation: offer.operation,
            parameters: (offer.example)(),
            state: sample.state,
        })
    };
    let by_case = |sample: &&Sample| by_act::class(sample.code) == policy::RegistryClass::General;
    SAMPLES.iter().filter(by_case).flat_map(example).collect()
}

/// All sample registries.
const SAMPLES: &[Sample] = &[
    person::POPULATION,
    property::VEHICLES,
    property::DRIVER_LICENCES,
    property::WEAPON_PERMITS,
    person::RESIDENCE,
    person::WANTED,
    trouble::REAL_ESTATE,
    trouble::TAX_DEBTS,
    trouble::ARCHIVE,
    by_act::PREVENTIVE,
    by_act::PENDING,
    by_act::ENTRY_EXIT,
];
