//! One entry of the catalogue as an operator writes it: the JSON that `negiz registries import` takes.
//!
//! A [`Listing`] is only words; [`super::Registry`] is what they become once everything in them was checked.

use std::collections::BTreeMap;

use policy::{Laxity, RegistryClass, Said, SaidOperation};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::Date;

use crate::clock::Millis;

time::serde::format_description!(day, Date, "[year]-[month]-[day]");

/// A registry: the act that lists it, how it is reached, what may be asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Listing {
    /// Short name used in requests: lower-case letters, digits and inner hyphens, at most 64.
    pub code: String,
    pub title: String,
    /// What the law says apart about this register.
    #[serde(default = "general", skip_serializing_if = "is_general")]
    pub class: RegistryClass,
    pub act: Act,
    pub state: ListingState,
    /// `https://host[:port][/base]`, without query and without a slash at the end.
    pub endpoint: String,
    /// The name the registry's TLS certificate must carry, which need not be the endpoint's host.
    pub server_name: String,
    /// `aud` of the grants sent to it. No two registries share one.
    pub audience: String,
    /// Questions under way at once from this node, 1 to 10,000.
    pub concurrency: u32,
    pub breaker: BreakerSettings,
    pub operations: Vec<OperationListing>,
}

/// The legal act that puts a registry on the Government's list (SLS 16-1(1)¶2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Act {
    pub title: String,
    pub number: String,
    #[serde(with = "day")]
    pub date: Date,
    /// First day in force, counted in the republic's single time zone (UTC+5).
    #[serde(with = "day")]
    pub valid_from: Date,
    /// Last day in force; absent while no end is set.
    #[serde(default, with = "day::option", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
}

impl Act {
    /// First second in force, since 1970.
    #[must_use]
    pub fn from_seconds(&self) -> i64 {
        begins(self.valid_from)
    }

    /// First second no longer in force, since 1970; `None` while no end is set.
    #[must_use]
    pub fn until_seconds(&self) -> Option<i64> {
        self.valid_until.and_then(Date::next_day).map(begins)
    }

    /// Whether the act is in force at this instant.
    #[must_use]
    pub fn in_force(&self, at: Millis) -> bool {
        at.seconds() >= self.from_seconds() && self.until_seconds().is_none_or(|until| at.seconds() < until)
    }
}

/// The first second of a day of the law, which is a day of the republic: one time zone, UTC+5, since 1 March 2024.
fn begins(day: Date) -> i64 {
    day.midnight().assume_offset(time::macros::offset!(+5)).unix_timestamp()
}

impl Listing {
    /// What of this listing is laxer than the law has the registry: its own class, and what touches private life or is confined to
    /// pending cases. What a listing calls a field is its registry's affair, and not compared.
    #[must_use]
    pub fn laxity(&self, law: &policy::Catalogue) -> Option<Laxity> {
        let operations = self.operations.iter().map(|operation| SaidOperation {
            code: &operation.code,
            private_life: operation.class == OperationClass::PrivateLife,
            pending_cases_only: operation.pending_cases_only,
            fields: &[],
        });
        let said = Said { registry: &self.code, class: self.class, operations: operations.collect() };
        law.laxity(&said)
    }
}

fn general() -> RegistryClass {
    RegistryClass::General
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_general(class: &RegistryClass) -> bool {
    *class == RegistryClass::General
}

/// Whether a listed registry is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListingState {
    Integrated,
    Suspended,
}

/// When to stop asking a registry that does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BreakerSettings {
    /// Failures in a row that open the breaker, 1 to 1,000.
    pub failures: u32,
    /// Seconds until one question is let through to try, 1 to 3,600.
    pub open_seconds: u32,
}

/// One question a registry answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OperationListing {
    pub code: String,
    pub title: String,
    pub class: OperationClass,
    /// The answer is confined to pending criminal cases (IAB 6(1)49)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending_cases_only: bool,
    /// The parameter that names whom the question is about, for evidence and sanctions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub method: Method,
    /// `/persons/{iin}`: a placeholder is a required parameter and never becomes more than its own segment.
    pub path: String,
    /// Query members by name, each a text with placeholders; left out when an optional parameter is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// JSON body of a `POST`; a string that is exactly `{name}` stands for the parameter's value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// JSON Schema (2020-12) of the parameters: a closed object.
    pub parameters: Value,
    /// JSON Schema of a 200's body. Only members it declares under `properties` can be released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// JSON Schema of a 404's body that means «no such record». Without it a 404 is a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<Value>,
    /// Media types other than JSON this operation answers in. Such an answer cannot be cut: every ground must allow `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media_types: Vec<String>,
    /// Fields each ground lets out (SLS 16-3(1)): dot paths into the answer, or `*` for all that it declares.
    pub fields: BTreeMap<String, Vec<String>>,
    /// From the first byte of the connection to the last of the answer, 1 to 60,000.
    pub timeout_ms: u32,
    /// Largest body of an answer, 1 to 16,777,216.
    pub max_bytes: u32,
}

/// How deep an operation goes into a person's life (OI 11(3), 12(4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationClass {
    Ordinary,
    /// On the operational track it takes a prosecutor's sanction.
    PrivateLife,
}

/// HTTP methods a question may use; none that changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    Get,
    Post,
}

impl Method {
    /// As it stands in the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}
