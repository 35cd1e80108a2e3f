//! A gateway node beside a demonstration's own: the same country, another configuration.

use std::path::PathBuf;

use toml::{Table, Value};

use crate::country::Country;
use crate::described;
use crate::process::{Ended, Process};
use crate::receipt::Verifier;

/// A node of a country under a configuration of the test's.
#[derive(Debug)]
pub struct Node {
    /// `https://…`
    pub exchange: String,
    /// `https://…`
    pub console: String,
    /// `http://…`
    pub admin: String,
    /// Its configuration file.
    pub config: PathBuf,
    process: Process,
}

impl Node {
    /// Starts `negiz serve` as node `name`, with the country's configuration changed by `change`.
    ///
    /// # Errors
    /// When it ends instead of getting ready.
    pub fn start(country: &Country, name: &str, change: impl FnOnce(&mut Table)) -> Result<Self, Ended> {
        Self::start_with(country, name, &[], change)
    }

    /// The same, with variables of its environment.
    ///
    /// # Errors
    /// When it ends instead of getting ready.
    pub fn start_with(
        country: &Country,
        name: &str,
        variables: &[(&str, &str)],
        change: impl FnOnce(&mut Table),
    ) -> Result<Self, Ended> {
        let config = write(country, name, change);
        let errors = country.path(&format!("{name}.log"));
        let arguments = ["serve", "--config", config.to_str().expect("a name")];
        let process = Process::start_with(&arguments, variables, &errors, None);
        let said = process.ready()?;
        let told = |name: &str| {
            said.iter().find_map(|line| line.strip_prefix(name)).expect("an address").trim().to_owned()
        };
        let (exchange, console, admin) = (told("ready "), told("console "), told("admin "));
        described::learn(&country.system("console-operator"), &exchange, &console);
        Ok(Self { exchange, console, admin, config, process })
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// Checks receipts of all nodes of a country: they share the log key and differ in the log's name.
#[must_use]
pub fn verifier(country: &Country, nodes: &[&str]) -> Verifier {
    let manifest = &country.manifest;
    let named: Vec<String> = nodes.iter().map(|node| log_vkey(country, node)).collect();
    let mut logs: Vec<&str> = named.iter().map(String::as_str).collect();
    logs.push(&manifest.log_vkey);
    Verifier::new(&country.path(&manifest.jwks), &logs)
}

/// The verifier key of the log of a country's node: they share the key and differ in the log's name.
#[must_use]
pub fn log_vkey(country: &Country, node: &str) -> String {
    // Name, hash and key; a key in base64 may hold a plus sign itself.
    let key = country.manifest.log_vkey.splitn(3, '+').nth(2).expect("a verifier key");
    vkey(&format!("negiz.demo/{node}"), key)
}

/// A note verifier key (C2SP signed-note): name, key hash, key. The hash covers the name.
fn vkey(name: &str, key: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(key).expect("base64");
    let digest = sha2::Sha256::new().chain_update(name).chain_update("\n").chain_update(&bytes).finalize();
    format!("{name}+{}+{key}", hex::encode(&digest[..4]))
}

/// Writes a configuration file into the country's directory.
#[must_use]
pub fn write(country: &Country, name: &str, change: impl FnOnce(&mut Table)) -> PathBuf {
    let text = std::fs::read_to_string(country.path("negiz.toml")).expect("a configuration");
    let mut table: Table = toml::from_str(&text).expect("TOML");
    set(&mut table, &["deployment", "node"], name);
    for listener in ["exchange", "console", "admin"] {
        set(&mut table, &[listener, "listen"], "127.0.0.1:0");
    }
    change(&mut table);
    let path = country.path(&format!("{name}.toml"));
    std::fs::write(&path, toml::to_string(&table).expect("TOML")).expect("written");
    path
}

/// Sets one value of a configuration.
pub fn set(table: &mut Table, path: &[&str], value: impl Into<Value>) {
    let (last, sections) = path.split_last().expect("a name");
    let mut at = table;
    for section in sections {
        at = at.get_mut(*section).and_then(Value::as_table_mut).expect("a section");
    }
    at.insert((*last).to_owned(), value.into());
}
