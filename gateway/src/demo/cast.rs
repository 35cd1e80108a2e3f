//! Who lives in the demonstration country: invented agencies, officers and cases, the same at every start.
//!
//! Between them they show every state the contract's manifest has: registered, unregistered, suspended, revoked and expired
//! officers; open, suspended and closed cases of all five kinds; one officer who holds an open case of each kind.

use certs::algorithm::KeyKind;
use certs::{Bin, Iin};
use policy::{BodyKind, CaseKind, CaseStatus, Ground};

use crate::demo::number;

/// An agency of the demonstration.
#[derive(Clone, Debug)]
pub struct DemoAgency {
    pub code: &'static str,
    pub name: &'static str,
    pub kind: BodyKind,
    pub bin: Bin,
    pub enrolled: bool,
    /// Admitted by joint act alone: not in the contract's manifest.
    pub by_act: bool,
}

/// What became of an officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OfficerState {
    Registered,
    Unregistered,
    Suspended,
    Revoked,
    Expired,
}

/// An officer of the demonstration.
#[derive(Clone, Debug)]
pub struct DemoOfficer {
    pub code: &'static str,
    pub name: &'static str,
    pub agency: &'static str,
    pub role: &'static str,
    pub key: KeyKind,
    pub state: OfficerState,
    pub iin: Iin,
    /// Works by joint act, or watches over those who do: not in the contract's manifest.
    pub by_act: bool,
}

/// A case of the demonstration.
#[derive(Clone, Debug)]
pub struct DemoCase {
    pub kind: CaseKind,
    pub number: String,
    pub status: CaseStatus,
    pub agency: &'static str,
    pub holder: &'static str,
}

// Eleven digits each; the twelfth checks them. Registration month and year, type of organisation, serial.
const AGENCIES: &[(&str, &str, BodyKind, &str, bool)] = &[
    ("police", "Police Department of the City of Negizkala", BodyKind::InternalAffairs, "94074000001", true),
    ("court", "District Court No. 2 of Negizkala", BodyKind::Court, "95034000002", true),
    ("enforcement", "Department of Enforcement of Judicial Acts", BodyKind::Enforcement, "11024000003", true),
    ("prosecutor", "Prosecutor's Office of Negizkala", BodyKind::Prosecutor, "94014000004", true),
    ("operator", "Committee on Legal Statistics, Negizkala", BodyKind::Prosecutor, "04044000005", true),
    ("inspection", "Trade Inspection of Negizkala", BodyKind::Other, "12054000006", false),
];

// Admitted by joint act alone.
const AGENCIES_BY_ACT: &[(&str, &str, BodyKind, &str, bool)] = &[
    ("monitoring", "Financial Monitoring Agency", BodyKind::FinancialMonitoring, "08064000007", true),
    ("insolvency", "Department of Rehabilitation and Bankruptcy", BodyKind::Bankruptcy, "09084000008", true),
    ("migration", "Migration Committee", BodyKind::Migration, "10094000009", true),
];

use KeyKind::{Gost2015_512, P256};
const RSA: KeyKind = KeyKind::Rsa { bits: 2048 };
use OfficerState::{Expired, Registered, Revoked, Suspended, Unregistered};

