//! The demonstration's own gateway: its keys, its configuration, and what is enrolled with it at first.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use aws_lc_rs::rand;
use certs::algorithm::KeyKind;
use policy::{BodyKind, CaseKind, Entry, Ground, Opening, OperationEntry, RegistryEntry};

use crate::catalogue::{Listing, OperationClass, OperationListing};
use crate::clock::Millis;
use crate::config::{
    Admin, Asking, CaseSource, Clients, Config, Database, Deployment, DocumentWindow, Keys, Limits, Listen,
    Mode, Notify, Policy, Rates, Seconds, Stream, Telemetry, Tokens, Trust, Upstream, Witnesses, number,
};
use crate::demo::authorities::OTHERS;
use crate::demo::cast::{Cast, OfficerState, grounds};
use crate::demo::credentials::{Credential, CredentialError, generate};
use crate::demo::home::{Home, HomeError};
use crate::demo::stage::Lists;
use crate::enrolment::{ConsoleRole, Duty, Fingerprint, Official, State, System, SystemRole, User};
use crate::store::AgencyBook;

/// The case registry that feeds the replica.
pub const REPLICA: &str = "case-register";
/// The case registry that is asked live.
pub const LIVE: &str = "enforcement-register";
const YEAR: i64 = 31_536_000;

/// Which ports to listen on; 0 takes a free one.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub exchange: u16,
    pub console: u16,
    pub admin: u16,
}

/// Makes the gateway's keys where an earlier run did not.
///
/// # Errors
/// When the directory cannot be used.
pub fn make_keys(home: &Home) -> Result<(), CredentialError> {
    for (name, kind) in [("receipt", KeyKind::P256), ("log", KeyKind::Ed25519), ("grant", KeyKind::P256)] {
        let file = format!("keys/{name}.pem");
        if !home.has(&file) {
            home.write_secret(&file, generate(kind)?.to_pkcs8_pem()?.as_bytes())?;
        }
    }
    for name in ["commitments", "master"] {
        let file = format!("keys/{name}.key");
        if !home.has(&file) {
            let mut bytes = zeroize::Zeroizing::new([0; 32]);
            rand::fill(bytes.as_mut()).map_err(|_| CredentialError::Key(certs::issue::KeyError::Signing))?;
            home.write_secret(&file, zeroize::Zeroizing::new(hex::encode(*bytes)).as_bytes())?;
        }
    }
    Ok(())
}

/// The gateway's configuration.
pub(super) fn config(home: &Path, ports: Ports, database: String, lists: Lists, live: String) -> Config {
    let listen = |port, limits| Listen {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        certificate: home.join("tls/gateway.pem"),
        key: home.join("tls/gateway.key").into(),
        password: None,
        client_ca: home.join("tls/ca.pem"),
        tls12: false,
        limits,
    };
    Config {
        deployment: Deployment { name: "negiz.demo".to_owned(), node: "a".to_owned() },
        database: Database::at(database),
        exchange: listen(ports.exchange, Limits::default()),
        console: listen(ports.console, Limits::default()),
        clients: Clients { crl: lists.clients, ..Clients::default() },
        admin: Admin { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, ports.admin)), allow_remote: false },
        trust: Trust {
            anchors: home.join("trust"),
            profile: "national".to_owned(),
            crl: lists.signers,
            ocsp: Vec::new(),
            ask: Asking::Unknown,
            refresh_seconds: Seconds::of(600),
            cache: home.join("lists"),
        },
        keys: Keys {
            receipt: home.join("keys/receipt.pem").into(),
            receipt_password: None,
            receipt_retired: Vec::new(),
            log: home.join("keys/log.pem").into(),
            log_password: None,
            log_previous: None,
            log_previous_password: None,
            log_retired: Vec::new(),
            grant: home.join("keys/grant.pem").into(),
            grant_password: None,
            commitments: home.join("keys/commitments.key"),
            master: home.join("keys/master.key"),
            master_previous: None,
        },
        pkcs11: Tokens::default(),
        upstream: Upstream {
            certificate: home.join("infra/gateway.pem"),
            key: home.join("infra/gateway.key").into(),
            password: None,
            ca: home.join("infra/ca.pem"),
            connect_seconds: Seconds::of(1),
        },
        document: DocumentWindow::default(),
        rates: rates(),
        case_sources: case_sources(live),
        policy: Policy {
            directory: None,
            matrix: Some(home.join("policy/matrix.json")),
            registries: Some(home.join("policy/registries.json")),
            require_proof: true,
        },
        notify: Notify::default(),
        witnesses: Witnesses::default(),
        time_stamps: None,
        telemetry: Telemetry::default(),
        retention: Vec::new(),
        streams: vec![Stream::file("journal", home.join("stream.jsonl"))],
    }
}

