//! Agencies, systems, officials (SLS 16-2(1), 16-3(4)).

use gateway::clock::Millis;
use gateway::enrolment::{ConsoleRole, Duty, Official, SystemRole};
use gateway::import::{Known, read_agencies};

use crate::{ALIYA, BOLAT, COURT, DANA, POLICE, STRANGER, csv, json, known, lines};

const HEADER: &str = "record,bin,code,name,kind,state,certificate,role,source,capacity,iin,duty,from,until";

fn table(rows: &str) -> String {
    format!("{HEADER}\n{rows}\n")
}

fn print(digit: char) -> String {
    digit.to_string().repeat(64)
}

#[test]
fn reads_the_same_from_a_table_and_a_document() {
    let (a, b, c) = (print('a'), print('b'), print('c'));
    let rows = format!(
        "system,{POLICE},,Exchange,,active,{a},exchange,,,,,,\n\
         agency,{COURT},court,Сот,court,active,,,,,,,,\n\
         system,{COURT},,Feed,,active,{b},case-feed,criminal-cases,,,,,\n\
         system,{COURT},,Console,,suspended,{c},console,,auditor,,,,\n\
         official,{COURT},,Болат,,,,,,,{BOLAT},head,2026-01-01,\n\
         official,{POLICE},,Әлия,,,,,,,{ALIYA},responsible,2026-01-01,2026-06-30"
    );
    let from_table = read_agencies(&csv(&table(&rows)), &known()).unwrap();
    let document = format!(
        r#"{{
        "officials": [
            {{"bin": "{COURT}", "iin": "{BOLAT}", "name": "Болат", "duty": "head", "from": "2026-01-01", "until": null}},
            {{"bin": "{POLICE}", "iin": "{ALIYA}", "name": "Әлия", "duty": "responsible", "from": "2026-01-01", "until": "2026-06-30"}}],
        "agencies": [{{"bin": "{COURT}", "code": "court", "name": "Сот", "kind": "court", "state": "active"}}],
        "systems": [
            {{"bin": "{POLICE}", "name": "Exchange", "certificate": "{a}", "role": "exchange", "state": "active"}},
            {{"bin": "{COURT}", "name": "Feed", "certificate": "{b}", "role": "case-feed", "source": "criminal-cases", "state": "active"}},
            {{"bin": "{COURT}", "name": "Console", "certificate": "{c}", "role": "console", "capacity": "auditor", "state": "suspended"}}]}}"#
    );
    assert_eq!(read_agencies(&json(&document), &known()).unwrap(), from_table);
    assert_eq!(from_table.agencies[0].code, "court");
    let roles: Vec<_> = from_table.systems.iter().map(|system| system.role.clone()).collect();
    let feed = SystemRole::CaseFeed { source: "criminal-cases".to_owned() };
    assert_eq!(roles, [SystemRole::Exchange, feed, SystemRole::Console(ConsoleRole::Auditor)]);
    assert_eq!(from_table.officials[0].duty, Duty::Head);
    assert_eq!(from_table.officials[1].until.unwrap().rfc3339(), "2026-06-30T19:00:00Z");
}

#[test]
fn a_fingerprint_may_carry_colons() {
    let colons = vec!["AB"; 32].join(":");
    let rows = format!("system,{POLICE},,Exchange,,active,{colons},exchange,,,,,,");
    let book = read_agencies(&csv(&table(&rows)), &known()).unwrap();
    assert_eq!(book.systems[0].certificate.0, [0xab; 32]);
}

