//! What a reader asks for: the query of a request to the console, read strictly.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use certs::{Bin, Iin};
use uuid::Uuid;

use crate::clock::Millis;
use crate::document::{instant, is_code};
use crate::legible::hidden_in;
use crate::refusal::{Code, Refusal};
use crate::register::{Ending, Key, Keyring};

/// Characters of a reason: enough to say something, not enough to hide something.
const REASON: std::ops::RangeInclusive<usize> = 10..=1000;
/// Rows of a page.
const PAGE: u16 = 50;
const MAX_PAGE: u16 = 200;
/// Longest value of any filter, in bytes.
const LONGEST: usize = 256;

/// The pairs of a query as axum reads them.
pub(super) type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// A question with its reason.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) reason: String,
    /// Everything that was given besides the reason, as given: for the journal.
    pub(super) given: BTreeMap<String, String>,
}

/// The filters of a search.
#[derive(Debug, Default)]
pub(super) struct Filters {
    pub(super) officer: Option<Key>,
    pub(super) agency: Option<Bin>,
    pub(super) cases: Vec<Key>,
    pub(super) registry: Option<String>,
    pub(super) subject: Option<Key>,
    pub(super) ending: Option<Ending>,
    pub(super) code: Option<String>,
    pub(super) from: Option<Millis>,
    pub(super) to: Option<Millis>,
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<u16>,
}

fn invalid(name: &str, expected: &str) -> Refusal {
    Refusal::new(Code::ParametersInvalid, format!("`{name}`: expected {expected}."))
}

/// Text that shows what it says; nor would PostgreSQL take every character that SQLite takes.
fn legible(name: &str, text: &str) -> Result<(), Refusal> {
    match hidden_in(name, text) {
        None => Ok(()),
        Some(fault) => Err(Refusal::new(Code::ParametersInvalid, format!("{fault}."))),
    }
}

/// A reason that says something.
///
/// # Errors
/// `parameters-invalid`.
pub(super) fn reason(text: &str) -> Result<String, Refusal> {
    legible("reason", text)?;
    let text = text.trim();
    match REASON.contains(&text.chars().count()) {
        true => Ok(text.to_owned()),
        false => {
            let expected = "10 to 1000 characters that say why; they are recorded with your name";
            Err(invalid("reason", expected).citing("SLS 7(2)(6)-(8)"))
        }
    }
}

impl Asked {
    /// Reads a query in which only `names`, and the reason, may stand, each once.
    ///
    /// # Errors
    /// `parameters-invalid`.
    pub(super) fn read(pairs: Pairs, names: &[&str]) -> Result<Self, Refusal> {
        let Query(pairs) = pairs.map_err(|_| invalid("query", "name=value pairs, percent-encoded"))?;
        let mut given = BTreeMap::new();
        for (name, value) in pairs {
            if name != "reason" && !names.contains(&name.as_str()) {
                let detail =
                    format!("The query may have `reason`, `{}` and nothing else.", names.join("`, `"));
                return Err(Refusal::new(Code::ParametersInvalid, detail));
            }
            if name != "reason" && (value.is_empty() || value.len() > LONGEST) {
                return Err(invalid(&name, "a value of 1 to 256 bytes"));
            }
            legible(&name, &value)?;
            if given.insert(name.clone(), value).is_some() {
                return Err(invalid(&name, "one value"));
            }
        }
        let reason = reason(&given.remove("reason").unwrap_or_default())?;
        Ok(Self { reason, given })
    }

    /// What was stated in a body.
    pub(super) fn stated(reason: &str, given: &[(&str, &str)]) -> Self {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { reason: reason.to_owned(), given: given.collect() }
    }

    /// As [`Self::read`], of one request.
    ///
    /// # Errors
    /// `parameters-invalid`.
    pub(super) fn of_request(pairs: Pairs, id: Uuid) -> Result<Self, Refusal> {
        let mut asked = Self::read(pairs, &["agency"])?;
        asked.given.insert("request".to_owned(), id.hyphenated().to_string());
        Ok(asked)
    }

