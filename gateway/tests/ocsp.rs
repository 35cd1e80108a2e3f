//! Asking the authorities' responders about single certificates (SLS 16-2(1)), with a clock in the hand.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::post;
use certs::algorithm::KeyKind;
use certs::issue::ocsp::{Identity, Instants, Request, Responder, State};
use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};
use certs::path::Certificate;
use certs::trust::{Unanswered, Which};
use gateway::authorities::Authorities;
use gateway::clock::{Clock, Millis};
use gateway::config::{Asking, Seconds, Trust as Settings};
use gateway::trust::Trust;
use tempfile::TempDir;

const NOW: i64 = 1_782_864_000; // 2026-07-01
const LIFE: i64 = 600;

#[derive(Debug)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst) * 1000)
    }
}

/// How the responder behaves, by number.
const HONEST: usize = 0;
const AWAY: usize = 1;
const ANOTHERS_NONCE: usize = 2;
const REVOKING: usize = 3;
const FORGED: usize = 4;

struct House {
    directory: TempDir,
    clock: Arc<Hand>,
    asked: Arc<AtomicUsize>,
    manner: Arc<AtomicUsize>,
    officer: Arc<Certificate>,
    settings: Settings,
}

fn key() -> SigningKey {
    SigningKey::generate(KeyKind::P256).unwrap()
}

fn named(text: &str) -> DistinguishedName {
    DistinguishedName::common_name(text).kazakhstan()
}

