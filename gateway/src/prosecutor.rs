//! What a prosecutor signs, and what a head of a body signs in urgent cases (OI 12(4), 12(7), 25(2)3)).

use policy::{CaseKind, Ground, ProsecutorRank, Threat};
use serde::Deserialize;

use crate::attached::{NotAccepted, legible};
use crate::clock::Millis;
use crate::document::{CaseNumber, instant};
use crate::enrolment::{Agency, Duty, Official, State, User};
use crate::json;

/// Longest number of a document, in characters.
const MAX_NUMBER: usize = 100;
/// Most registries one document names.
const MAX_REGISTRIES: usize = 100;

/// A sanction: measures that touch private life, in one case, about one subject, in some registries, for a term (OI 12(4)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanction {
    pub number: String,
    pub case: CaseNumber,
    pub registries: Vec<String>,
    /// As the operation's parameter names it. Personal data.
    pub subject: String,
    pub from: Millis,
    pub until: Millis,
}

/// A reasoned decision of a head of the body to begin before the sanction (OI 12(7)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrgentDecision {
    pub number: String,
    pub case: CaseNumber,
    pub registries: Vec<String>,
    pub subject: String,
    pub decided: Millis,
    pub against_judge: bool,
    /// What is to be feared. Whether a decision that does not say so suffices is for the rules to say.
    pub threat: Option<Threat>,
}

/// A prosecutor's resolution (OI 25(2)3)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    pub number: String,
    pub ends: Ends,
}

