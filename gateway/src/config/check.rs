//! What types cannot say about a configuration.

use std::collections::BTreeSet;

use secrecy::ExposeSecret as _;

use super::error::Fault;
use super::{CaseSource, Config, Limits, Listen, Mode, Source};

/// The smallest header hyper can be held to.
const HEADER_FLOOR: u32 = 8192;

pub(super) fn check(config: &Config) -> Result<(), Fault> {
    name("deployment.name", &config.deployment.name)?;
    name("deployment.node", &config.deployment.node)?;
    database(config.database.url.expose_secret())?;
    listener("exchange", &config.exchange)?;
    listener("console", &config.console)?;
    admin(config)?;
    for (key, sources) in [
        ("trust.crl", &config.trust.crl),
        ("trust.ocsp", &config.trust.ocsp),
        ("clients.crl", &config.clients.crl),
    ] {
        for (index, source) in sources.iter().enumerate() {
            address(&format!("{key}.{index}"), source)?;
        }
    }
    if let Some(otlp) = &config.telemetry.otlp {
        url("telemetry.otlp", otlp, &["http"])?;
    }
    if let Some(stamps) = &config.time_stamps {
        url("time_stamps.url", &stamps.url, &["http", "https"])?;
    }
    retention(config)?;
    witnesses(config)?;
    streams(config)?;
    case_sources(&config.case_sources)
}

fn streams(config: &Config) -> Result<(), Fault> {
    let mut names = BTreeSet::new();
    for (index, stream) in config.streams.iter().enumerate() {
        let key = format!("streams.{index}.name");
        name(&key, &stream.name)?;
        if !names.insert(&stream.name) {
            return Err(fault(&key, format!("found {:?} twice, expected each once", stream.name)));
        }
    }
    Ok(())
}

fn retention(config: &Config) -> Result<(), Fault> {
    let mut kinds = BTreeSet::new();
    for (index, rule) in config.retention.iter().enumerate() {
        let key = |name: &str| format!("retention.{index}.{name}");
        if !kinds.insert(rule.kind.as_str()) {
            return Err(fault(&key("kind"), format!("found {} twice, expected each once", rule.kind)));
        }
        if rule.notice_days > rule.days.get() {
            let found = format!("found {}, expected at most days = {}", rule.notice_days, rule.days);
            return Err(fault(&key("notice_days"), found));
        }
    }
    Ok(())
}

fn witnesses(config: &Config) -> Result<(), Fault> {
    for (index, witness) in config.witnesses.witness.iter().enumerate() {
        url(&format!("witnesses.witness.{index}.url"), &witness.url, &["http", "https"])?;
    }
    let quorum = config.witnesses.quorum().map_err(|error| fault("witnesses", error.to_string()))?;
    if quorum.needed() == 0 && !config.witnesses.is_none() {
        return Err(fault("witnesses.quorum", "found 0, expected at least 1, or no witnesses"));
    }
    Ok(())
}

fn fault(key: &str, fault: impl Into<String>) -> Fault {
    Fault { key: key.to_owned(), fault: fault.into() }
}

/// The names become the origin line of a checkpoint, which spaces, `+` and line ends would break (C2SP signed-note).
fn name(key: &str, name: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        return Err(fault(
            key,
            format!("found {name:?}, expected 1 to 64 of letters, digits, `.`, `-`, `_`"),
        ));
    }
    Ok(())
}

fn database(url: &str) -> Result<(), Fault> {
    if ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(());
    }
    // What was found may hold a password.
    Err(fault("database.url", "expected sqlite:<file>, postgres://… or postgresql://…"))
}

fn listener(section: &str, listen: &Listen) -> Result<(), Fault> {
    let Limits { header_bytes, handshakes, connections, connections_per_system, .. } = &listen.limits;
    if header_bytes.get() < HEADER_FLOOR {
        let key = format!("{section}.limits.header_bytes");
        return Err(fault(&key, format!("found {header_bytes}, expected at least {HEADER_FLOOR}")));
    }
    for (limit, value) in [("handshakes", handshakes), ("connections_per_system", connections_per_system)] {
        if value > connections {
            let key = format!("{section}.limits.{limit}");
            return Err(fault(&key, format!("found {value}, expected at most connections = {connections}")));
        }
    }
    Ok(())
}

fn admin(config: &Config) -> Result<(), Fault> {
    let listen = config.admin.listen;
    if listen.ip().is_loopback() || config.admin.allow_remote {
        return Ok(());
    }
    Err(fault("admin.listen", format!("found {listen}, expected loopback, or admin.allow_remote = true")))
}

fn address(key: &str, source: &Source) -> Result<(), Fault> {
    match source {
        Source::Address(address) => url(key, address, &["http", "https"]),
        Source::File(_) => Ok(()),
    }
}

fn url(key: &str, text: &str, schemes: &[&str]) -> Result<(), Fault> {
    let expected = || fault(key, format!("expected an address with scheme {}", schemes.join(" or ")));
    let parsed: http::Uri = text.parse().map_err(|_| expected())?;
    let scheme = parsed.scheme_str().unwrap_or_default();
    if parsed.host().is_none_or(str::is_empty) || !schemes.contains(&scheme) {
        return Err(expected());
    }
    Ok(())
}

fn case_sources(sources: &[CaseSource]) -> Result<(), Fault> {
    let mut codes = BTreeSet::new();
    for (index, source) in sources.iter().enumerate() {
        let key = |name: &str| format!("case_sources.{index}.{name}");
        name(&key("code"), &source.code)?;
        if !codes.insert(&source.code) {
            return Err(fault(&key("code"), format!("found {:?} twice, expected each once", source.code)));
        }
        if i64::from(source.max_age.get()) > policy::CASE_WORD_LASTS {
            let found =
                format!("found {}, expected at most {} seconds", source.max_age, policy::CASE_WORD_LASTS);
            return Err(fault(&key("max_age"), found));
        }
        if source.kinds.is_empty() {
            return Err(fault(&key("kinds"), "found none, expected at least one kind of case"));
        }
        match (source.mode, &source.url) {
            (Mode::Live, Some(address)) => url(&key("url"), address, &["https"])?,
            (Mode::Live, None) => return Err(fault(&key("url"), "is missing; a live source is asked there")),
            (Mode::Replica, Some(_)) => {
                return Err(fault(&key("url"), "is not a key here; a replica is fed, not asked"));
            }
            (Mode::Replica, None) => {}
        }
    }
    Ok(())
}
