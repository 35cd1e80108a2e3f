//! What `/readyz` looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use evidence::LogSigner;

use crate::admin::{Check, Finding};
use crate::authorities::lists::Lists;
use crate::clock::Clock;
use crate::exchange::Exchange;
use crate::journal::edge;
use crate::keys::Roster;
use crate::registries::ask::RegistryClient;
use crate::registries::breaker::State;
use crate::replica::SourceMode;
use crate::serve::start::Parts;
use crate::store::Store;
use crate::telemetry::metrics;
use crate::witnesses::Standing;

/// All checks of a node.
pub(super) fn all(
    parts: &Parts,
    exchange: &Arc<Exchange>,
    journal: Journal,
    roster: &Roster,
) -> Vec<Arc<dyn Check>> {
    let (store, clock) = (Arc::clone(&parts.store), Arc::clone(&parts.clock));
    let exchange = Arc::clone(exchange);
    let mut all: Vec<Arc<dyn Check>> = vec![
        Arc::new(Database { store: Arc::clone(&store) }),
        Arc::new(journal),
        Arc::new(CaseSources { store, exchange, clock: Arc::clone(&clock) }),
        Arc::new(Breakers { client: Arc::clone(&parts.client) }),
    ];
    for (name, lists) in
        [("revocation", parts.authorities.lists()), ("client-revocation", parts.clients.lists())]
    {
        all.push(Arc::new(Revocation { name, lists: Arc::clone(lists), clock: Arc::clone(&clock) }));
    }
    if parts.standing.is_asked() {
        all.push(Arc::new(Quorum { standing: Arc::clone(&parts.standing) }));
    }
    all.push(Arc::new(TokenKeys { roster: roster.clone() }));
    all
}

/// Whether enough witnesses cosign; without them no receipt leaves.
#[derive(Debug)]
struct Quorum {
    standing: Arc<Standing>,
}

#[async_trait]
impl Check for Quorum {
    fn name(&self) -> &str {
        "witnesses"
    }

    fn is_critical(&self) -> bool {
        true
    }

    async fn look(&self) -> Finding {
        let quorum = self.standing.quorum();
        let (needed, known) = (quorum.needed(), quorum.witnesses().len());
        match self.standing.is_quorate() {
            true => Finding::good(format!("{needed} of {known} cosign")),
            false => Finding::failed(format!("fewer than {needed} of {known} cosign; nothing is answered")),
        }
    }
}

/// Whether the keys that are in tokens sign. Each is asked for a signature.
#[derive(Debug)]
struct TokenKeys {
    roster: Roster,
}

#[async_trait]
impl Check for TokenKeys {
    fn name(&self) -> &str {
        "keys"
    }

    fn is_critical(&self) -> bool {
        true
    }

    async fn look(&self) -> Finding {
        let all = self.roster.all();
        if all.is_empty() {
            return Finding::good("none is in a token");
        }
        let names = all.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let prove = move || all.into_iter().find_map(|(name, key)| Some((name, key.prove().err()?)));
        match tokio::task::spawn_blocking(prove).await {
            Ok(None) => Finding::good(format!("the tokens sign with {names}")),
            Ok(Some((name, error))) => Finding::failed(format!("{name}: {error}; nothing is answered")),
            Err(_) => Finding::failed("the tokens were not asked; nothing is answered"),
        }
    }
}

/// The database.
#[derive(Debug)]
struct Database {
    store: Arc<dyn Store>,
}

#[async_trait]
impl Check for Database {
    fn name(&self) -> &str {
        "database"
    }

    fn is_critical(&self) -> bool {
        true
    }

    async fn look(&self) -> Finding {
        match self.store.ping().await {
            Ok(()) => Finding::good("it answers"),
            Err(_) => Finding::failed("it does not answer; nothing can be recorded, so nothing is answered"),
        }
    }
}

/// Whether entries can be written: they must, before anything else happens.
#[derive(Debug)]
pub(super) struct Journal {
    pub store: Arc<dyn Store>,
    pub signer: Arc<LogSigner>,
    /// Whether the last batch was not written.
    pub failing: Arc<AtomicBool>,
}