/// What a resolution ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Everything in a case, or in the material of a ground that rests on none.
    Case { kind: &'static str, number: CaseNumber },
    /// One sanction, by the digest of what was signed.
    Sanction([u8; 32]),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WireSanction {
    version: u64,
    kind: String,
    number: String,
    case: String,
    registries: Vec<String>,
    subject: String,
    from: String,
    until: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WireUrgent {
    version: u64,
    kind: String,
    number: String,
    case: String,
    registries: Vec<String>,
    subject: String,
    decided: String,
    reasons: String,
    against_judge: bool,
    #[serde(default)]
    threat: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WireResolution {
    version: u64,
    kind: String,
    number: String,
    #[serde(default)]
    case: Option<WireCase>,
    #[serde(default)]
    sanction: Option<String>,
    reasons: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCase {
    kind: String,
    number: String,
}

fn wrong(what: impl Into<String>) -> NotAccepted {
    NotAccepted(what.into())
}

fn read<W: serde::de::DeserializeOwned>(content: &[u8]) -> Result<W, NotAccepted> {
    json::read_as(content).map_err(|error| wrong(error.to_string()))
}

/// Version and kind first: a document of another kind must not pass for this one.
fn of_kind(version: u64, found: &str, expected: &str) -> Result<(), NotAccepted> {
    match (version, found == expected) {
        (1, true) => Ok(()),
        _ => Err(wrong(format!("`version` and `kind` must be 1 and {expected}"))),
    }
}

fn number(text: String) -> Result<String, NotAccepted> {
    legible("number", &text)?;
    let length = text.trim().chars().count();
    match (1..=MAX_NUMBER).contains(&length) {
        true => Ok(text),
        false => Err(wrong(format!("`number` must have 1 to {MAX_NUMBER} characters"))),
    }
}

fn case(text: &str) -> Result<CaseNumber, NotAccepted> {
    CaseNumber::parse(text).ok_or_else(|| wrong("the case number has no accepted form"))
}

fn registries(codes: Vec<String>) -> Result<Vec<String>, NotAccepted> {
    match (1..=MAX_REGISTRIES).contains(&codes.len()) {
        true => Ok(codes),
        false => Err(wrong(format!("`registries` must name 1 to {MAX_REGISTRIES}"))),
    }
}

fn threat(text: &str) -> Result<Threat, NotAccepted> {
    text.parse().map_err(|_| {
        let known: Vec<&str> = Threat::ALL.iter().map(|threat| threat.as_str()).collect();
        wrong(format!("`threat` must be one of {}", known.join(", ")))
    })
}

fn at(member: &str, text: &str) -> Result<Millis, NotAccepted> {
    instant(text).ok_or_else(|| wrong(format!("`{member}` must be an RFC 3339 date-time")))
}

impl Sanction {
    /// Reads what was signed.
    ///
    /// # Errors
    /// [`NotAccepted`], by member.
    pub fn parse(content: &[u8]) -> Result<Self, NotAccepted> {
        let wire: WireSanction = read(content)?;
        of_kind(wire.version, &wire.kind, "sanction")?;
        let sanction = Self {
            number: number(wire.number)?,
            case: case(&wire.case)?,
            registries: registries(wire.registries)?,
            subject: wire.subject,
            from: at("from", &wire.from)?,
            until: at("until", &wire.until)?,
        };
        match sanction.from < sanction.until {
            true => Ok(sanction),
            false => Err(wrong("`until` must lie after `from`")),
        }
    }
}

impl UrgentDecision {
    /// Reads what was signed.
    ///
    /// # Errors
    /// [`NotAccepted`], by member.
    pub fn parse(content: &[u8]) -> Result<Self, NotAccepted> {
        let wire: WireUrgent = read(content)?;
        of_kind(wire.version, &wire.kind, "urgent-decision")?;
        legible("reasons", &wire.reasons)?;
        if wire.reasons.trim().chars().count() < 20 {
            return Err(wrong("`reasons` must state in 20 characters or more why it cannot wait"));
        }
        Ok(Self {
            number: number(wire.number)?,
            case: case(&wire.case)?,
            registries: registries(wire.registries)?,
            subject: wire.subject,
            decided: at("decided", &wire.decided)?,
            against_judge: wire.against_judge,
            threat: wire.threat.as_deref().map(threat).transpose()?,
        })
    }

    /// Whether it is about this request.
    #[must_use]
    pub fn covers(&self, case: &CaseNumber, registry: &str, subject: Option<&str>) -> bool {
        &self.case == case
            && self.registries.iter().any(|code| code == registry)
            && subject == Some(self.subject.as_str())
    }
}

impl Resolution {
    /// Reads what was signed.
    ///
    /// # Errors
    /// [`NotAccepted`], by member.
    pub fn parse(content: &[u8]) -> Result<Self, NotAccepted> {
        let wire: WireResolution = read(content)?;
        of_kind(wire.version, &wire.kind, "resolution")?;
        legible("reasons", &wire.reasons)?;
        if wire.reasons.trim().is_empty() {
            return Err(wrong("`reasons` must not be empty"));
        }
        let ends = match (wire.case, wire.sanction) {
            (Some(named), None) => {
                let kind = material(&named.kind);
                let kind = kind.ok_or_else(|| wrong("`case.kind` is neither a kind of case nor a ground"))?;
                Ends::Case { kind, number: case(&named.number)? }
            }
            (None, Some(digest)) => {
                let digest: evidence::Digest =
                    digest.parse().map_err(|_| wrong("`sanction` must be a digest: sha-256:<base64url>"))?;
                Ends::Sanction(*digest.as_bytes())
            }
            _ => return Err(wrong("either `case` or `sanction` must be named")),
        };
        Ok(Self { number: number(wire.number)?, ends })
    }
}

/// The name under which material is kept: a kind of case, or the ground that rests on none.
pub(crate) fn material(kind: &str) -> Option<&'static str> {
    let case = kind.parse::<CaseKind>().ok().map(CaseKind::as_str);
    case.or_else(|| kind.parse::<Ground>().ok().filter(|g| g.case_kind().is_none()).map(Ground::as_str))
}

/// Whether a person is a prosecutor in office, and of which rank (OI 12(4)¶4). Prosecutors are registered users of the
/// prosecutor's office, their rank is their role.
#[must_use]
pub fn rank(user: Option<&User>, office: Option<&Agency>, now: Millis) -> Option<ProsecutorRank> {
    let (user, office) = (user?, office?);
    let in_office = user.state == State::Active
        && office.state == State::Active
        && office.kind == policy::BodyKind::Prosecutor
        && user.agency == office.bin
        && now.is_within(user.from, user.until);
    if in_office { user.role.parse().ok() } else { None }
}

/// Whether a person was a head of the body at an instant (SLS 16-3(4), OI 12(7)).
#[must_use]
pub fn is_head(officials: &[Official], iin: &certs::Iin, at: Millis) -> bool {
    officials.iter().any(|official| {
        official.duty == Duty::Head && &official.iin == iin && at.is_within(official.from, official.until)
    })
}
