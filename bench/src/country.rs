//! A demonstration country to ask in, and gateways beside its own that are measured alone.
//!
//! The country's own process keeps the registries, the case registries and the lists of revoked certificates. What is
//! measured is another process on the same state: `negiz serve` as a second node.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use certs::issue::crl::{Entry, List, issue};
use certs::issue::{Authority, SigningKey};
use negiz_tests::manifest::Manifest;
use rustls::client::WantsClientCert;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use toml::{Table, Value};

use crate::Fault;
use crate::start::{Running, free};
use crate::strangers::Strangers;
use crate::tls::Offer;

/// The country: the process behind everything that is measured, never counted.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) directory: PathBuf,
    pub(crate) manifest: Manifest,
    negiz: PathBuf,
    process: Running,
    /// From the start of the process to its `ready`.
    pub(crate) cold_start: Duration,
}

impl Country {
    /// Builds one in `directory`.
    pub(crate) async fn found(negiz: &Path, directory: &Path, database: Option<&str>) -> Result<Self, Fault> {
        std::fs::create_dir_all(directory)?;
        let name = directory.to_str().ok_or("a directory whose name is not UTF-8")?;
        let mut arguments = vec!["demo", "--dir", name, "--exchange", "0", "--console", "0", "--admin", "0"];
        if let Some(url) = database {
            arguments.extend(["--database", url]);
        }
        let log = directory.join("demo.log");
        let begun = Instant::now();
        let mut process = Running::start(negiz, &arguments, &log)?;
        while !std::fs::read_to_string(&log)?.lines().any(|line| line.starts_with("ready")) {
            if begun.elapsed() > Duration::from_secs(120) {
                return Err(format!("the country does not begin; see {}", log.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let cold_start = begun.elapsed();
        let manifest = Manifest::read(directory);
        let admin = manifest.admin.trim_start_matches("http://").parse()?;
        process.ready(admin, "/healthz").await?;
        Ok(Self {
            directory: directory.to_path_buf(),
            manifest,
            negiz: negiz.to_path_buf(),
            process,
            cold_start,
        })
    }

    /// Writes the configuration of another node on the country's state.
    pub(crate) fn configure(&self, node: &str) -> Result<Configured, Fault> {
        let (exchange, admin) = (free()?, free()?);
        let text = std::fs::read_to_string(self.directory.join("negiz.toml"))?;
        let mut config: Table = text.parse()?;
        set(&mut config, "deployment", "node", node);
        set(&mut config, "admin", "listen", admin.to_string());
        set(&mut config, "console", "listen", free()?.to_string());
        set(&mut config, "exchange", "listen", exchange.to_string());
        // The country's witnesses do not know this node's log; what a cosignature takes is theirs and the network's.
        config.remove("witnesses");
        // One officer of one system stands for the officers of a country: what keeps one of them in bounds is off.
        set(&mut config, "rates", "officer_per_second", 1_000_000);
        set(&mut config, "rates", "burst", 1_000_000);
        let listener = config.get_mut("exchange").and_then(Value::as_table_mut).ok_or("no exchange")?;
        set(listener, "limits", "connections", 20_000);
        set(listener, "limits", "connections_per_system", 20_000);
        set(listener, "limits", "idle_seconds", 600);
        let path = self.directory.join(format!("negiz-{node}.toml"));
        std::fs::write(&path, toml::to_string(&config)?)?;
        Ok(Configured { path, exchange, admin })
    }

    /// A gateway of its own process.
    pub(crate) async fn gateway(&self, node: &str) -> Result<Gateway, Fault> {
        self.start(node, self.configure(node)?).await
    }

    /// A gateway of its own process that relies on a list of so many revoked certificates.
    pub(crate) async fn gateway_with_revoked(&self, node: &str, revoked: u32) -> Result<Gateway, Fault> {
        let configured = self.configure(node)?;
        let list = self.directory.join("long.crl");
        std::fs::write(&list, self.long_list(revoked)?)?;
        let mut config: Table = std::fs::read_to_string(&configured.path)?.parse()?;
        let lists = config.get_mut("trust").and_then(|trust| trust.get_mut("crl"));
        let lists = lists.and_then(Value::as_array_mut).ok_or("no lists of revoked certificates")?;
        lists.retain(|source| !source.as_str().is_some_and(|source| source.contains(LISTED)));
        lists.push(Value::from(list.display().to_string()));
        // Its own cache: the others' short list must not win.
        set(&mut config, "trust", "cache", self.directory.join("lists-long").display().to_string());
        std::fs::write(&configured.path, toml::to_string(&config)?)?;
        self.start(node, configured).await
    }

    /// A list of the authority that issued the P-256 officers' certificates, with none of theirs on it.
    fn long_list(&self, revoked: u32) -> Result<Vec<u8>, Fault> {
        let file = |kind: &str| self.directory.join(format!("authority/{LISTED}.{kind}"));
        let certificate = CertificateDer::from_pem_file(file("pem"))?;
        let key = SigningKey::from_pkcs8_pem(&std::fs::read_to_string(file("key"))?)?;
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let list = List {
            this_update: now,
            next_update: Some(now + 86_400),
            number: u64::try_from(now)?,
            base: None,
            distribution: None,
        };
        // Sixteen octets, as authorities give them.
        let serials: Vec<[u8; 16]> =
            (0..revoked).map(|at| (u128::from(at) | 1 << 120).to_be_bytes()).collect();
        let entries = serials.iter().map(|serial| Entry { serial, revoked: now - 3600, reason: None });
        Ok(issue(&Authority::new(&certificate, key)?, &list, entries)?)
    }

    async fn start(&self, node: &str, configured: Configured) -> Result<Gateway, Fault> {
        let Configured { path, exchange, admin } = configured;
        let arguments = ["serve", "--config", path.to_str().ok_or("a path that is not UTF-8")?];
        let log = self.directory.join(format!("serve-{node}.log"));
        let mut process = Running::start(&self.negiz, &arguments, &log)?;
        process.ready(admin, "/readyz").await?;
        Ok(Gateway { exchange, process })
    }

    /// How the police's system presents itself.
    pub(crate) fn tls(&self, offer: Offer) -> Result<Arc<ClientConfig>, Fault> {
        let agency = self.manifest.agency("police");
        let chain = CertificateDer::pem_file_iter(self.directory.join(&agency.cert))?;
        let key = PrivateKeyDer::from_pem_file(self.directory.join(&agency.key))?;
        let config =
            self.client_config(offer)?.with_client_auth_cert(chain.collect::<Result<_, _>>()?, key)?;
        Ok(Arc::new(config))
    }

    /// How systems present themselves that nobody has seen before.
    pub(crate) fn strangers(&self, offer: Offer) -> Result<Arc<ClientConfig>, Fault> {
        let authority = CertificateDer::from_pem_file(self.directory.join("tls/ca.pem"))?;
        let key = std::fs::read_to_string(self.directory.join("tls/ca.key"))?;
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let strangers = Strangers::of(&authority, SigningKey::from_pkcs8_pem(&key)?, now)?;
        Ok(Arc::new(self.client_config(offer)?.with_client_cert_resolver(Arc::new(strangers))))
    }

    fn client_config(&self, offer: Offer) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Fault> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.directory.join(&self.manifest.tls_ca))?)?;
        Ok(ClientConfig::builder_with_provider(Arc::new(offer.provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_root_certificates(roots))
    }

    pub(crate) async fn stop(self) -> Result<(), Fault> {
        self.process.stop().await
    }
}

/// The authority that issued the P-256 officers' certificates.
const LISTED: &str = "issuing-ec";

/// Where a node's configuration is, and what it says.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) path: PathBuf,
    exchange: SocketAddr,
    admin: SocketAddr,
}

/// A gateway that is measured.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) exchange: SocketAddr,
    pub(crate) process: Running,
}

fn set(table: &mut Table, section: &str, key: &str, value: impl Into<Value>) {
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Some(section) = section.as_table_mut() {
        section.insert(key.to_owned(), value.into());
    }
}