/// The contract: 200 requests a second per officer; and as many refusals as somebody who tries everything may see.
fn rates() -> Rates {
    Rates {
        officer_per_second: number(200),
        burst: number(400),
        refusals_per_second: number(200),
        refusals_burst: number(4000),
    }
}

/// Who says how cases stand: one feeds its word, one is asked.
fn case_sources(live: String) -> Vec<CaseSource> {
    vec![
        CaseSource {
            code: REPLICA.to_owned(),
            kinds: vec![CaseKind::Criminal, CaseKind::Civil, CaseKind::Administrative, CaseKind::Search],
            mode: Mode::Replica,
            url: None,
            max_age: number(600),
        },
        CaseSource {
            code: LIVE.to_owned(),
            kinds: vec![CaseKind::Enforcement],
            mode: Mode::Live,
            url: Some(live),
            max_age: number(60),
        },
    ]
}

/// Writes the authorities the gateway trusts, and nothing else, into its anchor directory.
///
/// # Errors
/// When the directory cannot be used.
pub fn write_anchors(home: &Home, certificates: &[(String, &[u8])]) -> Result<(), HomeError> {
    for (name, der) in certificates {
        home.write(&format!("trust/{name}.cer"), der)?;
    }
    Ok(())
}

/// Who is enrolled on the first day.
#[must_use]
pub fn enrolment(
    cast: &Cast,
    channels: &std::collections::BTreeMap<String, Credential>,
    now: Millis,
) -> (AgencyBook, Vec<User>) {
    let enrolled = || cast.agencies.iter().filter(|agency| agency.enrolled);
    let fingerprint =
        |name: &str| channels.get(&format!("systems/{name}")).map(|held| Fingerprint::of(&held.certificate));
    let agencies = enrolled().map(|agency| crate::enrolment::Agency {
        bin: agency.bin.clone(),
        code: agency.code.to_owned(),
        name: agency.name.to_owned(),
        kind: agency.kind,
        state: State::Active,
    });
    let system = |name: &str, agency: &str, role: SystemRole| {
        let agency = cast.agency(agency)?.bin.clone();
        let certificate = fingerprint(name)?;
        Some(System { certificate, agency, name: name.to_owned(), role, state: State::Active })
    };
    let exchange = enrolled().filter_map(|agency| system(agency.code, agency.code, SystemRole::Exchange));
    let others = OTHERS.iter().filter_map(|(name, agency)| system(name, agency, role(name)));
    let heads = enrolled().zip(1_u32..).filter_map(|(agency, serial)| {
        let iin = crate::demo::number::with_check_digit(&format!("7001013{serial:04}"))?.parse().ok()?;
        Some(Official {
            agency: agency.bin.clone(),
            iin,
            name: format!("Head of {}", agency.name),
            duty: Duty::Head,
            from: now.plus_seconds(-YEAR),
            until: None,
        })
    });
    let named = cast.officers.iter().filter(|officer| officer.role == "responsible");
    let responsible = named.filter_map(|officer| {
        Some(Official {
            agency: cast.agency(officer.agency)?.bin.clone(),
            iin: officer.iin.clone(),
            name: officer.name.to_owned(),
            duty: Duty::Responsible,
            from: now.plus_seconds(-YEAR),
            until: None,
        })
    });
    let book = AgencyBook {
        agencies: agencies.collect(),
        systems: exchange.chain(others).collect(),
        officials: heads.chain(responsible).collect(),
        holders: Vec::new(),
    };
    (book, users(cast, now))
}

pub(super) fn role(system: &str) -> SystemRole {
    match system {
        "console-operator" => SystemRole::Console(ConsoleRole::Operator),
        "console-security" => SystemRole::Console(ConsoleRole::Security),
        "console-auditor" => SystemRole::Console(ConsoleRole::Auditor),
        "console-police" => SystemRole::Console(ConsoleRole::Agency),
        "console-prosecutor" => SystemRole::Console(ConsoleRole::Prosecutor),
        _ => SystemRole::CaseFeed { source: REPLICA.to_owned() },
    }
}

