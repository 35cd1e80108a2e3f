//! Who works on the grounds that joint acts open: what the demonstration has beyond the contract's manifest.
//!
//! `DIR/tracks.json` names them as the manifest names the others.

use policy::{BodyKind, Ground};
use serde::Serialize;

use crate::acts::{Debtor, JointAct};
use crate::clock::Millis;
use crate::demo::cast::Cast;
use crate::demo::manifest::{AgencyEntry, Manifest, OfficerEntry};
use crate::demo::people;

const YEAR: i64 = 31_536_000;

/// The file.
#[derive(Debug, Serialize)]
pub struct Tracks {
    pub agencies: Vec<AgencyEntry>,
    pub officers: Vec<OfficerEntry>,
    /// The one declared debtor.
    pub debtor: Option<String>,
}

impl Tracks {
    #[must_use]
    pub fn of(cast: &Cast) -> Self {
        let agencies = cast.agencies.iter().filter(|agency| agency.by_act).map(Manifest::agency);
        let officers = cast.officers.iter().filter(|officer| officer.by_act).map(Manifest::officer);
        Self { agencies: agencies.collect(), officers: officers.collect(), debtor: debtor() }
    }
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
