//! `negiz.toml`: everything an operator decides, read once and checked before anything starts.
//!
//! Unknown keys are refused, because a misspelt limit that is silently ignored is no limit. Every key can be overridden
//! by the environment: `NEGIZ_EXCHANGE__LISTEN` is `exchange.listen` (two underscores between the parts).

mod check;
mod error;
mod key_source;
mod keys;
mod listen;
mod notify;
mod policy;
mod procedure;
mod retention;
mod seconds;
pub mod secret_file;
mod stores;
mod stream;
mod telemetry;
mod time_stamps;
mod trust;
mod unlike;
mod witnesses;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use key_source::{KeySource, Tokens};
pub use keys::Keys;
pub(crate) use listen::number;
pub use listen::{Admin, Limits, Listen};
pub use notify::{MailRelay, Notify};
pub use policy::Policy;
pub use procedure::{CaseSource, DocumentWindow, Mode, Rates};
pub use retention::Retention;
pub use seconds::Seconds;
pub use stores::{Database, Deployment};
pub use stream::{Stream, Target};
pub use telemetry::{Format, Level, Telemetry};
pub use time_stamps::TimeStamps;
pub use trust::{Asking, Clients, Source, Trust, Upstream};
pub use witnesses::{Witness, Witnesses, WitnessesError};

/// Prefix of the variables that override keys of the file.
const PREFIX: &str = "NEGIZ_";

/// The configuration of one gateway node.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub deployment: Deployment,
    pub database: Database,
    /// Where agency systems ask.
    pub exchange: Listen,
    /// Where officials of the operator, of oversight and of the agencies look.
    pub console: Listen,
    /// Whether the certificates shown on either still stand.
    #[serde(default)]
    pub clients: Clients,
    #[serde(default)]
    pub admin: Admin,
    pub trust: Trust,
    pub keys: Keys,
    /// What keys in tokens have in common.
    #[serde(default, skip_serializing_if = "Tokens::is_none")]
    pub pkcs11: Tokens,
    /// How the gateway presents itself to registries and live case registries.
    pub upstream: Upstream,
    #[serde(default)]
    pub document: DocumentWindow,
    #[serde(default)]
    pub rates: Rates,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub case_sources: Vec<CaseSource>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retention: Vec<Retention>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub streams: Vec<Stream>,
    #[serde(default)]
    pub policy: Policy,
    /// Who must have seen the log before a receipt leaves.
    #[serde(default, skip_serializing_if = "Witnesses::is_none")]
    pub witnesses: Witnesses,
    /// Who time-stamps the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_stamps: Option<TimeStamps>,
    #[serde(default)]
    pub notify: Notify,
    #[serde(default)]
    pub telemetry: Telemetry,
}

impl Config {
    /// Reads and checks the file, with overrides from the process's environment. Relative paths become relative to the file.
    ///
    /// # Errors
    /// Names the file or variable, the key, and what was expected there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, std::env::vars_os())
    }

    /// As [`Config::load`], with the environment given.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_with(
        path: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { file: path.to_path_buf(), source })?;
        let overrides = overrides(environment);
        let mut figment = Figment::from(Toml::string(&text));
        for Override { key, value, .. } in &overrides {
            figment = figment.merge(Serialized::default(key, value));
        }
        let mut config: Self =
            figment.extract().map_err(|error| ConfigError::from_figment(path, &overrides, &error))?;
        check::check(&config).map_err(|fault| fault.at(path, &overrides))?;
        config.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(config)
    }

    /// The configuration as a file that [`Config::load`] reads back, secrets included: write it with mode 0600.
    ///
    /// # Errors
    /// If a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }

    /// The origin of this node's log, as it stands in checkpoints: `<name>/<node>`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}/{}", self.deployment.name, self.deployment.node)
    }

    fn resolve(&mut self, base: &Path) {
        self.database.resolve(base);
        self.exchange.resolve(base, &self.pkcs11);
        self.console.resolve(base, &self.pkcs11);
        self.clients.resolve(base);
        self.trust.resolve(base);
        self.keys.resolve(base, &self.pkcs11);
        self.upstream.resolve(base, &self.pkcs11);
        self.policy.resolve(base);
        for stream in &mut self.streams {
            stream.resolve(base);
        }
    }
}

/// `path` as seen from the directory of the configuration file.
fn resolve(path: &mut PathBuf, base: &Path) {
    // `join` of an absolute path is that path.
    *path = base.join(&*path);
}

/// A key that a variable of the environment overrides.
#[derive(Debug)]
struct Override {
    variable: String,
    key: String,
    value: figment::value::Value,
}

/// Variables with the prefix *and* a section: `NEGIZ_LOG` and its like belong to others.
fn overrides(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<Override> {
    let mut overrides: Vec<_> = environment
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter_map(|(variable, value)| {
            let (section, key) = variable.strip_prefix(PREFIX)?.split_once("__")?;
            let key = format!("{section}.{}", key.replace("__", ".")).to_ascii_lowercase();
            // The parser of values cannot fail: what is no number, boolean or list is a string.
            let Ok(value) = value.parse();
            Some(Override { variable, key, value })
        })
        .collect();
    // The environment has no order; errors should not change from run to run.
    overrides.sort_by(|a, b| a.variable.cmp(&b.variable));
    overrides
}
