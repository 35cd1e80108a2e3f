//! A journal entry as an event of the Open Cybersecurity Schema Framework: API Activity, class 6003 (docs/schemas/stream-event.json).
//!
//! Only what the log itself shows, and what the register adds as keys: no name, no content.

use evidence::Digest;
use serde_json::{Map, Value, json};

use crate::entry::{Kind, StoredEntry};
use crate::register::Registered;

/// The version of the framework that events follow.
const OCSF: &str = "1.4.0";
const CLASS: u32 = 6003;

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
        let severity = Severity::of(entry);
        let (activity, activity_name) = activity(entry.kind);
        let failed = matches!(entry.kind, Kind::Refusal | Kind::Failure | Kind::Interrupted);
        let failed = failed || entry.code.as_deref() == Some("reading-refused");
        let mut event = json!({
            "activity_id": activity,
            "activity_name": activity_name,
            "category_uid": 6,
            "category_name": "Application Activity",
            "class_uid": CLASS,
            "class_name": "API Activity",
            "type_uid": CLASS.saturating_mul(100).saturating_add(activity),
            "time": entry.at.0,
            "severity_id": severity as u8,
            "severity": severity.name(),
            "status_id": if failed { 2 } else { 1 },
            "status": if failed { "Failure" } else { "Success" },
            "metadata": {
                "version": OCSF,
                "product": { "name": "Negiz", "vendor_name": "Negiz", "version": env!("CARGO_PKG_VERSION") },
                "uid": format!("{origin}#{}", entry.index),
                "log_name": origin,
                "sequence": entry.index,
            },
            "actor": actor(request),
            "api": api(entry, request),
            "src_endpoint": { "name": entry.agency.as_ref().map_or("negiz", |bin| bin.as_str()) },
            "unmapped": {
                "kind": entry.kind.name(),
                "leaf": Digest::of(&entry.leaf).to_string(),
            },
        });
        let mut put = |name: &str, value: Option<Value>| {
            if let (Some(event), Some(value)) = (event.as_object_mut(), value) {
                event.insert(name.to_owned(), value);
            }
        };
        put("status_code", entry.code.as_ref().map(|code| json!(code)));
        if let (Some(unmapped), Some(grant)) =
            (event.get_mut("unmapped").and_then(Value::as_object_mut), entry.grant)
        {
            unmapped.insert("grant".to_owned(), json!(grant));
        }
        let (index, millis, kind) = (entry.index, entry.at.0, entry.kind);
        Self { index, millis, severity, kind, line: event.to_string() }
    }
}

/// An officer by key; an entry that names none is the gateway's own.
fn actor(request: Option<&Registered>) -> Value {
    match request.and_then(|request| request.officer) {
        Some(officer) => {
            json!({ "user": { "uid": officer.simple().to_string(), "type_id": 1, "type": "User" } })
        }
        None => json!({ "app_name": "negiz" }),
    }
}

fn api(entry: &StoredEntry, request: Option<&Registered>) -> Value {
    let operation = request.and_then(|request| request.operation.as_deref());
    let mut api = Map::new();
    api.insert("operation".to_owned(), json!(operation.unwrap_or(entry.kind.name())));
    if let Some(registry) = request.and_then(|request| request.registry.as_deref()) {
        api.insert("service".to_owned(), json!({ "name": registry }));
    }
    if let Some(id) = entry.request {
        api.insert("request".to_owned(), json!({ "uid": id }));
    }
    Value::Object(api)
}