/// Code, name, agency, role, key, state, first eleven digits of the IIN.
type OfficerRow =
    (&'static str, &'static str, &'static str, &'static str, KeyKind, OfficerState, &'static str);

const OFFICERS: &[OfficerRow] = &[
    ("akhmetov", "Ақметов Дәулет", "police", "investigator", P256, Registered, "85031430101"),
    ("bekova", "Бекова Айнұр", "police", "investigator", RSA, Registered, "90072240102"),
    ("chernov", "Чернов Илья", "police", "investigator", Gost2015_512, Registered, "82110930103"),
    ("daurenov", "Дәуренов Ерлан", "police", "investigator", P256, Suspended, "88050130104"),
    ("egorova", "Егорова Мария", "police", "investigator", P256, Revoked, "91121240105"),
    ("fazylov", "Фазылов Тимур", "police", "investigator", P256, Expired, "79041730106"),
    ("ganieva", "Ғаниева Сәуле", "police", "investigator", P256, Unregistered, "93062340107"),
    ("hasenov", "Хасенов Нұрлан", "court", "judge", P256, Registered, "75020830108"),
    ("ivanova", "Иванова Ольга", "court", "judge", RSA, Registered, "80091540109"),
    ("jumabaev", "Жұмабаев Арман", "enforcement", "bailiff", P256, Registered, "87013030110"),
    ("kim", "Ким Виктор", "enforcement", "bailiff", P256, Registered, "84102530111"),
    ("lee", "Ли Алина", "enforcement", "bailiff", Gost2015_512, Registered, "92081840112"),
    ("mukanov", "Мұқанов Қайрат", "police", "operative", P256, Registered, "86120530113"),
];

const OFFICERS_BY_ACT: &[OfficerRow] = &[
    ("nurgaliev", "Нұрғалиев Самат", "monitoring", "analyst", P256, Registered, "83051230114"),
    ("orazova", "Оразова Гүлнар", "insolvency", "administrator", P256, Registered, "89062240115"),
    ("pak", "Пак Евгений", "migration", "migration-officer", P256, Registered, "81070430116"),
    ("rakhimov", "Рахимов Болат", "police", "district-inspector", P256, Registered, "90031230117"),
    ("sadykov", "Садықов Мәди", "prosecutor", "regional-prosecutor", P256, Registered, "72081530118"),
    ("tulegenov", "Төлегенов Асқар", "prosecutor", "other-prosecutor", P256, Registered, "77092230119"),
    ("valiev", "Валиев Ришат", "operator", "responsible", P256, Registered, "78020330120"),
    ("zhanova", "Жанова Ләйла", "operator", "responsible", P256, Registered, "86061940121"),
    // The head of the police: the first of the heads that are enrolled.
    ("usenov", "Үсенов Жанат", "police", "head", P256, Registered, "70010130001"),
];

/// Cases by holder: kind, status, how many.
const CASES: &[(&str, CaseKind, CaseStatus, u32)] = &[
    // One officer holds an open case of each of the five kinds.
    ("akhmetov", CaseKind::Criminal, CaseStatus::Open, 3),
    ("akhmetov", CaseKind::Civil, CaseStatus::Open, 1),
    ("akhmetov", CaseKind::Administrative, CaseStatus::Open, 1),
    ("akhmetov", CaseKind::Search, CaseStatus::Open, 1),
    ("akhmetov", CaseKind::Enforcement, CaseStatus::Open, 1),
    ("akhmetov", CaseKind::Criminal, CaseStatus::Closed, 1),
    ("akhmetov", CaseKind::Criminal, CaseStatus::Suspended, 1),
    ("akhmetov", CaseKind::Enforcement, CaseStatus::Closed, 1),
    ("bekova", CaseKind::Criminal, CaseStatus::Open, 2),
    ("bekova", CaseKind::Search, CaseStatus::Open, 1),
    ("bekova", CaseKind::Search, CaseStatus::Suspended, 1),
    ("chernov", CaseKind::Criminal, CaseStatus::Open, 2),
    ("chernov", CaseKind::Administrative, CaseStatus::Closed, 1),
    ("daurenov", CaseKind::Criminal, CaseStatus::Open, 1),
    ("egorova", CaseKind::Criminal, CaseStatus::Open, 1),
    ("fazylov", CaseKind::Criminal, CaseStatus::Open, 1),
    ("ganieva", CaseKind::Criminal, CaseStatus::Open, 1),
    ("hasenov", CaseKind::Civil, CaseStatus::Open, 2),
    ("hasenov", CaseKind::Criminal, CaseStatus::Open, 1),
    ("hasenov", CaseKind::Civil, CaseStatus::Closed, 1),
    ("ivanova", CaseKind::Administrative, CaseStatus::Open, 2),
    ("ivanova", CaseKind::Civil, CaseStatus::Suspended, 1),
    ("jumabaev", CaseKind::Enforcement, CaseStatus::Open, 2),
    ("kim", CaseKind::Enforcement, CaseStatus::Open, 1),
    ("kim", CaseKind::Enforcement, CaseStatus::Suspended, 1),
    ("lee", CaseKind::Enforcement, CaseStatus::Open, 1),
    ("mukanov", CaseKind::Criminal, CaseStatus::Open, 1),
];

/// The cast, ready made.
#[derive(Clone, Debug)]
pub struct Cast {
    pub agencies: Vec<DemoAgency>,
    pub officers: Vec<DemoOfficer>,
    pub cases: Vec<DemoCase>,
}

impl Cast {
    /// Assembles the cast; `None` only if a number in the tables above has no check digit.
    #[must_use]
    pub fn assemble() -> Option<Self> {
        let by_case = AGENCIES.iter().map(|row| (row, false));
        let all = by_case.chain(AGENCIES_BY_ACT.iter().map(|row| (row, true)));
        let agencies = all.map(|((code, name, kind, digits, enrolled), by_act)| {
            let bin = number::with_check_digit(digits)?.parse().ok()?;
            Some(DemoAgency { code, name, kind: *kind, bin, enrolled: *enrolled, by_act })
        });
        let by_case = OFFICERS.iter().map(|row| (row, false));
        let all = by_case.chain(OFFICERS_BY_ACT.iter().map(|row| (row, true)));
        let officers = all.map(|((code, name, agency, role, key, state, digits), by_act)| {
            let iin = number::with_check_digit(digits)?.parse().ok()?;
            Some(DemoOfficer { code, name, agency, role, key: *key, state: *state, iin, by_act })
        });
        let officers = officers.collect::<Option<Vec<_>>>()?;
        let cases = cases(&officers);
        Some(Self { agencies: agencies.collect::<Option<_>>()?, officers, cases })
    }

    /// The agency with this code.
    #[must_use]
    pub fn agency(&self, code: &str) -> Option<&DemoAgency> {
        self.agencies.iter().find(|agency| agency.code == code)
    }

    /// The officer with this code.
    #[must_use]
    pub fn officer(&self, code: &str) -> Option<&DemoOfficer> {
        self.officers.iter().find(|officer| officer.code == code)
    }
}

fn cases(officers: &[DemoOfficer]) -> Vec<DemoCase> {
    let mut cases = Vec::new();
    for (holder, kind, status, count) in CASES {
        let Some(officer) = officers.iter().find(|officer| officer.code == *holder) else { continue };
        for _ in 0..*count {
            let serial = cases.len().saturating_add(1);
            cases.push(DemoCase {
                kind: *kind,
                number: format!("26{}0031{serial:06}", prefix(*kind)),
                status: *status,
                agency: officer.agency,
                holder,
            });
        }
    }
    cases
}

/// The demonstration's registries of cases number them by kind, so that a number names one case.
const fn prefix(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Criminal => "75",
        CaseKind::Civil => "20",
        CaseKind::Administrative => "30",
        CaseKind::Search => "40",
        CaseKind::Enforcement => "50",
    }
}

/// The grounds an officer in this role is registered for.
#[must_use]
pub fn grounds(role: &str) -> &'static [Ground] {
    match role {
        "investigator" => &[
            Ground::CriminalCase,
            Ground::CivilCase,
            Ground::AdministrativeCase,
            Ground::SearchCase,
            Ground::EnforcementProceeding,
        ],
        "judge" => &[
            Ground::CriminalCase,
            Ground::CivilCase,
            Ground::AdministrativeCase,
            Ground::CourtCriminal,
            Ground::CourtCivil,
            Ground::CourtAdministrative,
        ],
        "bailiff" => &[Ground::EnforcementProceeding],
        "operative" => &[Ground::CriminalCase, Ground::Operational, Ground::Covert],
        "analyst" => &[Ground::FinancialMonitoring],
        "administrator" => &[Ground::Bankruptcy],
        "migration-officer" => &[Ground::Migration],
        "district-inspector" => &[Ground::Prevention],
        _ => &[],
    }
}
