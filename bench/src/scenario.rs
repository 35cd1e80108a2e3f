//! What is asked of whom, and how hard.

use std::time::Duration;

use crate::figure::Spread;
use crate::fill::Size;
use crate::load::{Clients, Crew, Form, Outcome, Pace, SHAKEN, Target, shake_hands};
use crate::machine::Watch;
use crate::peer::Peer;
use crate::sheaf::{Cited, Envelope, Hand, Sheaf};
use crate::tls::Offer;
use crate::{Fault, cpu};

/// CPU time of each part of a stack so far.
type Used = Vec<(&'static str, Duration)>;

/// Requests before those that count.
const WARM_UP: usize = 300;

/// One row of the report.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Names the peer.
    pub(crate) peer: &'static str,
    /// What is asked, in words.
    pub(crate) what: &'static str,
    pub(crate) hand: Hand,
    pub(crate) form: Form,
    pub(crate) pace: Pace,
    pub(crate) connections: usize,
    pub(crate) requests: usize,
    pub(crate) status: u16,
    pub(crate) rounds: Vec<Round>,
}

/// One measurement.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Round {
    /// CPU microseconds per request, over all parts.
    pub(crate) cpu: f64,
    pub(crate) parts: Vec<(&'static str, f64)>,
    pub(crate) per_second: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) most: f64,
    /// The share of the machine that others took meanwhile.
    pub(crate) others: f64,
}

impl Scenario {
    pub(crate) fn name(&self) -> String {
        let load = match self.pace {
            Pace::Closed if self.is_handshake() => format!("{} at once", self.connections),
            Pace::Closed => format!("closed loop, {} connections", self.connections),
            Pace::Open(rate) => format!("open loop, {rate}/s on {} connections", self.connections),
        };
        format!("{}: {} ({load})", self.peer, self.what)
    }

    pub(crate) fn is_handshake(&self) -> bool {
        matches!(self.form, Form::Handshake(..))
    }

    /// Measures once.
    pub(crate) async fn measure(&mut self, peer: &Peer, sheaf: &Sheaf) -> Result<(), Fault> {
        let (tls, form) = (peer.tls.client(&self.form), self.form.clone());
        let target = Target { place: peer.place, tls, form };
        if self.is_handshake() {
            return self.measure_handshakes(peer, &target).await;
        }
        let signed = sheaf.sign(self.requests)?;
        let mut crew = Crew::connect(&target, self.connections).await?;
        let warm = crew.send(sheaf.sign(WARM_UP)?, Pace::Closed).await?;
        warm.expect(self.status)?;
        let watch = Watch::start()?;
        let before = peer.cpu();
        let outcome = crew.send(signed, self.pace).await?;
        self.note(&outcome, peer, before, &watch)
    }

    async fn measure_handshakes(&mut self, peer: &Peer, target: &Target) -> Result<(), Fault> {
        shake_hands(target, WARM_UP, self.connections).await?.expect(self.status)?;
        let watch = Watch::start()?;
        let before = peer.cpu();
        let outcome = shake_hands(target, self.requests, self.connections).await?;
        self.note(&outcome, peer, before, &watch)
    }

    fn note(&mut self, outcome: &Outcome, peer: &Peer, before: Used, watch: &Watch) -> Result<(), Fault> {
        let used = peer.cpu().into_iter().zip(before);
        let parts: Vec<_> =
            used.map(|((name, after), (_, before))| (name, after.saturating_sub(before))).collect();
        outcome.expect(self.status)?;
        self.rounds.push(Round::of(outcome, &parts, watch.others()?));
        Ok(())
    }

    pub(crate) fn all(&self, of: impl Fn(&Round) -> f64) -> Vec<f64> {
        self.rounds.iter().map(of).collect()
    }

    pub(crate) fn spread(&self, of: impl Fn(&Round) -> f64) -> Result<Spread, Fault> {
        Spread::of(&self.all(of)).ok_or_else(|| "nothing was measured".into())
    }
}

