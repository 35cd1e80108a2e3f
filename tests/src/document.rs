//! Request documents (contract, "The request document").

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::manifest::{Case, Registry};

/// The ground that goes with a kind of case.
#[must_use]
pub fn ground(kind: &str) -> String {
    match kind {
        "enforcement" => "enforcement-proceeding".to_owned(),
        kind => format!("{kind}-case"),
    }
}

/// The ground the case's own agency cites: courts have grounds of their own (SLS 16-2(4)).
#[must_use]
pub fn lawful_ground(case: &Case) -> String {
    if case.agency == "court" { format!("court-{}", case.kind) } else { ground(&case.kind) }
}

/// Now, so many seconds later, as RFC 3339.
#[must_use]
pub fn seconds_from_now(seconds: i64) -> String {
    let instant = OffsetDateTime::now_utc() + Duration::seconds(seconds);
    instant.replace_nanosecond(0).expect("a whole second").format(&Rfc3339).expect("an instant")
}

/// A document that lacks nothing.
#[must_use]
pub fn document(bin: &str, case: &Case, registry: &Registry) -> Value {
    json!({
        "version": 1,
        "id": Uuid::new_v4().to_string(),
        "issued": seconds_from_now(0),
        "agency": bin,
        "registry": registry.code,
        "operation": registry.operation,
        "parameters": registry.parameters,
        "basis": {
            "ground": lawful_ground(case),
            "case": case.number,
            "circumstances": "Witness statement of 20.11.2026 names the person as the vehicle's driver",
        },
        "purpose": "Establish the identity of the driver",
    })
}

/// The bytes that are signed.
#[must_use]
pub fn bytes(document: &Value) -> Vec<u8> {
    serde_json::to_vec(document).expect("JSON")
}
