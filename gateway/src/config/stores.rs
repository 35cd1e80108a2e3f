//! Which deployment this node belongs to and where it keeps what it must not lose.

use std::num::NonZeroU32;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::number;

/// The names that make up the origin of this node's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The same on all nodes: `negiz.example.kz`.
    pub name: String,
    /// Unique among the nodes; two nodes with one name would contend for one log.
    pub node: String,
}

/// The database.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:<file>` or `postgres://…`; a secret because it may carry a password.
    #[serde(serialize_with = "exposed")]
    pub url: SecretString,
    #[serde(default = "Database::default_connections")]
    pub max_connections: NonZeroU32,
}

impl Database {
    const fn default_connections() -> NonZeroU32 {
        number(16)
    }

    /// A database on `url` with the default number of connections.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self { url: SecretString::from(url.into()), max_connections: Self::default_connections() }
    }

    /// `sqlite:negiz.db` lies beside the configuration file.
    pub(super) fn resolve(&mut self, base: &Path) {
        let url = self.url.expose_secret();
        let Some(path) = url.strip_prefix("sqlite:") else { return };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.starts_with(':') || path.starts_with('/') {
            return;
        }
        self.url = SecretString::from(format!("sqlite:{}", base.join(path).display()));
    }
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}
