//! `negiz demo`: a whole small country on loopback, built in seconds and served until it is stopped.

pub mod authorities;
pub mod case_registry;
pub mod cast;
pub mod credentials;
pub mod duty;
pub mod feed;
pub mod gateway;
pub mod guide;
pub mod home;
pub mod manifest;
pub mod number;
pub mod people;
pub mod publications;
pub mod registries;
mod responder;
pub mod server;
mod stage;
pub mod tracks;
pub mod witnesses;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::config::{self, Config, Witnesses};
use crate::demo::cast::Cast;
use crate::demo::gateway::Ports;
use crate::demo::home::Home;
use crate::demo::manifest::{Manifest, RegistryEntry, WitnessEntry};
use crate::demo::stage::{Stage, StageError};
use crate::demo::tracks::Tracks;
use crate::serve::{self, Node, StartError};
use crate::signals::Signals;
use crate::store::OpenError;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Options {
    pub dir: PathBuf,
    pub ports: Ports,
    /// `postgres://…`; SQLite in the directory otherwise.
    pub database: Option<String>,
}

/// Why the demonstration cannot run. Each is one line.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Home(#[from] home::HomeError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the cases could not be reported: {0}")]
    Feed(#[from] feed::FeedError),
    #[error("the configuration cannot be written: {0}")]
    Config(#[from] toml::ser::Error),
}

/// Builds the country, serves it, and takes everything down again when told to stop.
///
/// # Errors
/// [`DemoError`]; everything started until then has stopped.
pub async fn run(options: Options) -> Result<(), DemoError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let home = Home::open(&options.dir)?;
    let cast = Cast::assemble().ok_or(StageError::Cast)?;
    let mut signals = Signals::listen().map_err(StageError::Signals)?;
    let stage = Stage::set(&home, &cast, &clock, &options).await?;
    let node = serve::start(&stage.config, Arc::clone(&clock)).await?;
    // The files tell the ports that were really taken, so that `negiz serve --config` runs the same gateway.
    let config = with_addresses(&stage.config, &node);
    home.write_secret("negiz.toml", alone(&config)?)?;
    let manifest = manifest(&stage, &cast, &node);
    write_manifest(&home, &cast, &manifest, &node)?;
    let feeder =
        feed::Feeder::new(&stage.channels, &cast, node.exchange, Arc::clone(&clock), &stage.tls_authority)?;
    feeder.report_all().await?;
    let feeding = tokio::spawn(feeder.keep_fresh());
    let iin = people::person(0).map(|person| person.iin.as_str().to_owned()).unwrap_or_default();
    announce(&guide::text(home.root(), &manifest, &cast, &iin));
    while signals.next().await == crate::signals::Signal::Reload {
        node.reload(&config).await;
    }
    announce("stopping: requests in flight finish first (Ctrl-C again ends at once)");
    tokio::select! {
        _ = node.stop() => {}
        () = signals.stop() => {}
    }
    feeding.abort();
    drop(stage);
    Ok(())
}

/// The configuration of the same gateway without this process. The witnesses live here and know this node's log alone, so they are
/// told as a comment: with them, `negiz serve` would wait for cosignatures that nobody gives.
fn alone(config: &Config) -> Result<String, toml::ser::Error> {
    let mut text = Config { witnesses: Witnesses::default(), ..config.clone() }.to_toml()?;
    text.push_str("\n# While the demo runs, its gateway also asks for two cosignatures, by witnesses in the demo's process:\n");
    text.push_str("# [witnesses]\n");
    for witness in &config.witnesses.witness {
        let config::Witness { url, vkey } = witness;
        text.push_str(&format!("# [[witnesses.witness]]\n# url = \"{url}\"\n# vkey = \"{vkey}\"\n"));
    }
    Ok(text)
}

#[expect(clippy::print_stdout, reason = "the demonstration talks to the person who started it")]
fn announce(text: &str) {
    use std::io::Write as _;
    println!("{text}");
    // A program that reads the `ready` line through a pipe must not wait for a buffer to fill.
    let _ = std::io::stdout().flush();
}

fn with_addresses(config: &Config, node: &Node) -> Config {
    let mut config = config.clone();
    config.exchange.listen = node.exchange;
    config.console.listen = node.console;
    config.admin.listen = node.admin;
    config
}

fn manifest(stage: &Stage, cast: &Cast, node: &Node) -> Manifest {
    let (agencies, officers, cases) = Manifest::people(cast);
    let registries = registries::examples().into_iter().map(|example| RegistryEntry {
        code: example.registry.to_owned(),
        operation: example.operation.to_owned(),
        parameters: example.parameters,
        state: match example.state {
            registries::Behaviour::Integrated => "integrated",
            registries::Behaviour::Suspended => "suspended",
            registries::Behaviour::Unreachable => "unreachable",
            registries::Behaviour::Slow => "slow",
        },
    });
    Manifest {
        exchange: format!("https://{}", node.exchange),
        console: format!("https://{}", node.console),
        admin: format!("http://{}", node.admin),
        tls_ca: "tls/ca.pem".to_owned(),
        log_vkey: node.keys.log_vkey.clone(),
        jwks: "jwks.json".to_owned(),
        witnesses: stage.witnesses.settings.witness.iter().map(WitnessEntry::from).collect(),
        registry_calls: format!("http://{}/calls", stage.registries.calls),
        notices: stage.config.notify.webhook.clone().unwrap_or_default(),
        tracks: "tracks.json".to_owned(),
        feeds: Manifest::feeds(&stage.config),
        agencies,
        officers,
        cases,
        registries: registries.collect(),
        consoles: Manifest::consoles(),
    }
}

fn write_manifest(home: &Home, cast: &Cast, manifest: &Manifest, node: &Node) -> Result<(), DemoError> {
    home.write("jwks.json", &node.keys.jwks)?;
    home.write("log.vkey", format!("{}\n", node.keys.log_vkey))?;
    let text = serde_json::to_string_pretty(manifest).map_err(StageError::Json)?;
    home.write("manifest.json", text)?;
    let text = serde_json::to_string_pretty(&Tracks::of(cast)).map_err(StageError::Json)?;
    home.write("tracks.json", text)?;
    Ok(())
}

/// Ports of an earlier run, kept so that what points at them goes on working.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Remembered {
    publications: Option<u16>,
    case_registry: Option<u16>,
    #[serde(default)]
    registries: BTreeMap<String, u16>,
    #[serde(default)]
    witnesses: BTreeMap<String, u16>,
    /// Whether the cast was enrolled: afterwards the operator's changes stand. Named by database.
    #[serde(default)]
    enrolled: Vec<String>,
}