fn users(cast: &Cast, now: Millis) -> Vec<User> {
    let registered = cast.officers.iter().filter(|officer| officer.state != OfficerState::Unregistered);
    let users = registered.filter_map(|officer| {
        Some(User {
            iin: officer.iin.clone(),
            agency: cast.agency(officer.agency)?.bin.clone(),
            name: officer.name.to_owned(),
            role: officer.role.to_owned(),
            grounds: grounds(officer.role).iter().copied().collect(),
            state: if officer.state == OfficerState::Suspended { State::Suspended } else { State::Active },
            from: now.plus_seconds(-YEAR),
            until: Some(now.plus_seconds(YEAR * 5)),
        })
    });
    users.collect()
}

/// Who may see what: every ground of every operation, opened to the roles that work on it.
#[must_use]
pub fn matrix(listings: &[Listing]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for listing in listings {
        for operation in &listing.operations {
            for (ground, fields) in &operation.fields {
                let Ok(ground) = ground.parse::<Ground>() else { continue };
                for (body, role) in workers(ground) {
                    entries.push(Entry {
                        bodies: vec![*body],
                        roles: vec![(*role).to_owned()],
                        grounds: vec![ground],
                        opens: vec![Opening {
                            registry: listing.code.clone(),
                            operation: operation.code.clone(),
                            fields: named(fields, operation),
                        }],
                    });
                }
            }
        }
    }
    entries
}

/// The sample registries as the policy knows them: what they can be asked and which fields they answer.
#[must_use]
pub fn registries(listings: &[Listing]) -> Vec<RegistryEntry> {
    let operation = |operation: &OperationListing| OperationEntry {
        code: operation.code.clone(),
        title: operation.title.clone(),
        private_life: operation.class == OperationClass::PrivateLife,
        pending_cases_only: operation.pending_cases_only,
        fields: answered(operation).into_iter().collect(),
    };
    let entry = |listing: &Listing| RegistryEntry {
        code: listing.code.clone(),
        title: listing.title.clone(),
        clause: "SLS 16-1(1)¶2".to_owned(),
        class: listing.class,
        operations: listing.operations.iter().map(operation).collect(),
    };
    listings.iter().map(entry).collect()
}

/// Every field of an answer: its members, and parts of members (`document.number`) that some ground lets out alone.
fn answered(operation: &OperationListing) -> BTreeSet<String> {
    let everything = vec!["*".to_owned()];
    let lists = operation.fields.values().chain([&everything]);
    lists.flat_map(|fields| named(fields, operation)).collect()
}

/// The matrix names every field; a listing may say `*` for all that its answer declares.
fn named(fields: &[String], operation: &OperationListing) -> Vec<String> {
    if fields.iter().all(|field| field != "*") {
        return fields.to_vec();
    }
    let declared = operation.answer.as_ref().and_then(|schema| schema.get("properties")?.as_object());
    declared.into_iter().flat_map(|members| members.keys().cloned()).collect()
}

const fn workers(ground: Ground) -> &'static [(BodyKind, &'static str)] {
    const POLICE: (BodyKind, &str) = (BodyKind::InternalAffairs, "investigator");
    const COURT: (BodyKind, &str) = (BodyKind::Court, "judge");
    const BAILIFF: (BodyKind, &str) = (BodyKind::Enforcement, "bailiff");
    const OPERATIVE: (BodyKind, &str) = (BodyKind::InternalAffairs, "operative");
    match ground {
        Ground::CriminalCase => &[POLICE, COURT, OPERATIVE],
        Ground::CivilCase | Ground::AdministrativeCase => &[POLICE, COURT],
        Ground::SearchCase => &[POLICE],
        Ground::EnforcementProceeding => &[POLICE, BAILIFF],
        Ground::CourtCriminal | Ground::CourtCivil | Ground::CourtAdministrative => &[COURT],
        Ground::Operational | Ground::Covert => &[OPERATIVE],
        Ground::FinancialMonitoring => &[(BodyKind::FinancialMonitoring, "analyst")],
        Ground::Bankruptcy => &[(BodyKind::Bankruptcy, "administrator")],
        Ground::Migration => &[(BodyKind::Migration, "migration-officer")],
        Ground::Prevention => &[(BodyKind::InternalAffairs, "district-inspector")],
    }
}
