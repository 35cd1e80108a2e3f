//! Who works on the grounds that joint acts open: what the demonstration has beyond the contract's manifest.
//!
//! `DIR/tracks.json` names them as the manifest names the others.

use policy::{BodyKind, CaseKind, Ground};
use serde::Serialize;
use serde_json::{Value, json};

use crate::acts::{Debtor, JointAct};
use crate::clock::Millis;
use crate::demo::cast::Cast;
use crate::demo::manifest::{AgencyEntry, Manifest, OfficerEntry};
use crate::demo::{people, registries};

const YEAR: i64 = 31_536_000;

/// The file.
#[derive(Debug, Serialize)]
pub struct Tracks {
    pub agencies: Vec<AgencyEntry>,
    pub officers: Vec<OfficerEntry>,
    /// The one declared debtor.
    pub debtor: Option<String>,
    /// Who signs for the prosecutor and for the body (OI 12(4), 12(7)).
    pub signatories: Signatories,
    /// On each ground a question that is answered, or, where `needs` is not empty, that is answered with these.
    pub questions: Vec<TrackQuestion>,
}

/// Officers by code.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Signatories {
    /// Can give a sanction, and stop a case.
    pub prosecutor: &'static str,
    /// Decides that a measure begins before its sanction.
    pub head: &'static str,
}

/// A question on one ground.
#[derive(Debug, Serialize)]
pub struct TrackQuestion {
    pub ground: Ground,
    pub officer: &'static str,
    /// The number of the material; on the covert ground, of an open case in the officer's production.
    pub case: String,
    pub registry: &'static str,
    pub operation: &'static str,
    pub parameters: Value,
    /// `basis.measure`, where the ground asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<Value>,
    /// Members of `basis` of which one must be given: a signed `sanction`, or an `urgent` decision.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub needs: &'static [&'static str],
}

impl Tracks {
    #[must_use]
    pub fn of(cast: &Cast) -> Self {
        let agencies = cast.agencies.iter().filter(|agency| agency.by_act).map(Manifest::agency);
        let officers = cast.officers.iter().filter(|officer| officer.by_act).map(Manifest::officer);
        Self {
            agencies: agencies.collect(),
            officers: officers.collect(),
            debtor: debtor(),
            signatories: Signatories { prosecutor: PROSECUTOR, head: HEAD },
            questions: questions(cast),
        }
    }
}

/// A person of whom the population has a record, and one whose parents it knows.
fn known() -> (String, String) {
    let iin = |person: Option<people::Person>| person.map(|p| p.iin.as_str().to_owned()).unwrap_or_default();
    let child = registries::examples().into_iter().find(|example| example.operation == PRIVATE);
    let child = child.and_then(|example| Some(example.parameters.get("iin")?.as_str()?.to_owned()));
    (iin(people::person(0)), child.unwrap_or_default())
}

/// The prosecutor who can give a sanction, and the head of the police.
pub const PROSECUTOR: &str = "sadykov";
/// Decides what cannot wait.
pub const HEAD: &str = "usenov";

/// The operation that touches private life.
pub const PRIVATE: &str = "parent-by-iin";

/// On each ground of the acts a question.
#[must_use]
pub fn questions(cast: &Cast) -> Vec<TrackQuestion> {
    let (person, child) = known();
    let case = cast.cases.iter().find(|case| case.holder == "mukanov" && case.kind == CaseKind::Criminal);
    let case = case.map_or("", |case| case.number.as_str());
    let ask = |ground,
               officer,
               case: &str,
               (registry, operation): (&'static str, &'static str),
               iin: &str| {
        let (case, parameters) = (case.to_owned(), json!({ "iin": iin }));
        TrackQuestion { ground, officer, case, registry, operation, parameters, measure: None, needs: &[] }
    };
    let measure = json!({ "basis": "offence-information", "document": "Report No. 12 of 20.11.2026" });
    let measured = |question| TrackQuestion { measure: Some(measure.clone()), ..question };
    let (persons, private) = (("population", "person-by-iin"), ("population", PRIVATE));
    let pending = ("pending-property-cases", "cases-by-debtor");
    let debtor = debtor().unwrap_or_default();
    let sanctioned = measured(ask(Ground::Operational, "mukanov", "26-OP-2", private, &child));
    vec![
        measured(ask(Ground::Operational, "mukanov", "26-OP-1", persons, &person)),
        TrackQuestion { needs: &["sanction", "urgent"], ..sanctioned },
        ask(Ground::Covert, "mukanov", case, persons, &person),
        ask(Ground::FinancialMonitoring, "nurgaliev", "26-FM-1", persons, &person),
        ask(Ground::Bankruptcy, "orazova", "26-B-1", pending, &debtor),
        ask(Ground::Migration, "pak", "26-M-1", ("entry-exit", "crossings-by-person"), &person),
        ask(Ground::Prevention, "rakhimov", "26-P-1", ("preventive-record", "entry-by-iin"), &person),
    ]
}

fn debtor() -> Option<String> {
    people::person(1).map(|person| person.iin.as_str().to_owned())
}

/// The declared debtors.
#[must_use]
pub fn debtors(now: Millis) -> Vec<Debtor> {
    let declared = debtor().map(|number| Debtor { number, from: now.plus_seconds(-YEAR), until: None });
    declared.into_iter().collect()
}

/// One invented act for each ground that the law leaves to acts.
#[must_use]
pub fn acts(now: Millis) -> Vec<JointAct> {
    use BodyKind::{Bankruptcy, FinancialMonitoring, InternalAffairs, Migration};
    let persons = ["population", "residence", "vehicles", "driver-licences", "weapon-permits", "wanted"];
    let act = |number: &str, ground: Ground, body: BodyKind, role: &str, registries: &[&str]| JointAct {
        number: number.to_owned(),
        date: "2024-05-01".to_owned(),
        title: format!("Invented joint act on the ground of {ground}"),
        parties: vec!["Committee on Legal Statistics, Negizkala".to_owned(), format!("a body of {body}")],
        bodies: vec![body],
        grounds: vec![ground],
        roles: vec![role.to_owned()],
        registries: registries.iter().map(|code| (*code).to_owned()).collect(),
        from: now.plus_seconds(-YEAR),
        until: Some(now.plus_seconds(10 * YEAR)),
    };
    vec![
        act("1-operational", Ground::Operational, InternalAffairs, "operative", &persons),
        act("2-covert", Ground::Covert, InternalAffairs, "operative", &persons),
        act("3-financial", Ground::FinancialMonitoring, FinancialMonitoring, "analyst", &["population"]),
        act("4-bankruptcy", Ground::Bankruptcy, Bankruptcy, "administrator", &["pending-property-cases"]),
        act("5-migration", Ground::Migration, Migration, "migration-officer", &["entry-exit", "population"]),
        act(
            "6-prevention",
            Ground::Prevention,
            InternalAffairs,
            "district-inspector",
            &["preventive-record", "population"],
        ),
    ]
}