impl House {
    async fn new() -> Self {
        let (from, until) = (NOW - 86_400, NOW + 86_400 * 300);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/ocsp", listener.local_addr().unwrap());
        let profile = CertificateProfile::bare(1, named("ROOT"), from, until).authority(None);
        let root = Authority::self_signed(&profile, key()).unwrap();
        let name = named("ТЕСТОВ").iin(&"900101300017".parse().unwrap());
        let profile = CertificateProfile::bare(100, name, from, until)
            .signing(&[purpose::EMPLOYEE])
            .with_urls("http://127.0.0.1:1/crl", &address, "http://127.0.0.1:1/ca");
        let officer = root.certify(&profile, key().spki_der()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("anchors")).unwrap();
        std::fs::write(directory.path().join("anchors/root.cer"), root.certificate()).unwrap();
        let settings = Settings {
            anchors: directory.path().join("anchors"),
            profile: "national".to_owned(),
            crl: Vec::new(),
            ocsp: Vec::new(),
            ask: Asking::Unknown,
            refresh_seconds: Seconds::of(600),
            cache: directory.path().join("cache"),
        };
        let clock = Arc::new(Hand(AtomicI64::new(NOW)));
        let (asked, manner) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let router = Router::new().route("/ocsp", post(responder(root, &clock, &asked, &manner)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { directory, clock, asked, manner, officer: Certificate::parse(&officer).unwrap(), settings }
    }

    fn open(&self) -> (Arc<Authorities>, Trust) {
        let authorities = Arc::new(Authorities::open(&self.settings, self.clock.clone()).unwrap());
        let trust = Trust::asking(authorities.verifier(), Arc::clone(&authorities));
        (authorities, trust)
    }

    fn wanted(&self, trust: &Trust) -> Vec<Unanswered> {
        let now = self.clock.now().seconds();
        trust.current().unanswered_on_path(&self.officer, &[], now, Which::Unknown)
    }

    /// What is thought of the officer's certificate.
    fn verdict(&self, trust: &Trust) -> Result<(), &'static str> {
        let now = self.clock.now().seconds();
        let judged = trust.current().inspect_certificate(&self.officer, &[], None, now);
        judged.map(drop).map_err(|untrusted| untrusted.code())
    }

    fn behaves(&self, manner: usize) {
        self.manner.store(manner, Ordering::SeqCst);
    }

    fn later(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn responder(
    root: Authority,
    clock: &Arc<Hand>,
    asked: &Arc<AtomicUsize>,
    manner: &Arc<AtomicUsize>,
) -> impl Fn(Bytes) -> std::future::Ready<axum::response::Response> + Clone + Send + Sync + 'static {
    let root = Arc::new(root);
    let profile = CertificateProfile::bare(1, named("ROOT"), NOW - 86_400, NOW + 86_400).authority(None);
    let twin = Arc::new(Authority::self_signed(&profile, key()).unwrap());
    let (clock, asked, manner) = (Arc::clone(clock), Arc::clone(asked), Arc::clone(manner));
    move |question: Bytes| {
        asked.fetch_add(1, Ordering::SeqCst);
        let manner = manner.load(Ordering::SeqCst);
        if manner == AWAY {
            return std::future::ready(StatusCode::SERVICE_UNAVAILABLE.into_response());
        }
        let now = clock.now().seconds();
        let mut request = Request::parse(&question).unwrap();
        assert!(request.nonce.is_some(), "the question has a nonce");
        if manner == ANOTHERS_NONCE {
            request.nonce = Some(vec![0x04, 1, 9]);
        }
        let authority = if manner == FORGED { &twin } else { &root };
        let state = match manner {
            REVOKING => State::Revoked { since: now, reason: None },
            _ => State::Good,
        };
        let instants = Instants { produced: now, this_update: now, next_update: Some(now + LIFE) };
        let answer = Responder { authority, identity: Identity::Name, attached: false }
            .respond(&request, instants, |_| state)
            .unwrap();
        std::future::ready(answer.into_response())
    }
}

#[tokio::test]
async fn an_authority_is_asked_once_and_its_answer_holds_until_it_ends() {
    let house = House::new().await;
    let (authorities, trust) = house.open();
    assert_eq!(house.verdict(&trust), Err("revocation-unknown"));
    let wanted = house.wanted(&trust);
    assert_eq!(wanted.len(), 1);
    let many = futures_util::future::join_all((0..20).map(|_| authorities.learn(&trust, &wanted))).await;
    assert!(many.into_iter().all(|learnt| learnt));
    assert_eq!((house.asked(), house.verdict(&trust)), (1, Ok(())), "twenty requests ask once");
    assert_eq!(authorities.answers(), 1);
    // The authority goes away: what it said holds for as long as it said, and not a second longer.
    house.behaves(AWAY);
    house.later(LIFE);
    assert_eq!((house.verdict(&trust), house.wanted(&trust).len()), (Ok(()), 0));
    house.later(1);
    assert_eq!(house.verdict(&trust), Err("revocation-unknown"));
    assert!(!authorities.learn(&trust, &house.wanted(&trust)).await);
    assert_eq!(house.verdict(&trust), Err("revocation-unknown"));
    // A responder that failed is left alone: an outage does not cost every request its patience.
    let before = house.asked();
    assert!(!authorities.learn(&trust, &house.wanted(&trust)).await);
    assert_eq!(house.asked(), before);
}

#[tokio::test]
async fn an_answer_outlives_a_restart_in_an_outage() {
    let house = House::new().await;
    let (authorities, trust) = house.open();
    assert!(authorities.learn(&trust, &house.wanted(&trust)).await);
    house.behaves(AWAY);
    let (restarted, trust) = house.open();
    assert_eq!((restarted.answers(), house.verdict(&trust)), (1, Ok(())));
    house.later(LIFE + 1);
    let (restarted, trust) = house.open();
    assert_eq!((restarted.answers(), house.verdict(&trust)), (0, Err("revocation-unknown")));
    let kept = std::fs::read_dir(house.directory.path().join("cache")).unwrap().count();
    assert_eq!(kept, 0, "what ended is not kept");
}

#[tokio::test]
async fn revoked_is_revoked() {
    let house = House::new().await;
    let (authorities, trust) = house.open();
    house.behaves(REVOKING);
    assert!(authorities.learn(&trust, &house.wanted(&trust)).await);
    assert_eq!(house.verdict(&trust), Err("certificate-revoked"));
}

#[tokio::test]
async fn an_answer_to_another_question_or_of_another_key_is_none() {
    for manner in [ANOTHERS_NONCE, FORGED] {
        let house = House::new().await;
        let (authorities, trust) = house.open();
        house.behaves(manner);
        assert!(!authorities.learn(&trust, &house.wanted(&trust)).await);
        assert_eq!((house.verdict(&trust), authorities.answers()), (Err("revocation-unknown"), 0));
        assert!(house.asked() >= 1);
    }
}

#[tokio::test]
async fn anchors_that_are_gone_take_their_answers_along() {
    let house = House::new().await;
    let (authorities, trust) = house.open();
    assert!(authorities.learn(&trust, &house.wanted(&trust)).await);
    house.behaves(HONEST);
    let folder = house.directory.path().join("anchors");
    let profile = CertificateProfile::bare(9, named("OTHER"), NOW - 5, NOW + 86_400).authority(None);
    let other = Authority::self_signed(&profile, key()).unwrap();
    std::fs::remove_file(folder.join("root.cer")).unwrap();
    assert!(authorities.anchors().is_err(), "a folder without anchors changes nothing");
    assert_eq!(house.verdict(&trust), Ok(()));
    std::fs::write(folder.join("other.cer"), other.certificate()).unwrap();
    authorities.put_under(authorities.anchors().unwrap(), &trust);
    assert_eq!((house.verdict(&trust), authorities.answers()), (Err("certificate-untrusted"), 0));
}
