//! A journal entry as an event of the Open Cybersecurity Schema Framework: API Activity, class 6003 (docs/schemas/stream-event.json).
//!
//! Only what the log itself shows, and what the register adds as keys: no name, no content.

use evidence::Digest;
use serde::Serialize;
use uuid::Uuid;
use uuid::fmt::Simple;

use crate::entry::{Kind, StoredEntry};
use crate::register::Registered;

/// The version of the framework that events follow.
const OCSF: &str = "1.4.0";
const CLASS: u32 = 6003;
/// Room for a line.
const ROOM: usize = 1024;

/// One event, ready to be sent.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) index: u64,
    pub(super) millis: i64,
    pub(super) severity: Severity,
    pub(super) kind: Kind,
    /// One line of JSON without its end.
    pub(super) line: String,
}

/// How much somebody should look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Informational = 1,
    Low = 2,
    Medium = 3,
}

impl Severity {
    const fn name(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
        }
    }

    /// As OpenTelemetry counts (logs data model, `SeverityNumber`).
    pub(super) const fn otlp(self) -> (u32, &'static str) {
        match self {
            Self::Informational => (9, "INFO"),
            Self::Low => (10, "INFO2"),
            Self::Medium => (13, "WARN"),
        }
    }

    fn of(entry: &StoredEntry) -> Self {
        // What no honest client runs into, what somebody tried beyond their capacity, and what is gone for good.
        const TELLING: [&str; 5] = [
            "signature-invalid",
            "certificate-revoked",
            "certificate-untrusted",
            "agency-mismatch",
            "reading-refused",
        ];
        match (entry.kind, entry.code.as_deref()) {
            (_, Some(code)) if TELLING.contains(&code) => Self::Medium,
            (Kind::Destruction | Kind::Interrupted, _) => Self::Medium,
            (Kind::Refusal | Kind::Failure | Kind::Notice, _) => Self::Low,
            _ => Self::Informational,
        }
    }
}

/// The class's activities: what was done to a record, or to what is kept.
const fn activity(kind: Kind) -> (u32, &'static str) {
    match kind {
        Kind::Grant | Kind::Answer | Kind::Refusal | Kind::Failure | Kind::Interrupted | Kind::Reading => {
            (2, "Read")
        }
        Kind::Act => (3, "Update"),
        Kind::Destruction => (4, "Delete"),
        _ => (99, "Other"),
    }
}

impl Event {
    pub(super) fn of(origin: &str, entry: &StoredEntry, request: Option<&Registered>) -> Self {
        let (activity_id, activity_name) = activity(entry.kind);
        let severity = Severity::of(entry);
        let (status_id, status) = if is_failure(entry) { (2, "Failure") } else { (1, "Success") };
        let line = Line {
            activity_id,
            activity_name,
            actor: Actor::of(request),
            api: Api::of(entry, request),
            category_name: "Application Activity",
            category_uid: 6,
            class_name: "API Activity",
            class_uid: CLASS,
            metadata: Metadata::of(origin, entry.index),
            severity: severity.name(),
            severity_id: severity as u8,
            src_endpoint: Named { name: entry.agency.as_ref().map_or("negiz", |bin| bin.as_str()) },
            status,
            status_code: entry.code.as_deref(),
            status_id,
            time: entry.at.0,
            type_uid: CLASS.saturating_mul(100).saturating_add(activity_id),
            unmapped: Unmapped { grant: entry.grant, kind: entry.kind.name(), leaf: Digest::of(&entry.leaf) },
        };
        // Numbers, words and names without maps: it is always JSON.
        let mut text = Vec::with_capacity(ROOM);
        let written = serde_json::to_writer(&mut text, &line).ok();
        let line = written.and_then(|()| String::from_utf8(text).ok()).unwrap_or_default();
        Self { index: entry.index, millis: entry.at.0, severity, kind: entry.kind, line }
    }
}

fn is_failure(entry: &StoredEntry) -> bool {
    matches!(entry.kind, Kind::Refusal | Kind::Failure | Kind::Interrupted)
        || entry.code.as_deref() == Some("reading-refused")
}

/// The line's members, in its order.
#[derive(Serialize)]
struct Line<'a> {
    activity_id: u32,
    activity_name: &'static str,
    actor: Actor,
    api: Api<'a>,
    category_name: &'static str,
    category_uid: u32,
    class_name: &'static str,
    class_uid: u32,
    metadata: Metadata<'a>,
    severity: &'static str,
    severity_id: u8,
    src_endpoint: Named<'a>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<&'a str>,
    status_id: u8,
    time: i64,
    type_uid: u32,
    unmapped: Unmapped,
}

/// An officer by key; an entry that names none is the gateway's own.
#[derive(Serialize)]
#[serde(untagged)]
enum Actor {
    Officer { user: Officer },
    Gateway { app_name: &'static str },
}

#[derive(Serialize)]
struct Officer {
    #[serde(rename = "type")]
    kind: &'static str,
    type_id: u8,
    uid: Simple,
}

impl Actor {
    fn of(request: Option<&Registered>) -> Self {
        match request.and_then(|request| request.officer) {
            Some(officer) => {
                Self::Officer { user: Officer { kind: "User", type_id: 1, uid: officer.simple() } }
            }
            None => Self::Gateway { app_name: "negiz" },
        }
    }
}

/// What was asked for; of what is no request, what it was.
#[derive(Serialize)]
struct Api<'a> {
    operation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<Asked>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<Named<'a>>,
}

#[derive(Serialize)]
struct Asked {
    uid: Uuid,
}

impl<'a> Api<'a> {
    fn of(entry: &StoredEntry, request: Option<&'a Registered>) -> Self {
        let operation = request.and_then(|request| request.operation.as_deref());
        let service = request.and_then(|request| request.registry.as_deref());
        Self {
            operation: operation.unwrap_or(entry.kind.name()),
            request: entry.request.map(|uid| Asked { uid }),
            service: service.map(|name| Named { name }),
        }
    }
}

#[derive(Serialize)]
struct Metadata<'a> {
    log_name: &'a str,
    product: Product,
    sequence: u64,
    uid: String,
    version: &'static str,
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

impl<'a> Metadata<'a> {
    fn of(origin: &'a str, index: u64) -> Self {
        let product = Product { name: "Negiz", vendor_name: "Negiz", version: env!("CARGO_PKG_VERSION") };
        Self { log_name: origin, product, sequence: index, uid: format!("{origin}#{index}"), version: OCSF }
    }
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Unmapped {
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<u64>,
    kind: &'static str,
    leaf: Digest,
}