impl Round {
    fn of(outcome: &Outcome, parts: &[(&'static str, Duration)], others: f64) -> Self {
        let requests = outcome.requests() as f64;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / requests;
        Self {
            cpu: each(parts.iter().map(|(_, time)| *time).sum()),
            parts: parts.iter().map(|(name, time)| (*name, each(*time))).collect(),
            per_second: outcome.per_second(),
            p50: outcome.quantile(0.5),
            p99: outcome.quantile(0.99),
            most: outcome.quantile(1.0),
            others,
        }
    }
}

const JWS: Form = Form::Body { path: "/v1/requests", media_type: Envelope::Jws.media_type() };
const CMS: Form = Form::Body { path: "/v1/requests", media_type: Envelope::Cms.media_type() };
const POSTED: Form = Form::Body { path: "/record", media_type: Envelope::Jws.media_type() };
const SHOWN: Form = Form::Header { path: "/record", name: "x-document" };

fn hand(officer: &str, envelope: Envelope, cited: Cited) -> Hand {
    Hand { officer: officer.to_owned(), envelope, cited }
}

/// The same request, one in four the first in its case.
pub(crate) const MANY_CITED: &str = "JWS, P-256, many officers and cases";
/// What a country has whose officers ask in all their cases.
pub(crate) const MANY: Size = Size { entries: 0, ..Size::step(1) };

/// Everything that is measured in each round, in turn. `size` scales the number of requests.
pub(crate) fn all(size: f64) -> Vec<Scenario> {
    let scaled = |requests: u32| (f64::from(requests) * size).round().max(50.0);
    let scenario = |peer, what, hand, form, (pace, connections), requests, status| Scenario {
        peer,
        what,
        hand,
        form,
        pace,
        connections,
        requests: count(scaled(requests)),
        status,
        rounds: Vec::new(),
    };
    let (full, alone, steady) = ((Pace::Closed, 64), (Pace::Closed, 1), (Pace::Open(1500), 64));
    let p256 = || hand("akhmetov", Envelope::Jws, Cited::Open);
    let mut all = Vec::new();
    for peer in ["negiz-sqlite", "negiz-postgres"] {
        let cms = |officer| hand(officer, Envelope::Cms, Cited::Open);
        let refused = hand("akhmetov", Envelope::Jws, Cited::Closed);
        let many = hand("akhmetov", Envelope::Jws, Cited::Any(MANY.cases));
        all.extend([
            scenario(peer, "JWS, P-256", p256(), JWS, full, 8_000, 200),
            scenario(peer, MANY_CITED, many, JWS, full, 8_000, 200),
            scenario(peer, "CMS, P-256", cms("akhmetov"), CMS, full, 8_000, 200),
            scenario(peer, "CMS, RSA-2048", cms("bekova"), CMS, full, 5_000, 200),
            scenario(peer, "CMS, GOST-2015", cms("chernov"), CMS, full, 2_000, 200),
            scenario(peer, "refused: case closed", refused, JWS, full, 8_000, 403),
            scenario(peer, "JWS, P-256", p256(), JWS, alone, 600, 200),
            scenario(peer, "JWS, P-256", p256(), JWS, steady, 4_500, 200),
        ]);
    }
    for (peer, form, requests) in [
        ("nginx", POSTED, 15_000),
        ("haproxy", POSTED, 15_000),
        ("envoy", POSTED, 15_000),
        ("fastapi", SHOWN, 3_000),
        ("rust", SHOWN, 6_000),
    ] {
        all.extend([
            scenario(peer, "JWS, P-256", p256(), form.clone(), full, requests, 200),
            scenario(peer, "JWS, P-256", p256(), form.clone(), alone, 600, 200),
            scenario(peer, "JWS, P-256", p256(), form, steady, 4_500, 200),
        ]);
    }
    for (peer, what, clients, offer) in [
        ("negiz-revoked", HANDSHAKE, Clients::Known, Offer::Alike),
        ("negiz-revoked", FIRST_HANDSHAKE, Clients::New, Offer::Alike),
        ("negiz-revoked", POST_QUANTUM_HANDSHAKE, Clients::New, Offer::Preferred),
        ("nginx", FIRST_HANDSHAKE, Clients::New, Offer::Alike),
        ("haproxy", FIRST_HANDSHAKE, Clients::New, Offer::Alike),
        ("envoy", FIRST_HANDSHAKE, Clients::New, Offer::Alike),
    ] {
        let form = Form::Handshake(clients, offer);
        all.push(scenario(peer, what, p256(), form, (Pace::Closed, 16), 4_500, SHAKEN));
    }
    all
}

/// What is measured of handshakes: a client that comes back, and others each of which comes for the first time. It is all the same to nginx,
/// HAProxy and Envoy, which remember nobody.
pub(crate) const HANDSHAKE: &str = "handshake, known client";
pub(crate) const FIRST_HANDSHAKE: &str = "handshake, new clients";
/// The same with the key exchange that Negiz and its clients agree on, which not every peer knows.
const POST_QUANTUM_HANDSHAKE: &str = "handshake, new, post-quantum";

/// The plain request alone, saturated, of so many cases.
pub(crate) fn of_many(requests: usize, cases: u64) -> Scenario {
    Scenario {
        peer: "negiz",
        what: "JWS, P-256",
        hand: hand("akhmetov", Envelope::Jws, Cited::Any(cases)),
        form: JWS,
        pace: Pace::Closed,
        connections: 64,
        requests,
        status: 200,
        rounds: Vec::new(),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rounded count of requests")]
fn count(requests: f64) -> usize {
    requests as usize
}

/// Memory of a process in MiB.
pub(crate) fn mebibytes(pid: u32) -> Result<f64, Fault> {
    Ok(cpu::resident(pid)? as f64 / 1_048_576.0)
}
