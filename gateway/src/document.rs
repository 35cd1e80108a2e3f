//! The request document: what the officer signed (SLS 16-2(2), 16-2(3)¶1).
//!
//! A [`Document`] that exists is in the prescribed form: strict JSON, every member known and present, identifiers with
//! valid check digits, issued just now, circumstances stated. Who signed it is not known here.

use std::fmt;

use certs::Bin;
use policy::{Ground, OperationalBasis};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::{Uuid, Variant};

use crate::clock::Millis;
use crate::json;
use crate::legible;
use crate::refusal::{Code, Refusal};

/// The largest document, in bytes of signed content (contract, "The request document").
pub const MAX_BYTES: usize = 64 * 1024;
/// Longest code of a registry or operation.
const MAX_CODE: usize = 64;
/// Longest case number in characters; the longest in use has 26.
const MAX_CASE_NUMBER: usize = 64;
/// Longest circumstances and purpose, in characters.
const MAX_TEXT: usize = 8 * 1024;

/// How new a document must be and how much it must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Seconds a document may lie in the past.
    pub max_age: u32,
    /// Seconds it may lie in the future (clocks differ).
    pub max_ahead: u32,
    /// Fewest letters and digits that can state circumstances.
    pub circumstances_min: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { max_age: 300, max_ahead: 60, circumstances_min: 20 }
    }
}

/// A case number as its registry writes it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseNumber(String);

impl CaseNumber {
    /// Letters, digits and `-/._`, 1 to 64 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let length = text.chars().count();
        let seen = |c: char| c.is_alphanumeric() && !legible::is_hidden(c);
        let well_formed = text.chars().all(|c| seen(c) || "-/._".contains(c));
        ((1..=MAX_CASE_NUMBER).contains(&length) && well_formed).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({})", self.0)
    }
}

/// On what the request rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    pub ground: Ground,
    pub case: CaseNumber,
    pub circumstances: String,
    /// A signed sanction, as sent.
    pub sanction: Option<String>,
    /// A head's signed decision to begin before the sanction (OI 12(7)), as sent.
    pub urgent: Option<String>,
    /// The basis of an operational-search measure (OI 10), or of a covert action on an investigator's order.
    pub measure: Option<Measure>,
}

/// One of the closed list of bases, and the document that embodies it (OI 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub basis: OperationalBasis,
    pub document: String,
}

/// A request in the prescribed form.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    pub id: Uuid,
    pub issued: Millis,
    pub agency: Bin,
    pub registry: String,
    pub operation: String,
    pub parameters: Map<String, Value>,
    pub basis: Basis,
    pub purpose: String,
}

