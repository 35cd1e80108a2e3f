//! Sample registries that give no record: one is suspended, one cannot be reached, one answers too late.

use serde_json::{Value, json};

use super::Behaviour;
use super::listed::{by_iin, object, text};
use super::person::first_person;
use super::sample::{Fields, Offer, Sample};
use crate::catalogue::{Method, OperationClass};
use crate::demo::people;

pub(super) const REAL_ESTATE: Sample = Sample {
    code: "real-estate",
    title: "Rights to real estate",
    state: Behaviour::Suspended,
    offers: &[FILE],
};

pub(super) const TAX_DEBTS: Sample =
    Sample { code: "tax-debts", title: "Tax debts", state: Behaviour::Unreachable, offers: &[FILE] };

pub(super) const ARCHIVE: Sample =
    Sample { code: "archive", title: "Archive of civil status", state: Behaviour::Slow, offers: &[FILE] };

/// The one operation of each: whether there is a file on a person.
const FILE: Offer = Offer {
    operation: "file-by-iin",
    title: "Whether there is a file on a person",
    class: OperationClass::Ordinary,
    method: Method::Get,
    collection: "files",
    parameters: by_iin,
    answer_schema: || object(&json!({"iin": text(), "file": text()})),
    fields: Fields {
        criminal: &["*"],
        civil: &["file"],
        administrative: &["file"],
        search: &["*"],
        enforcement: &["file"],
    },
    answer: file,
    example: first_person,
};

fn file(iin: &Value) -> Option<Value> {
    let person = people::by_iin(iin.as_str()?)?;
    Some(json!({"iin": person.iin, "file": format!("F-{:06}", person.index)}))
}