#[async_trait]
impl Check for Journal {
    fn name(&self) -> &str {
        "journal"
    }

    fn is_critical(&self) -> bool {
        true
    }

    /// After a failure the log is looked at again, for a node that is not ready gets no request to try it with.
    async fn look(&self) -> Finding {
        if !self.failing.load(Ordering::Relaxed) {
            return Finding::good("the last entry was written and signed");
        }
        match edge(&*self.store, &self.signer).await {
            Ok(_) => Finding::degraded("the last entry was not written; the log itself is sound"),
            Err(_) => {
                Finding::failed("the log cannot go on; nothing can be recorded, so nothing is answered")
            }
        }
    }
}

/// Whether the case registries' word is fresh enough to rely on.
#[derive(Debug)]
struct CaseSources {
    store: Arc<dyn Store>,
    exchange: Arc<Exchange>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Check for CaseSources {
    fn name(&self) -> &str {
        "case-sources"
    }

    fn is_critical(&self) -> bool {
        false
    }

    async fn look(&self) -> Finding {
        let Ok(sources) = self.store.case_sources().await else {
            return Finding::failed("they cannot be read");
        };
        let now = self.clock.now();
        let silent = self.exchange.cases.silent().await;
        let mut stale = Vec::new();
        for source in sources.iter().filter(|source| source.mode == SourceMode::Replica) {
            let age = source.as_of.map(|as_of| now.since(as_of).div_euclid(1000));
            if let Some(seconds) = age {
                metrics::case_source_age(&source.code, seconds);
            }
            if age.is_none_or(|seconds| seconds > i64::from(source.max_age)) {
                stale.push(source.code.as_str());
            }
        }
        let told = [("too old to rely on", stale), ("not answering", silent)];
        let told = told.iter().filter(|(_, codes)| !codes.is_empty());
        let told: Vec<String> = told.map(|(what, codes)| format!("{what}: {}", codes.join(", "))).collect();
        match told.is_empty() {
            true => Finding::good(format!("{} connected", sources.len())),
            false => Finding::degraded(told.join("; ")),
        }
    }
}

/// Whether the authorities' lists are held and valid.
#[derive(Debug)]
struct Revocation {
    name: &'static str,
    lists: Arc<Lists>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Check for Revocation {
    fn name(&self) -> &str {
        self.name
    }

    fn is_critical(&self) -> bool {
        false
    }

    async fn look(&self) -> Finding {
        let now = self.clock.now().seconds();
        let held = self.lists.held();
        let usable: Vec<_> = held.iter().filter(|held| held.usable_until >= now).collect();
        let (lists, wanted, answers) = (usable.len(), self.lists.sources(), self.lists.answers());
        let oldest = usable.iter().map(|held| now.saturating_sub(held.this_update)).max().unwrap_or(0);
        let left = usable.iter().map(|held| held.usable_until.saturating_sub(now)).min().unwrap_or(0);
        let ages = format!("the oldest of {oldest} s, the first to end in {left} s; {answers} answers held");
        match lists >= wanted {
            true => Finding::good(format!("{lists} lists held, {ages}")),
            false => Finding::degraded(format!("{lists} of {wanted} lists held, {ages}; unknown refuses")),
        }
    }
}

/// Whether registries are being asked or given a rest.
#[derive(Debug)]
struct Breakers {
    client: Arc<RegistryClient>,
}

#[async_trait]
impl Check for Breakers {
    fn name(&self) -> &str {
        "registries"
    }

    fn is_critical(&self) -> bool {
        false
    }

    async fn look(&self) -> Finding {
        let open: Vec<String> = self
            .client
            .breakers()
            .into_iter()
            .filter(|(_, state)| *state != State::Closed)
            .map(|(code, _)| code)
            .collect();
        match open.is_empty() {
            true => Finding::good("none is given a rest"),
            false => Finding::degraded(format!("given a rest: {}", open.join(", "))),
        }
    }
}
