//! Officers who go on asking whatever becomes of the node, and what must be found afterwards.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use evidence::VerifiedReceipt;
use http::Method;
use negiz_tests::channel::{Reply, runtime};
use negiz_tests::command::run;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::Node;
use negiz_tests::receipt::Verifier;
use sqlx::Connection as _;

/// The operation these officers ask for, which nobody else asks for in their country.
const ASKED: &str = "licence-by-iin";
/// What a node that cannot record, or cannot look up what it must, may say. All else would be untrue.
const HELD_BACK: [&str; 2] = ["evidence-unavailable", "case-unverifiable"];
/// How long anything may take that must come by itself.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until it is so.
pub(crate) fn until(what_if_not: &str, reached: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < deadline, "{what_if_not}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Officers at one node.
pub(crate) struct Officers<'a> {
    country: &'a Country,
    node: &'a Node,
    proofs: &'a Verifier,
    told: Mutex<Vec<VerifiedReceipt>>,
    answered: AtomicUsize,
    turned_away: AtomicUsize,
    over: AtomicBool,
}

impl<'a> Officers<'a> {
    pub(crate) fn at(country: &'a Country, node: &'a Node, proofs: &'a Verifier) -> Self {
        let (told, over) = (Mutex::default(), AtomicBool::new(false));
        let (answered, turned_away) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self { country, node, proofs, told, answered, turned_away, over }
    }

    /// Four of them ask without pause while `act` runs.
    pub(crate) fn while_they_ask(&self, act: impl FnOnce()) {
        self.over.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            // Also when `act` fails: the test would hang otherwise.
            let _over = Over(&self.over);
            for _ in 0..4 {
                scope.spawn(|| {
                    while !self.over.load(Ordering::Relaxed) {
                        self.ask();
                    }
                });
            }
            act();
        });
    }

    /// One question. Whatever receipt comes back is kept.
    pub(crate) fn ask(&self) -> Reply {
        let manifest = &self.country.manifest;
        let lead = manifest.lead();
        let channel = self.country.channel(manifest.agency(&lead.agency));
        let document = self.country.document(lead, manifest.case(lead, "criminal"), manifest.registry(ASKED));
        let body = self.country.hand(lead).cms(&bytes(&document));
        let reply = channel.call(&self.node.exchange, Method::POST, "/v1/requests", Some(CMS), body);
        let reply = reply.unwrap_or_else(|broken| panic!("{broken}: {}", self.node.process().errors()));
        let (code, said) = (reply.code(), reply.json());
        match code.as_str() {
            "answered" => self.answered.fetch_add(1, Ordering::Relaxed),
            code if HELD_BACK.contains(&code) => self.turned_away.fetch_add(1, Ordering::Relaxed),
            _ => panic!("{}", String::from_utf8_lossy(&reply.body)),
        };
        assert_eq!(said.get("record").is_some(), code == "answered", "{said}");
        match said["receipt"].as_str() {
            Some(receipt) => self.told.lock().unwrap().push(self.proofs.verify(receipt)),
            None => assert_ne!(code, "answered", "an answer without a receipt: {said}"),
        }
        reply
    }

    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    pub(crate) fn turned_away(&self) -> usize {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// So many more are answered from now on.
    pub(crate) fn get_answers(&self, more: usize) {
        let enough = self.answered() + more;
        until("nobody is answered", || self.answered() >= enough);
    }

    /// Nobody is answered, and no registry hears of it.
    pub(crate) fn get_nothing(&self) {
        let before = asked(self.country);
        for _ in 0..5 {
            let reply = self.ask();
            let said = reply.json();
            assert_eq!((reply.code().as_str(), reply.status), ("evidence-unavailable", 503), "{said}");
            assert!(!reply.header("retry-after").is_empty());
        }
        assert_eq!(asked(self.country), before, "a registry was asked without a durable grant");
    }

    /// Every receipt is in the log at `node`, no registry was asked without a durable grant, each grant has its outcome, and the whole
    /// log verifies, witnesses included.
    pub(crate) fn find_everything(&self, node: &Node, name: &str) {
        let told = self.told.lock().unwrap();
        assert!(!told.is_empty());
        for receipt in told.iter() {
            remembered(self.country, node, self.proofs, receipt);
        }
        until("a grant has no outcome", || runtime().block_on(grants(self.country, name)).1 == 0);
        let (grants, asked) = (runtime().block_on(grants(self.country, name)).0, asked(self.country));
        assert!(asked <= grants, "{asked} questions, {grants} grants");
        assert!(u64::try_from(self.answered()).unwrap() <= asked, "what was answered was asked");
        is_sound(node);
    }
}

struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// How often the registry was asked.
pub(crate) fn asked(country: &Country) -> u64 {
    country.calls(country.manifest.registry(ASKED))
}

/// The node's log verifies from storage, and its witnesses have seen no other.
pub(crate) fn is_sound(node: &Node) {
    let done = run(&["log", "fsck", "--config", node.config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    assert!(!done.said.contains("could not be asked"), "{done:?}");
}

/// The entry of a receipt is where it was, and proven by the log as it is now.
pub(crate) fn remembered(country: &Country, node: &Node, proofs: &Verifier, receipt: &VerifiedReceipt) {
    let agency = country.manifest.agency(&country.manifest.lead().agency);
    let path = format!("/v1/requests/{}", receipt.id());
    let reply = country.channel(agency).call(&node.exchange, Method::GET, &path, None, "").unwrap();
    let again =
        proofs.verify(reply.json()["receipt"].as_str().expect("a receipt that a client got is missing"));
    assert_eq!((again.index(), again.leaf()), (receipt.index(), receipt.leaf()));
    assert!(again.head().head().size >= receipt.head().head().size);
}

/// How many grants a node's log has, and how many of them wait for an outcome.
pub(crate) async fn grants(country: &Country, node: &str) -> (u64, u64) {
    let counts = "SELECT count(*), count(*) - (SELECT count(*) FROM entries WHERE origin = $1 AND grant_idx IS NOT NULL)
                  FROM entries WHERE origin = $1 AND kind = 'grant'";
    let origin = format!("negiz.demo/{node}");
    let (grants, open): (i64, i64) = match &country.database {
        Some(url) => {
            let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
            sqlx::query_as(counts).bind(origin).fetch_one(&mut connection).await.unwrap()
        }
        None => {
            let file = country.path("negiz.db");
            let mut connection = sqlx::SqliteConnection::connect(file.to_str().unwrap()).await.unwrap();
            sqlx::query_as(counts).bind(origin).fetch_one(&mut connection).await.unwrap()
        }
    };
    (grants.try_into().unwrap(), open.try_into().unwrap())
}
