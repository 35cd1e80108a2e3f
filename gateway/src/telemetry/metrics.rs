//! Figures for monitoring, in the Prometheus text format.
//!
//! One function for each fact, so that names and labels are fixed here and nowhere else. Labels come from closed lists
//! and from configuration, never from clients, and never name a person.

mod cell;
mod family;
mod label;
mod process;
mod text;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use cell::{Bounds, Counter, Gauge, Histogram, micros};
use family::Family;

pub use label::{Asked, Handshake, Outcome, Shed, Step};
pub use text::MEDIA_TYPE;

use crate::registries::breaker::State;

/// From 50 µs to 30 s, in microseconds.
const LATENCIES: Bounds = &[
    50, 100, 200, 400, 800, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// Entries in one commit of the journal; 256 is the most.
const BATCHES: Bounds = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

macro_rules! families {
    ($($field:ident: $cell:ident, $name:literal, $help:literal, $labels:expr, $make:expr;)*) => {
        struct Families { $($field: Family<$cell>,)* }

        static FAMILIES: LazyLock<Families> = LazyLock::new(|| {
            process::touch();
            Families { $($field: Family::new($name, $help, $labels, $make),)* }
        });
    };
}

families! {
    outcomes: Counter, "negiz_outcomes_total", "Requests for records by how they ended.", &["outcome", "code", "agency", "registry"], Counter::default;
    steps: Histogram, "negiz_step_seconds", "Time spent in each step of the procedure.", &["step"], || Histogram::new(LATENCIES);
    http: Histogram, "negiz_http_request_seconds", "HTTP requests by path template and status.", &["listener", "route", "status"], || Histogram::new(LATENCIES);
    in_flight: Gauge, "negiz_http_requests_in_flight", "HTTP requests that are being worked on.", &["listener"], Gauge::default;
    connections: Gauge, "negiz_connections", "Open connections.", &["listener"], Gauge::default;
    handshaking: Gauge, "negiz_handshakes_in_flight", "Connections that have not finished their handshake.", &["listener"], Gauge::default;
    handshakes: Counter, "negiz_handshakes_total", "TLS handshakes by how they ended.", &["listener", "outcome"], Counter::default;
    groups: Counter, "negiz_key_exchanges_total", "TLS key exchanges by group.", &["listener", "group"], Counter::default;
    shed: Counter, "negiz_shed_total", "What was turned away at a limit.", &["reason"], Counter::default;
    overdue: Counter, "negiz_connections_overdue_total", "Connections closed because the client was too slow.", &["listener", "stage"], Counter::default;
    accepts: Counter, "negiz_accept_errors_total", "Connections that could not be accepted.", &["listener"], Counter::default;
    batches: Histogram, "negiz_journal_batch_entries", "Entries in one commit of the journal.", &[], || Histogram::new(BATCHES);
    commits: Histogram, "negiz_journal_commit_seconds", "Time of one commit of the journal.", &[], || Histogram::new(LATENCIES);
    rounds: Histogram, "negiz_witness_round_seconds", "Time until enough witnesses cosigned a checkpoint.", &[], || Histogram::new(LATENCIES);
    witnesses: Gauge, "negiz_witness_quorum", "Whether enough witnesses cosigned the newest checkpoint that was shown to them.", &[], Gauge::default;
    registry_questions: Counter, "negiz_registry_questions_total", "Questions to registries by how they ended.", &["registry", "operation", "outcome"], Counter::default;
    registry_times: Histogram, "negiz_registry_seconds", "Time until a registry's answer was read.", &["registry"], || Histogram::new(LATENCIES);
    case_questions: Counter, "negiz_case_questions_total", "Questions to case registries that are asked live, by how they ended.", &["source", "outcome"], Counter::default;
    case_times: Histogram, "negiz_case_seconds", "Time until a case registry's answer was read.", &["source"], || Histogram::new(LATENCIES);
    breakers: Gauge, "negiz_registry_breaker", "Circuit breaker of a registry: 0 closed, 1 half open, 2 open.", &["registry"], Gauge::default;
    case_ages: Gauge, "negiz_case_source_age_seconds", "Age of what a case source last said.", &["source"], Gauge::default;
    revocation_ages: Gauge, "negiz_revocation_age_seconds", "Age of the revocation list of an authority.", &["authority"], Gauge::default;
    revocation_left: Gauge, "negiz_revocation_left_seconds", "How much longer the revocation list of an authority is relied on.", &["authority"], Gauge::default;
    ocsp_asked: Counter, "negiz_ocsp_requests_total", "Questions to responders by how they ended.", &["outcome"], Counter::default;
    ocsp_answers: Gauge, "negiz_ocsp_answers", "Answers about single certificates that are held.", &[], Gauge::default;
    expiries: Gauge, "negiz_certificate_expiry_timestamp_seconds", "When a certificate of the gateway's own expires, seconds since 1970.", &["certificate"], Gauge::default;
    signing: Gauge, "negiz_key_signs", "Whether a key that is in a token signed when it was last asked to.", &["key"], Gauge::default;
    ready: Gauge, "negiz_ready", "Whether the node takes requests, as /readyz last found.", &[], Gauge::default;
    lost_lines: Counter, "negiz_log_lines_lost_total", "Log lines dropped because their reader was too slow.", &[], Counter::default;
    stream_lags: Gauge, "negiz_stream_lag_entries", "Journal entries that a stream has not sent yet.", &["stream"], Gauge::default;
    time_stamps: Gauge, "negiz_log_time_stamp_timestamp_seconds", "Instant of the newest time-stamp on the log, seconds since 1970.", &[], Gauge::default;
    time_stamp_failures: Counter, "negiz_log_time_stamp_failures_total", "Times the log could not be time-stamped.", &[], Counter::default;
    notices: Counter, "negiz_notices_total", "Attempts to tell a prosecutor, by way and by how they ended.", &["way", "outcome"], Counter::default;
    notice_waits: Gauge, "negiz_notice_wait_seconds", "Age of the oldest notice to a prosecutor that was not told by every way.", &[], Gauge::default;
    stream_failures: Counter, "negiz_stream_failures_total", "Times a stream stood still and began again.", &["stream"], Counter::default;
    build: Gauge, "negiz_build_info", "The running version.", &["version"], Gauge::default;
}

/// A step took this long.
pub fn step(step: Step, took: Duration) {
    static CELLS: LazyLock<[Arc<Histogram>; Step::ALL.len()]> =
        LazyLock::new(|| Step::ALL.map(|step| FAMILIES.steps.with(&[step.name()])));
    if let Some(cell) = CELLS.get(step as usize) {
        cell.observe(micros(took));
    }
}

/// A request for a record ended. `agency` is a BIN of the enrolment, `registry` a code of the catalogue; empty if unknown.
pub fn outcome(outcome: Outcome, code: Option<crate::refusal::Code>, agency: &str, registry: &str) {
    let code = code.map_or("", crate::refusal::Code::name);
    FAMILIES.outcomes.with(&[outcome.name(), code, agency, registry]).add(1);
}

/// An HTTP request was answered. `route` is a template of the router, never a path as sent.
pub fn http(listener: &'static str, route: &str, status: u16, took: Duration) {
    FAMILIES.http.with(&[listener, route, &status.to_string()]).observe(micros(took));
}

/// Something was turned away.
pub fn shed(reason: Shed) {
    FAMILIES.shed.with(&[reason.name()]).add(1);
}

/// A handshake ended.
pub fn handshake(listener: &'static str, outcome: Handshake) {
    FAMILIES.handshakes.with(&[listener, outcome.name()]).add(1);
}

/// A handshake agreed on a key with this group.
pub fn key_exchange(listener: &'static str, group: &str) {
    FAMILIES.groups.with(&[listener, group]).add(1);
}

/// A connection was closed because of its client's slowness at this stage.
pub fn overdue(listener: &'static str, stage: &'static str) {
    FAMILIES.overdue.with(&[listener, stage]).add(1);
}

/// `accept` failed.
pub fn accept_error(listener: &'static str) {
    FAMILIES.accepts.with(&[listener]).add(1);
}

/// The journal committed so many entries in one transaction.
pub fn journal_batch(entries: usize, took: Duration) {
    FAMILIES.batches.with(&[]).observe(u64::try_from(entries).unwrap_or(u64::MAX));
    FAMILIES.commits.with(&[]).observe(micros(took));
}

/// Enough witnesses cosigned a checkpoint after this time; or, after none, not enough did.
pub fn witness_round(took: Option<Duration>) {
    if let Some(took) = took {
        FAMILIES.rounds.with(&[]).observe(micros(took));
    }
    FAMILIES.witnesses.with(&[]).set(i64::from(took.is_some()));
}

/// A registry was asked. `operation` is one of the catalogue.
pub fn registry_asked(registry: &str, operation: &str, outcome: &'static str, took: Duration) {
    FAMILIES.registry_questions.with(&[registry, operation, outcome]).add(1);
    FAMILIES.registry_times.with(&[registry]).observe(micros(took));
}

/// A case registry was asked live.
pub fn case_asked(source: &str, outcome: &'static str, took: Duration) {
    FAMILIES.case_questions.with(&[source, outcome]).add(1);
    FAMILIES.case_times.with(&[source]).observe(micros(took));
}

/// Where a registry's circuit breaker stands.
pub fn breaker(registry: &str, state: State) {
    FAMILIES.breakers.with(&[registry]).set(match state {
        State::Closed => 0,
        State::HalfOpen => 1,
        State::Open => 2,
    });
}

/// How old a case source's word is.
pub fn case_source_age(source: &str, seconds: i64) {
    FAMILIES.case_ages.with(&[source]).set(seconds);
}

/// A responder was asked.
pub fn ocsp_asked(outcome: Asked) {
    FAMILIES
        .ocsp_asked
        .with(&[match outcome {
            Asked::Answered => "answered",
            Asked::NotAccepted => "not-accepted",
            Asked::Failed => "failed",
            Asked::Slow => "slow",
            Asked::Shed => "shed",
        }])
        .add(1);
}

/// How many answers are held.
pub fn ocsp_answers(held: usize) {
    FAMILIES.ocsp_answers.with(&[]).set(i64::try_from(held).unwrap_or(i64::MAX));
}

/// How much longer an authority's list is relied on; negative once it is not.
pub fn revocation_left(authority: &str, seconds: i64) {
    FAMILIES.revocation_left.with(&[authority]).set(seconds);
}

/// How old the revocation list of an authority is.
pub fn revocation_age(authority: &str, seconds: i64) {
    FAMILIES.revocation_ages.with(&[authority]).set(seconds);
}

/// When a certificate of the gateway's own expires.
pub fn certificate_expiry(certificate: &str, unix_seconds: i64) {
    FAMILIES.expiries.with(&[certificate]).set(unix_seconds);
}

/// Whether a key that is in a token signs, by the key of the configuration that names it.
pub fn key_signs(key: &str, signs: bool) {
    FAMILIES.signing.with(&[key]).set(i64::from(signs));
}

/// Whether the node takes requests.
pub fn ready(ready: bool) {
    FAMILIES.ready.with(&[]).set(i64::from(ready));
}

/// How far a stream is behind the journal.
pub fn stream_lag(stream: &str, entries: u64) {
    FAMILIES.stream_lags.with(&[stream]).set(i64::try_from(entries).unwrap_or(i64::MAX));
}

/// A stream stood still.
pub fn stream_failed(stream: &str) {
    FAMILIES.stream_failures.with(&[stream]).add(1);
}

/// A notice was told by one way, or not.
pub fn notice(way: &'static str, delivered: bool) {
    let outcome = if delivered { "delivered" } else { "failed" };
    FAMILIES.notices.with(&[way, outcome]).add(1);
}

/// How long the oldest notice waits that is not told by every way; 0 if none does.
pub fn notice_waits(seconds: i64) {
    FAMILIES.notice_waits.with(&[]).set(seconds);
}

/// The log was time-stamped at this instant.
pub fn time_stamped(unix_seconds: i64) {
    FAMILIES.time_stamps.with(&[]).set(unix_seconds);
}

/// The log could not be time-stamped.
pub fn time_stamp_failed() {
    FAMILIES.time_stamp_failures.with(&[]).add(1);
}

/// So many log lines were lost.
pub fn lost_lines(lines: u64) {
    FAMILIES.lost_lines.with(&[]).add(lines);
}

/// Something that is going on; counted until dropped.
#[derive(Debug)]
#[must_use = "counted until dropped"]
pub struct Ongoing(Arc<Gauge>);

impl Ongoing {
    fn count(gauge: Arc<Gauge>) -> Self {
        gauge.add(1);
        Self(gauge)
    }

    /// An open connection.
    pub fn connection(listener: &'static str) -> Self {
        Self::count(FAMILIES.connections.with(&[listener]))
    }

    /// A handshake in flight.
    pub fn handshake(listener: &'static str) -> Self {
        Self::count(FAMILIES.handshaking.with(&[listener]))
    }

    /// A request in flight.
    pub fn request(listener: &'static str) -> Self {
        Self::count(FAMILIES.in_flight.with(&[listener]))
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// Everything counted so far.
#[must_use]
pub fn render() -> String {
    const MICROS: f64 = 1e-6;
    let all = &*FAMILIES;
    all.build.with(&[env!("CARGO_PKG_VERSION")]).set(1);
    let mut page = text::Page::default();
    for family in [
        &all.outcomes,
        &all.registry_questions,
        &all.case_questions,
        &all.handshakes,
        &all.groups,
        &all.shed,
        &all.ocsp_asked,
        &all.overdue,
        &all.accepts,
        &all.lost_lines,
        &all.notices,
        &all.stream_failures,
        &all.time_stamp_failures,
    ] {
        page.counters(family);
    }
    for family in [&all.steps, &all.http, &all.commits, &all.rounds, &all.registry_times, &all.case_times] {
        page.histograms(family, MICROS);
    }
    page.histograms(&all.batches, 1.0);
    for family in [
        &all.in_flight,
        &all.connections,
        &all.handshaking,
        &all.breakers,
        &all.witnesses,
        &all.case_ages,
        &all.revocation_ages,
        &all.revocation_left,
        &all.ocsp_answers,
        &all.expiries,
        &all.signing,
        &all.ready,
        &all.notice_waits,
        &all.stream_lags,
        &all.time_stamps,
        &all.build,
    ] {
        page.gauges(family);
    }
    process::render(&mut page);
    page.0
}