impl fmt::Debug for Document {
    /// Names the request; circumstances and parameters are personal data and stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({}, {}/{})", self.id, self.registry, self.operation)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDocument {
    version: u64,
    id: String,
    issued: String,
    agency: String,
    registry: String,
    operation: String,
    parameters: Map<String, Value>,
    #[serde(deserialize_with = "json::object")]
    basis: WireBasis,
    purpose: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBasis {
    ground: String,
    case: String,
    // Absence has a refusal of its own: SLS 16-2(3)¶1.
    #[serde(default)]
    circumstances: Option<String>,
    #[serde(default)]
    sanction: Option<String>,
    #[serde(default)]
    urgent: Option<String>,
    #[serde(default, deserialize_with = "json::object_if_any")]
    measure: Option<WireMeasure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireMeasure {
    basis: String,
    document: String,
}

impl Measure {
    fn read(wire: WireMeasure) -> Result<Self, Refusal> {
        let basis = wire.basis.parse::<OperationalBasis>();
        let basis =
            basis.map_err(|_| malformed("`basis.measure.basis` is not one of the bases of OI 10."))?;
        bounded_text("basis.measure.document", &wire.document, 1)?;
        Ok(Self { basis, document: wire.document })
    }
}

impl Document {
    /// Kind and number of the material the record goes into (SLS 16-3(2)): the kind of case, or the ground that rests on none.
    #[must_use]
    pub fn material(&self) -> (&'static str, &str) {
        let ground = self.basis.ground;
        (ground.case_kind().map_or(ground.as_str(), policy::CaseKind::as_str), self.basis.case.as_str())
    }

    /// Reads the signed content.
    ///
    /// # Errors
    /// `too-large`, `malformed-document`, `circumstances-missing`, `document-stale`, in this order.
    pub fn parse(content: &[u8], arrived: Millis, rules: &Rules) -> Result<Self, Refusal> {
        if content.len() > MAX_BYTES {
            return Err(Refusal::new(
                Code::TooLarge,
                format!("The document has {} bytes; at most {MAX_BYTES} are accepted.", content.len()),
            ));
        }
        let wire: WireDocument = json::read_as(content).map_err(|error| malformed(error.to_string()))?;
        let document = Self::from_wire(wire)?;
        document.state_circumstances(rules)?;
        document.be_fresh(arrived, rules)?;
        Ok(document)
    }

    /// The id alone, for a refusal to name the request it refuses. `None` when even that cannot be read.
    #[must_use]
    pub fn peek_id(content: &[u8]) -> Option<Uuid> {
        let value = json::read(content.get(..content.len().min(MAX_BYTES))?).ok()?;
        request_id(value.get("id")?.as_str()?)
    }

    fn from_wire(wire: WireDocument) -> Result<Self, Refusal> {
        if wire.version != 1 {
            return Err(malformed("`version` must be 1."));
        }
        let id = request_id(&wire.id)
            .ok_or_else(|| malformed("`id` must be a UUID of version 4 or 7 (RFC 9562), hyphenated."))?;
        let issued = instant(&wire.issued)
            .ok_or_else(|| malformed("`issued` must be an RFC 3339 date-time, like 2026-11-22T10:15:00Z."))?;
        let agency = wire
            .agency
            .parse::<Bin>()
            .map_err(|_| malformed("`agency` must be a BIN: 12 digits with a valid check digit."))?;
        let ground = wire
            .basis
            .ground
            .parse::<Ground>()
            .map_err(|_| malformed("`basis.ground` is not one of the grounds of the contract."))?;
        let case = CaseNumber::parse(&wire.basis.case)
            .ok_or_else(|| malformed("`basis.case` must be 1 to 64 letters, digits or the signs -/._"))?;
        bounded_text("purpose", &wire.purpose, 1)?;
        if legible::letters_and_digits(&wire.purpose) == 0 {
            return Err(malformed("`purpose` must say in words what the record is for."));
        }
        let basis = Basis {
            ground,
            case,
            circumstances: wire.basis.circumstances.unwrap_or_default(),
            sanction: wire.basis.sanction,
            urgent: wire.basis.urgent,
            measure: wire.basis.measure.map(Measure::read).transpose()?,
        };
        Ok(Self {
            id,
            issued,
            agency,
            registry: code("registry", wire.registry)?,
            operation: code("operation", wire.operation)?,
            parameters: wire.parameters,
            basis,
            purpose: wire.purpose,
        })
    }

    // SLS 16-2(3)¶1: the request shall indicate the circumstances. A floor of letters and digits keeps "." and the
    // invisible from counting.
    fn state_circumstances(&self, rules: &Rules) -> Result<(), Refusal> {
        let said = legible::letters_and_digits(&self.basis.circumstances);
        if said < rules.circumstances_min {
            return Err(Refusal::new(
                Code::CircumstancesMissing,
                format!(
                    "`basis.circumstances` has {said} letters and digits; at least {} must state what happened.",
                    rules.circumstances_min
                ),
            ));
        }
        bounded_text("basis.circumstances", &self.basis.circumstances, rules.circumstances_min)
    }

    fn be_fresh(&self, arrived: Millis, rules: &Rules) -> Result<(), Refusal> {
        let age = arrived.since(self.issued);
        let back = i64::from(rules.max_age).saturating_mul(1000);
        let ahead = i64::from(rules.max_ahead).saturating_mul(1000);
        if age > back || age < ahead.saturating_neg() {
            return Err(Refusal::new(
                Code::DocumentStale,
                format!(
                    "`issued` is {}; it arrived at {}. Accepted: up to {} s back, {} s ahead.",
                    self.issued.rfc3339(),
                    arrived.rfc3339(),
                    rules.max_age,
                    rules.max_ahead
                ),
            ));
        }
        Ok(())
    }
}

/// Reads a request id: a UUID of version 4 or 7, hyphenated, in either case (RFC 9562, section 4).
#[must_use]
pub fn request_id(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    let hyphenated = id.hyphenated().to_string() == text.to_ascii_lowercase();
    let known = id.get_variant() == Variant::RFC4122 && matches!(id.get_version_num(), 4 | 7);
    (hyphenated && known).then_some(id)
}

/// Reads an RFC 3339 date-time with `T` and, in UTC, `Z`: section 5.6 lets applications ask for upper case, and what one writes with
/// a space another does not read.
#[must_use]
pub fn instant(text: &str) -> Option<Millis> {
    use time::format_description::well_known::Rfc3339;
    if text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') {
        return None;
    }
    let instant = time::OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(Millis(i64::try_from(instant.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?))
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::new(Code::MalformedDocument, detail)
}

fn code(member: &str, text: String) -> Result<String, Refusal> {
    if !is_code(&text) {
        return Err(malformed(format!(
            "`{member}` must be 1 to {MAX_CODE} lower-case letters, digits or hyphens."
        )));
    }
    Ok(text)
}

/// Whether a text can be the code of a registry or of an operation.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=MAX_CODE).contains(&text.len()) && text.bytes().all(fits)
}

fn bounded_text(member: &str, text: &str, least: usize) -> Result<(), Refusal> {
    if let Some(fault) = legible::hidden_in(member, text) {
        return Err(malformed(format!("{fault}.")));
    }
    let length = text.trim().chars().count();
    if length < least || length > MAX_TEXT {
        return Err(malformed(format!(
            "`{member}` has {length} characters; {least} to {MAX_TEXT} are accepted."
        )));
    }
    Ok(())
}
