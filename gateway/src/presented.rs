//! What a file says beside its receipt, held member by member against what the receipt proves.
//!
//! A receipt covers the request, the outcome and the record; some of what stands around it in an answer or a problem it does
//! not. Whoever is shown the file cannot see which is which, so each member is named with how it stands.

use evidence::{Outcome, Report, VerifiedReceipt};
use serde_json::{Map, Value, json};

use crate::clock::Millis;
use crate::problem;
use crate::refusal::Code;
use crate::registries::answer::strict;
use crate::seal::{DESTROY_WITH, ONWARD_TRANSFER, STORAGE};

/// The JSON of an answer, of a refusal or failure, or of an outcome told later, as somebody presents it.
#[derive(Clone, Debug)]
pub struct Presented(Map<String, Value>);

/// What a receipt says of a member.
enum Stated {
    /// This, and nothing else.
    As(Value),
    /// The record with the digest in the receipt.
    Record,
    /// Nothing can stand here beside this receipt.
    Not,
    /// The receipt does not speak of it.
    Uncovered,
}

impl Presented {
    /// Reads strict JSON: of a member told twice, the receipt would cover one and a reader see the other.
    ///
    /// # Errors
    /// What breaks the form, and where.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_value(strict(text.as_bytes())?).map(Self)
    }

    /// A reply that was read strictly; none if it is no object.
    #[must_use]
    pub fn of(reply: &Value) -> Option<Self> {
        reply.as_object().cloned().map(Self)
    }

    /// The receipt in it.
    #[must_use]
    pub fn receipt(&self) -> Option<&str> {
        self.0.get("receipt")?.as_str()
    }

    /// Adds to `report` how every member stands against the receipt that came with it.
    pub fn compare(&self, receipt: &VerifiedReceipt, report: &mut Report) {
        let members = self.members();
        let (mut same, mut uncovered) = (Vec::new(), Vec::new());
        for (name, value) in &members {
            let stands = match stated(name, receipt) {
                Stated::As(expected) => expected == **value,
                Stated::Record => receipt.answers(value),
                Stated::Not => false,
                Stated::Uncovered => {
                    uncovered.push(name.as_str());
                    continue;
                }
            };
            if stands {
                same.push(name.as_str());
            } else {
                report.wrong(differs(name, receipt));
            }
        }
        let needed = self.needed(receipt).into_iter();
        for name in needed.filter(|needed| !members.iter().any(|(name, _)| name == needed)) {
            report.missing(format!("`{name}` belongs to such a file and is not in it"));
        }
        if !same.is_empty() {
            report.proven(format!("the file says what the receipt says of: {}", same.join(", ")));
        }
        if !uncovered.is_empty() {
            let names = uncovered.join(", ");
            report.not_proven(format!("the receipt does not cover, so anyone may have changed: {names}"));
        }
    }

    /// Every member, those of `request` and `restrictions` one by one, under the name it has in findings.
    fn members(&self) -> Vec<(String, &Value)> {
        let mut members = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != "receipt") {
            let parted = matches!(name.as_str(), "request" | "restrictions");
            match value.as_object().filter(|parts| parted && !parts.is_empty()) {
                Some(parts) => members.extend(parts.iter().map(|(part, v)| (format!("{name}.{part}"), v))),
                None => members.push((name.clone(), value)),
            }
        }
        members
    }

    /// What a file of this form always has.
    fn needed(&self, receipt: &VerifiedReceipt) -> Vec<&'static str> {
        let has = |names: &[&str]| names.iter().any(|name| self.0.contains_key(*name));
        let mut needed = Vec::new();
        if has(&["record", "restrictions"]) {
            needed.extend(["request.id", "request.digest", "record", "restrictions.storage"]);
            needed.extend(["restrictions.onward-transfer", "restrictions.destroy-with"]);
        }
        if has(&["type", "title", "status", "detail", "clause"]) {
            needed.extend(["type", "title", "status"]);
        }
        if has(&["outcome", "code", "at"]) {
            needed.extend(["outcome", "request.id", "request.digest", "at"]);
            needed.extend(code(receipt).map(|_| "code"));
        }
        needed
    }
}

/// The refusal or failure code; none of an answer.
fn code(receipt: &VerifiedReceipt) -> Option<&str> {
    match receipt.outcome() {
        Outcome::Answered(_) => None,
        Outcome::Refused(code) | Outcome::Failed(code) => Some(code.as_str()),
    }
}

/// How it ended, as `GET /v1/requests/{id}` names it.
const fn ended(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered(_) => "answered",
        Outcome::Refused(_) => "refused",
        Outcome::Failed(_) => "failed",
    }
}

fn stated(member: &str, receipt: &VerifiedReceipt) -> Stated {
    let code = code(receipt);
    // A code fixes its title and status. One of another version of the gateway says nothing of them here.
    let known = code.map(Code::named);
    let of_code = |value: fn(Code) -> Value| match known {
        None => Stated::Not,
        Some(None) => Stated::Uncovered,
        Some(Some(code)) => Stated::As(value(code)),
    };
    let of_answer = |stated: Stated| if code.is_none() { stated } else { Stated::Not };
    match member {
        "request" | "request.id" => Stated::As(json!(receipt.id())),
        "request.digest" => Stated::As(json!(receipt.request().to_string())),
        "record" => of_answer(Stated::Record),
        "restrictions.storage" => of_answer(Stated::As(json!(STORAGE))),
        "restrictions.onward-transfer" => of_answer(Stated::As(json!(ONWARD_TRANSFER))),
        "restrictions.destroy-with" => of_answer(Stated::As(json!(DESTROY_WITH))),
        // A request has these two parts, and restrictions have some.
        "restrictions" => Stated::Not,
        _ if member.starts_with("request.") => Stated::Not,
        "outcome" => Stated::As(json!(ended(receipt.outcome()))),
        "code" => code.map_or(Stated::Not, |code| Stated::As(json!(code))),
        "type" => code.map_or(Stated::Not, |code| Stated::As(json!(problem::kind(code)))),
        "title" => of_code(|code| json!(code.title())),
        "status" => of_code(|code| json!(code.status())),
        "at" => match i64::try_from(receipt.leaf().time.get()) {
            Ok(millis) => Stated::As(json!(Millis(millis).rfc3339())),
            Err(_) => Stated::Not,
        },
        _ => Stated::Uncovered,
    }
}

fn differs(member: &str, receipt: &VerifiedReceipt) -> String {
    let told = match code(receipt) {
        None => "answered".to_owned(),
        Some(code) => format!("{}: {code}", ended(receipt.outcome())),
    };
    match stated(member, receipt) {
        Stated::As(value) => format!("`{member}` is not what the receipt says: {value}"),
        Stated::Record => "`record` is ANOTHER record than the one answered".to_owned(),
        Stated::Not | Stated::Uncovered => {
            format!("`{member}` cannot stand in this file: the receipt says that the request was {told}")
        }
    }
}