#[test]
fn names_every_error_with_its_line() {
    let (a, b) = (print('a'), print('b'));
    let rows = format!(
        "agency,{COURT},police,Сот,tribunal,active,,,,,,,,\n\
         agency,{COURT},court2,Сот,court,active,{a},,,,,,,\n\
         system,{STRANGER},,S,,active,{a},exchange,,,,,,\n\
         system,{POLICE},,S,,active,{a},exchange,criminal-cases,,,,,\n\
         system,{POLICE},,S,,active,{b},case-feed,court-cases,,,,,\n\
         system,{POLICE},,S,,active,{b}0,console,,judge,,,,\n\
         office,{POLICE},,S,,,,,,,,,,\n\
         official,{POLICE},,S"
    );
    let errors = lines(read_agencies(&csv(&table(&rows)), &known()));
    let expected = [
        "2, kind: found \"tribunal\", expected one of: internal-affairs, national-security, foreign-intelligence, \
         military-intelligence, anti-corruption, state-protection, economic-investigation, prosecutor, military-police, \
         court, enforcement, financial-monitoring, bankruptcy, migration, foreign-affairs, other",
        &format!(
            "3, certificate: found \"{}…\", expected nothing: agency rows have no certificate",
            "a".repeat(60)
        ),
        "3, bin: found a second one, expected one in the file: the first is on line 2",
        "4, bin: found \"********0027\", expected the BIN of an enrolled agency",
        "5, source: found a value, expected nothing: only the role case-feed has a source",
        "5, certificate: found a second one, expected one in the file: the first is on line 4",
        "6, source: found \"court-cases\", expected a configured case source that is fed: criminal-cases",
        &format!("7, certificate: found \"{}…\", expected 64 hexadecimal digits (SHA-256)", "b".repeat(60)),
        "7, capacity: found \"judge\", expected one of: operator, security, agency, prosecutor, auditor",
        "8, record: found \"office\", expected one of: agency, system, official",
        "9: found 4 values, expected 14, one for each column of the header",
    ];
    let expected: Vec<_> = expected.iter().map(|line| format!("list.csv, line {line}")).collect();
    assert_eq!(errors, expected);
}

#[test]
fn a_code_belongs_to_one_agency() {
    let rows = format!("agency,{COURT},police,Сот,court,active,,,,,,,,");
    let errors = lines(read_agencies(&csv(&table(&rows)), &known()));
    assert_eq!(
        errors,
        ["list.csv, line 2, code: found \"police\", expected a code that no other enrolled agency has"]
    );
    // Its own agency may keep it, under another name.
    let rows = format!("agency,{POLICE},police,Полиция,internal-affairs,active,,,,,,,,");
    assert_eq!(read_agencies(&csv(&table(&rows)), &known()).unwrap().agencies[0].name, "Полиция");
}

#[test]
fn an_agency_has_one_head_at_a_time() {
    let head = |iin: &str, from: &str, until: &str| {
        format!("official,{POLICE},,H,,,,,,,{iin},head,{from},{until}\n")
    };
    let refused = "expected one head of an agency at a time: end the other's term first";
    let both = table(&(head(ALIYA, "2026-01-01", "") + &head(BOLAT, "2026-06-01", "")));
    let errors = lines(read_agencies(&csv(&both), &known()));
    assert_eq!(errors, [format!("list.csv, line 3, from: found a second head in the same term, {refused}")]);
    let succeeded = table(&(head(ALIYA, "2026-01-01", "2026-05-31") + &head(BOLAT, "2026-06-01", "")));
    assert_eq!(read_agencies(&csv(&succeeded), &known()).unwrap().officials.len(), 2);

    let enrolled = Official {
        agency: POLICE.parse().unwrap(),
        iin: DANA.parse().unwrap(),
        name: "Дана".to_owned(),
        duty: Duty::Head,
        from: Millis(0),
        until: None,
    };
    let known = Known { officials: vec![enrolled], ..known() };
    assert_eq!(lines(read_agencies(&csv(&table(&head(ALIYA, "2026-01-01", ""))), &known)).len(), 1);
    let ended = table(&(head(DANA, "2020-01-01", "2025-12-31") + &head(ALIYA, "2026-01-01", "")));
    assert_eq!(read_agencies(&csv(&ended), &known).unwrap().officials.len(), 2);
}
