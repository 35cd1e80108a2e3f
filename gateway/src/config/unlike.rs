//! What of two configurations differs and is read at the start alone.

use std::collections::BTreeSet;

use super::Config;

/// Settings that a reload takes up.
const RELOADED: [&str; 14] = [
    "policy",
    "exchange.certificate",
    "exchange.key",
    "exchange.client_ca",
    "exchange.tls12",
    "console.certificate",
    "console.key",
    "console.client_ca",
    "console.tls12",
    "upstream.certificate",
    "upstream.key",
    "exchange.password",
    "console.password",
    "upstream.password",
];

impl Config {
    /// The names of settings of `other` that count only from the next start on.
    #[must_use]
    pub fn unlike(&self, other: &Self) -> Vec<String> {
        let (Ok(now), Ok(then)) = (toml::Value::try_from(self), toml::Value::try_from(other)) else {
            // A path that is no text; it was none before either.
            return Vec::new();
        };
        let mut names = Vec::new();
        compare("", Some(&now), Some(&then), &mut names);
        names
    }
}

fn compare(name: &str, now: Option<&toml::Value>, then: Option<&toml::Value>, names: &mut Vec<String>) {
    if RELOADED.contains(&name) || now == then {
        return;
    }
    let tables = (now.and_then(toml::Value::as_table), then.and_then(toml::Value::as_table));
    let (Some(now), Some(then)) = tables else {
        return names.push(name.to_owned());
    };
    let keys: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
    for key in keys {
        let inner = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        compare(&inner, now.get(key), then.get(key), names);
    }
}
