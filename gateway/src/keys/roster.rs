//! The keys that are in tokens, for whoever watches over them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::keys::held::Held;
use crate::pkcs11::TokenKey;
use crate::telemetry::metrics;

/// Between two times that a key which does not sign is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// Keys in tokens by the key of the configuration that names each. A reload changes it.
#[derive(Clone, Debug, Default)]
pub struct Roster(Arc<Mutex<BTreeMap<String, Arc<TokenKey>>>>);

impl Roster {
    /// Takes note of how the key `name` is held now.
    pub(crate) fn note(&self, name: &str, held: &Held) {
        self.put(
            name,
            match held {
                Held::Here(_) => None,
                Held::Token(key) => Some(Arc::clone(key)),
            },
        );
    }

    /// Takes note of the token's key behind `name`; `None` if it is in no token.
    pub(crate) fn put(&self, name: &str, key: Option<Arc<TokenKey>>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match key {
            Some(key) => all.insert(name.to_owned(), key),
            None => all.remove(name),
        };
    }

    /// Whether all of `[keys]` sign, as far as is known: what the listeners show is no matter of evidence.
    #[must_use]
    pub fn signs(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().all(|(name, key)| !name.starts_with("keys.") || key.signs())
    }

    /// Asks those again that did not sign, once a second: while they do not, nothing else asks them.
    pub async fn watch(self) {
        loop {
            tokio::time::sleep(AGAIN).await;
            let mut silent = self.all();
            silent.iter().for_each(|(name, key)| metrics::key_signs(name, key.signs()));
            silent.retain(|(_, key)| !key.signs());
            if !silent.is_empty() {
                let ask = move || silent.iter().for_each(|(_, key)| drop(key.prove()));
                let _ = tokio::task::spawn_blocking(ask).await;
            }
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Arc<TokenKey>)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(name, key)| (name.clone(), Arc::clone(key))).collect()
    }
}
