//! What joint acts open: registers with a law of their own, and what the bodies admitted by an act see of the others.

use policy::{Ground, RegistryClass};
use serde_json::{Value, json};

use super::Behaviour;
use super::listed::{by_iin, date, object, text};
use super::person::first_person;
use super::sample::{Fields, Offer, Sample};
use crate::catalogue::{Method, OperationClass};
use crate::demo::people;

/// No kind of case opens these.
const NO_CASE: Fields =
    Fields { criminal: &[], civil: &[], administrative: &[], search: &[], enforcement: &[] };

/// PI 28: open on the ground of prevention alone.
pub(super) const PREVENTIVE: Sample = Sample {
    code: "preventive-record",
    title: "Preventive record",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "entry-by-iin",
        title: "Whether a person is on the preventive record",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "entries",
        parameters: by_iin,
        answer_schema: || object(&json!({"iin": text(), "since": date(), "category": text()})),
        fields: NO_CASE,
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            Some(json!({"iin": person.iin, "since": "2025-03-01", "category": "domestic-violence"}))
        },
        example: first_person,
    }],
};

/// IAB 6(1)49): pending criminal cases against property, on declared debtors.
pub(super) const PENDING: Sample = Sample {
    code: "pending-property-cases",
    title: "Pending criminal cases for crimes against property",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "cases-by-debtor",
        title: "Pending cases against a declared debtor",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "debtors",
        parameters: by_iin,
        answer_schema: || {
            object(&json!({"iin": text(), "pending": {"type": "array", "maxItems": 100, "items": text()}}))
        },
        fields: NO_CASE,
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            Some(json!({"iin": person.iin, "pending": [format!("26P-{:06}", person.index)]}))
        },
        example: first_person,
    }],
};

/// MIG 9(3): exchanged among four bodies.
pub(super) const ENTRY_EXIT: Sample = Sample {
    code: "entry-exit",
    title: "Entry and exit of foreigners and stateless persons",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "crossings-by-person",
        title: "When a person crossed the border",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "crossings",
        parameters: by_iin,
        answer_schema: || object(&json!({"iin": text(), "crossed": date(), "direction": text()})),
        fields: NO_CASE,
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            Some(json!({"iin": person.iin, "crossed": "2026-08-14", "direction": "entry"}))
        },
        example: first_person,
    }],
};

/// What the law says apart about a sample register.
pub(super) fn class(registry: &str) -> RegistryClass {
    match registry {
        "preventive-record" => RegistryClass::PreventiveRecord,
        "pending-property-cases" => RegistryClass::PendingCases,
        "entry-exit" => RegistryClass::EntryExit,
        _ => RegistryClass::General,
    }
}

/// The fields that grounds by joint act let out, beyond the grounds that rest on a case.
pub(super) fn opened(operation: &str) -> &'static [(Ground, &'static [&'static str])] {
    match operation {
        "person-by-iin" => &[
            (Ground::FinancialMonitoring, &["iin", "surname", "name", "patronymic", "birth_date"]),
            (Ground::Migration, &["surname", "name", "birth_date", "citizenship"]),
            (Ground::Prevention, &["iin", "surname", "name", "patronymic"]),
        ],
        "entry-by-iin" => &[(Ground::Prevention, &["*"])],
        "cases-by-debtor" => &[(Ground::Bankruptcy, &["*"])],
        "crossings-by-person" => &[(Ground::Migration, &["*"])],
        _ => &[],
    }
}

/// Whether the answer is confined to pending criminal cases.
pub(super) fn pending_only(sample: &Sample) -> Value {
    json!(sample.code == PENDING.code)
}