    /// The agency named.
    ///
    /// # Errors
    /// `parameters-invalid`.
    pub(super) fn agency(&self) -> Result<Option<Bin>, Refusal> {
        let read = |text: &String| Bin::parse_unchecked_digit(text);
        self.given.get("agency").map(read).transpose().map_err(|_| invalid("agency", "a BIN, 12 digits"))
    }

    fn read_as<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        match self.given.get(name) {
            None => Ok(None),
            Some(text) => read(text).map(Some).ok_or_else(|| invalid(name, expected)),
        }
    }
}

impl Filters {
    pub(super) const NAMES: &[&str] = &[
        "officer", "agency", "case", "registry", "subject", "outcome", "code", "from", "to", "cursor",
        "limit",
    ];

    /// The filters that were given, with persons and cases as the register knows them.
    ///
    /// # Errors
    /// `parameters-invalid`.
    pub(super) fn of(asked: &Asked, keyring: &Keyring) -> Result<Self, Refusal> {
        let officer = |text: &str| match Iin::parse_unchecked_digit(text) {
            Ok(iin) => Some(keyring.officer(&iin)),
            Err(_) => key(text),
        };
        let subject = |text: &str| Some(key(text).unwrap_or_else(|| keyring.subject(text)));
        let cases = |text: &str| Some(key(text).map_or_else(|| keyring.cases(text), |key| vec![key]));
        let ending = |text: &str| Ending::ALL.into_iter().find(|ending| ending.name() == text);
        let code = |text: &str| is_code(text).then(|| text.to_owned());
        let limit = |text: &str| text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
        let when = "an RFC 3339 date-time, like 2026-11-22T10:15:00Z";
        Ok(Self {
            officer: asked.read_as("officer", "an IIN or an officer's key of an earlier answer", officer)?,
            agency: asked.agency()?,
            cases: asked.read_as("case", "a case number, or kind:number", cases)?.unwrap_or_default(),
            registry: asked.read_as("registry", "the code of a registry", code)?,
            subject: asked.read_as("subject", "an IIN or whatever was asked about", subject)?,
            ending: asked.read_as("outcome", "pending, answered, refused or failed", ending)?,
            code: asked.read_as("code", "the code of a refusal or failure", code)?,
            from: asked.read_as("from", when, instant)?,
            to: asked.read_as("to", when, instant)?,
            cursor: asked.given.get("cursor").cloned(),
            limit: asked.read_as("limit", "1 to 200", limit)?,
        })
    }

    pub(super) fn limit(&self) -> u16 {
        self.limit.unwrap_or(PAGE)
    }
}

/// A key as answers spell it: 32 hexadecimal digits.
fn key(text: &str) -> Option<Key> {
    (text.len() == 32).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<Asked, Refusal> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::read(Ok(Query(pairs.collect())), Filters::NAMES)
    }

    const WHY: (&str, &str) = ("reason", "Complaint 17 of 20.11.2026");

    /// SLS 7(2)(6)-(8): nobody looks without saying why.
    #[test]
    fn asks_for_a_reason() {
        assert!(asked(&[WHY]).is_ok());
        for pairs in
            [vec![], vec![("reason", "")], vec![("reason", "because  ")], vec![("reason", "          ")]]
        {
            assert_eq!(asked(&pairs).unwrap_err().code, Code::ParametersInvalid, "{pairs:?}");
        }
        assert!(asked(&[("reason", &"x".repeat(1001))]).is_err());
    }

    #[test]
    fn takes_each_name_once_and_no_other() {
        assert!(asked(&[WHY, ("code", "case-not-open"), ("limit", "10")]).is_ok());
        for more in [("officr", "1"), ("reason", "another reason to look"), ("code", "")] {
            assert!(asked(&[WHY, more]).is_err(), "{more:?}");
        }
        assert!(asked(&[WHY, ("code", "a"), ("code", "b")]).is_err());
    }
}
