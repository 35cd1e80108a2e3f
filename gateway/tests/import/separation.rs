//! Nobody both administers users and reviews them (SLS 6(12-4)): seen when they are enrolled.

use gateway::clock::Millis;
use gateway::enrolment::{ConsoleRole, Duty, Fingerprint, Holder, Official};
use gateway::import::{Known, read_agencies};

use crate::{ALIYA, BOLAT, POLICE, csv, known, lines};

const HEADER: &str = "record,bin,code,name,kind,state,certificate,role,source,capacity,iin,duty,from,until";

fn console(digit: char, capacity: &str, iin: &str) -> String {
    let print = digit.to_string().repeat(64);
    format!("system,{POLICE},,Console {digit},,active,{print},console,,{capacity},{iin},,,")
}

fn official(iin: &str) -> String {
    format!("official,{POLICE},,Somebody,,,,,,,{iin},responsible,2026-01-01,")
}

fn faults(known: &Known, rows: &[String]) -> Vec<String> {
    let table = format!("{HEADER}\n{}\n", rows.join("\n"));
    match read_agencies(&csv(&table), known) {
        Ok(_) => Vec::new(),
        Err(errors) => lines::<()>(Err(errors)),
    }
}

#[test]
fn a_credential_names_who_holds_it() {
    let table = format!("{HEADER}\n{}\n", console('a', "security", ALIYA));
    let book = read_agencies(&csv(&table), &known()).unwrap();
    assert_eq!(book.holders, [Holder { certificate: Fingerprint([0xaa; 32]), iin: ALIYA.parse().unwrap() }]);
    let print = "b".repeat(64);
    let exchange = format!("system,{POLICE},,Exchange,,active,{print},exchange,,,{ALIYA},,,");
    assert_eq!(faults(&known(), &[exchange]).len(), 1, "a machine has no holder");
}

#[test]
fn one_file_does_not_put_a_person_on_both_sides() {
    for capacity in ["security", "auditor", "agency", "prosecutor"] {
        let both = [console('a', capacity, ALIYA), official(ALIYA)];
        assert!(!faults(&known(), &both).is_empty(), "{capacity} and responsible");
        let both = [console('a', capacity, ALIYA), console('b', "operator", ALIYA)];
        assert!(!faults(&known(), &both).is_empty(), "{capacity} and operator");
        let apart = [console('a', capacity, ALIYA), console('b', "operator", BOLAT), official(BOLAT)];
        assert_eq!(faults(&known(), &apart), Vec::<String>::new(), "{capacity}");
    }
}

#[test]
fn nor_does_a_file_beside_what_is_enrolled() {
    let mut enrolled = known();
    let holder = |byte, iin: &str| Holder { certificate: Fingerprint([byte; 32]), iin: iin.parse().unwrap() };
    enrolled.holders =
        vec![(holder(0xcc, ALIYA), ConsoleRole::Security), (holder(0xdd, BOLAT), ConsoleRole::Operator)];
    assert!(!faults(&enrolled, &[official(ALIYA)]).is_empty(), "a reviewer becomes no official");
    assert!(
        !faults(&enrolled, &[console('a', "auditor", BOLAT)]).is_empty(),
        "an operator becomes no reviewer"
    );
    assert!(
        !faults(&enrolled, &[console('a', "operator", ALIYA)]).is_empty(),
        "a reviewer becomes no operator"
    );
    // The credential is handed on: whoever held it before does not any more.
    let handed_on = [console('c', "security", BOLAT)];
    assert!(!faults(&enrolled, &handed_on).is_empty());
    assert_eq!(
        faults(&enrolled, &[console('d', "security", BOLAT)]),
        Vec::<String>::new(),
        "from one side to the other"
    );
    enrolled.officials.push(Official {
        agency: POLICE.parse().unwrap(),
        iin: BOLAT.parse().unwrap(),
        name: "Bolat".to_owned(),
        duty: Duty::Head,
        from: Millis(0),
        until: None,
    });
    assert!(!faults(&enrolled, &[console('d', "security", BOLAT)]).is_empty(), "a head reviews nobody");
}
