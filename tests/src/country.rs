//! A demonstration country that runs for the tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{RwLock, RwLockReadGuard};
use std::time::Duration;

use evidence::{Digest, Outcome, VerifiedReceipt};
use http::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use crate::channel::{Channel, Reply, get, runtime};
use crate::command::run;
use crate::contract;
use crate::described;
use crate::document::{bytes, document, seconds_from_now};
use crate::manifest::{Agency, Case, Manifest, Officer, Registry};
use crate::process::{Ended, Process};
use crate::receipt::Verifier;
use crate::sign::Hand;

/// DER CMS.
pub const CMS: &str = "application/cms";
/// Compact JWS.
pub const JOSE: &str = "application/jose";

/// A running demonstration.
#[derive(Debug)]
pub struct Country {
    /// Its directory.
    pub directory: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Where its state is, if not in the directory.
    pub database: Option<String>,
    /// What it printed up to `ready`.
    pub guide: Vec<String>,
    process: Process,
    verifier: Verifier,
    /// Held for writing by whoever raises the registries' counters beyond what the other tests count.
    quiet: RwLock<()>,
    serial: AtomicU64,
}

impl Country {
    /// Starts a country in a fresh directory that goes with it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(database: Option<&str>) -> Self {
        let directory = tempfile::Builder::new().prefix("negiz-test.").tempdir().expect("a directory").keep();
        Self::launch(&directory, database, true).unwrap_or_else(|ended| panic!("the demo ended: {ended:?}"))
    }

    /// Starts a country in a directory that stays.
    ///
    /// # Errors
    /// When the process ends instead.
    pub fn start_in(directory: &Path, database: Option<&str>) -> Result<Self, Ended> {
        Self::launch(directory, database, false)
    }

    fn launch(directory: &Path, database: Option<&str>, litter: bool) -> Result<Self, Ended> {
        let name = directory.to_str().expect("a name");
        let mut arguments = vec!["demo", "--dir", name, "--exchange", "0", "--console", "0", "--admin", "0"];
        if let Some(url) = database {
            arguments.extend(["--database", url]);
        }
        let errors = directory.join("stderr.log");
        let process = Process::start(&arguments, &errors, litter.then_some(directory));
        let guide = process.ready()?;
        let manifest = Manifest::read(directory);
        let witnesses: Vec<&str> = manifest.witnesses.iter().map(|witness| witness.vkey.as_str()).collect();
        let verifier = Verifier::new(&directory.join(&manifest.jwks), &[&manifest.log_vkey]);
        let verifier = verifier.witnessed(&witnesses);
        let country = Self {
            directory: directory.to_path_buf(),
            manifest,
            database: database.map(str::to_owned),
            guide,
            process,
            verifier,
            quiet: RwLock::new(()),
            serial: AtomicU64::new(1),
        };
        let channel = country.system("console-operator");
        described::learn(&channel, &country.manifest.exchange, &country.manifest.console);
        Ok(country)
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Checks receipts.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// A file of the demonstration.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Runs `act` while no other test that counts calls runs.
    pub fn alone<T>(&self, act: impl FnOnce() -> T) -> T {
        let _guard = self.quiet.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        act()
    }

    /// Held by tests that count calls of operations of their own.
    pub fn counting(&self) -> RwLockReadGuard<'_, ()> {
        self.quiet.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How often a registry's operation was really asked.
    #[must_use]
    pub fn calls(&self, registry: &Registry) -> u64 {
        let counts = get(&self.manifest.registry_calls).json();
        counts[format!("{}/{}", registry.code, registry.operation)].as_u64().unwrap_or(0)
    }

    /// The channel of an agency's system.
    #[must_use]
    pub fn channel(&self, agency: &Agency) -> Channel {
        Channel::open(&self.path(&self.manifest.tls_ca), &self.path(&agency.cert), &self.path(&agency.key))
    }

    /// The channel of a system that is in the directory but not in the manifest.
    #[must_use]
    pub fn system(&self, name: &str) -> Channel {
        let file = |ending: &str| self.path(&format!("systems/{name}.{ending}"));
        Channel::open(&self.path(&self.manifest.tls_ca), &file("pem"), &file("key"))
    }

    /// An officer's pen.
    #[must_use]
    pub fn hand(&self, officer: &Officer) -> Hand {
        Hand::of(&self.directory, officer)
    }

    /// A document in an officer's name that lacks nothing.
    #[must_use]
    pub fn document(&self, officer: &Officer, case: &Case, registry: &Registry) -> Value {
        document(&self.manifest.agency(&officer.agency).bin, case, registry)
    }

    /// The lead officer's question about a person in a criminal case of their own.
    #[must_use]
    pub fn question(&self) -> Value {
        let lead = self.manifest.lead();
        let case = self.manifest.case(lead, "criminal");
        self.document(lead, case, self.manifest.registry("person-by-iin"))
    }

    /// Sends a signed request through the system of `agency`.
    ///
    /// # Panics
    /// When no answer came.
    #[must_use]
    pub fn post(&self, agency: &str, media_type: &str, body: Vec<u8>) -> Reply {
        self.post_to(&self.manifest.exchange, agency, media_type, body)
    }

    /// The same at another node.
    ///
    /// # Panics
    /// When no answer came.
    #[must_use]
    pub fn post_to(&self, exchange: &str, agency: &str, media_type: &str, body: Vec<u8>) -> Reply {
        let channel = self.channel(self.manifest.agency(agency));
        channel.call(exchange, Method::POST, "/v1/requests", Some(media_type), body).expect("an answer")
    }

    /// GET from an agency's system.
    ///
    /// # Panics
    /// When no answer came.
    #[must_use]
    pub fn get(&self, agency: &str, path: &str) -> Reply {
        let channel = self.channel(self.manifest.agency(agency));
        channel.call(&self.manifest.exchange, Method::GET, path, None, "").expect("an answer")
    }

    /// Signs with CMS and sends through the officer's own agency.
    #[must_use]
    pub fn ask(&self, officer: &Officer, document: &Value) -> Reply {
        self.post(&officer.agency, CMS, self.hand(officer).cms(&bytes(document)))
    }

    /// Holds an answer to everything that the contract says of a 200.
    ///
    /// # Panics
    /// When something is missing or wrong.
    pub fn answered(&self, document: &Value, reply: &Reply) -> VerifiedReceipt {
        assert_eq!(reply.code(), "answered", "{}", String::from_utf8_lossy(&reply.body));
        assert!(reply.header("content-type").starts_with("application/json"));
        let body = reply.json();
        let receipt = self.verifier.verify(body["receipt"].as_str().expect("a receipt"));
        let digest = Digest::of(&bytes(document));
        assert_eq!(*receipt.request(), digest, "the receipt is about these very bytes");
        assert_eq!(body["request"], json!({ "id": document["id"], "digest": digest.to_string() }));
        assert_eq!(receipt.id(), document["id"].as_str().expect("an id"));
        assert!(receipt.answers(&body["record"]), "the receipt has the digest of the record");
        let bound = &body["restrictions"];
        assert_eq!(bound["purpose"], document["purpose"]);
        assert_eq!(bound["case"]["number"], document["basis"]["case"]);
        assert_eq!(bound["storage"], "case-material-only");
        assert_eq!(bound["onward-transfer"], "prohibited");
        assert_eq!(bound["destroy-with"], "case-material");
        receipt
    }

    /// Holds a refusal to everything that the contract says of one.
    ///
    /// # Panics
    /// When something is missing or wrong.
    pub fn refused(&self, code: &str, reply: &Reply) -> Option<VerifiedReceipt> {
        let said = String::from_utf8_lossy(&reply.body);
        assert_eq!(reply.code(), code, "{said}");
        assert_eq!(reply.status, contract::status(code), "{said}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        let body = reply.json();
        for member in ["title", "detail", "clause"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {said}");
        }
        assert_eq!(body["status"], reply.status);
        if matches!(reply.status, 429 | 503) {
            assert!(reply.header("retry-after").parse::<u32>().is_ok(), "no Retry-After: {said}");
        }
        let Some(receipt) = body["receipt"].as_str() else {
            assert!(contract::WITHOUT_RECEIPT.contains(&code), "no receipt: {said}");
            return None;
        };
        let receipt = self.verifier.verify(receipt);
        match receipt.outcome() {
            Outcome::Refused(named) | Outcome::Failed(named) => assert_eq!(named.to_string(), code),
            Outcome::Answered(_) => panic!("the receipt of a refusal says answered"),
        }
        Some(receipt)
    }

    /// Reports the state of cases as the case registry does: once more where as many reports are under way as one sender may have.
    ///
    /// # Panics
    /// When no answer came, or none but that for a minute.
    #[must_use]
    pub fn feed(&self, feed: &Value) -> Reply {
        let (address, channel, body) = (&self.manifest.exchange, self.system("case-feed"), bytes(feed));
        let feed = || {
            let call =
                channel.call(address, Method::PUT, "/v1/cases", Some("application/json"), body.clone());
            call.expect("an answer")
        };
        for _ in 0..600 {
            match feed() {
                reply if reply.status == 429 => std::thread::sleep(Duration::from_millis(100)),
                reply => return reply,
            }
        }
        panic!("the sender was kept waiting for a minute");
    }

    /// A criminal case that no other test knows, open in `holder`'s production, as the case registry reports it.
    ///
    /// # Panics
    /// When the report is not taken.
    #[must_use]
    pub fn new_case(&self, holder: &Officer) -> Case {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let case = Case {
            kind: "criminal".to_owned(),
            number: format!("T{}-{serial}", self.process.pid()),
            status: "open".to_owned(),
            agency: holder.agency.clone(),
            holder: holder.iin.clone(),
        };
        let reply = self.feed(&json!({ "as-of": seconds_from_now(0), "cases": [self.state(&case, 1)] }));
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        case
    }

    /// Holds that `negiz log fsck` with these arguments too finds nothing wrong with the log of the country's own node.
    ///
    /// # Panics
    /// With what it found.
    pub fn is_sound(&self, more: &[&str]) {
        let config = self.path("negiz.toml");
        let done = run(&[&["log", "fsck", "--config", config.to_str().expect("a name")], more].concat());
        assert_eq!(done.status, 0, "{done:?}");
    }

    /// Texts out of the country's database, past the gateway.
    ///
    /// # Panics
    /// When the statement fails.
    pub fn texts(&self, statement: &str) -> Vec<String> {
        let statement = AssertSqlSafe(statement.to_owned());
        runtime().block_on(async {
            if let Some(url) = &self.database {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                return sqlx::query_scalar(statement).fetch_all(&mut connection).await.expect("texts");
            }
            let url = format!("sqlite:{}", self.path("negiz.db").display());
            let mut connection = SqliteConnection::connect(&url).await.expect("a connection");
            sqlx::query_scalar(statement).fetch_all(&mut connection).await.expect("texts")
        })
    }

    /// The condition, in the words of this country's database, that a row is of the request with this id.
    #[must_use]
    pub fn is_request(&self, id: &Value) -> String {
        let id = id.as_str().expect("an id");
        match self.database {
            Some(_) => format!("request = '{id}'::uuid"),
            None => format!("hex(request) = '{}'", id.replace('-', "").to_uppercase()),
        }
    }

    /// A case as a feed names it.
    #[must_use]
    pub fn state(&self, case: &Case, version: u64) -> Value {
        json!({
            "kind": case.kind,
            "number": case.number,
            "status": case.status,
            "agency": self.manifest.agency(&case.agency).bin,
            "holders": [case.holder],
            "version": version,
        })
    }
}
