//! Registered persons (SLS 16-2(1)).

use gateway::enrolment::{State, User};
use gateway::import::{CheckDigits, Known, read_users};
use policy::Ground;

use crate::{ALIYA, BOLAT, POLICE, STRANGER, csv, json, known, lines};

const HEADER: &str = "iin,agency,name,role,grounds,state,from,until";

fn table(rows: &str) -> String {
    format!("{HEADER}\n{rows}\n")
}

#[test]
fn reads_the_same_from_a_table_and_a_document() {
    let rows = format!(
        "{ALIYA},{POLICE},\"Әлия, \"\"аға\"\" тергеуші\",investigator,criminal-case;search-case,active,2026-01-01,2026-12-31"
    );
    let from_table = read_users(&csv(&table(&rows)), &known()).unwrap();
    let document = format!(
        r#"{{"users": [{{"iin": "{ALIYA}", "agency": "{POLICE}", "name": "Әлия, \"аға\" тергеуші", "role": "investigator",
            "grounds": ["criminal-case", "search-case"], "state": "active",
            "from": "2025-12-31T19:00:00Z", "until": "2027-01-01T00:00:00+05:00"}}]}}"#
    );
    let from_document = read_users(&json(&document), &known()).unwrap();
    assert_eq!(from_table, from_document);
    let [User { name, grounds, state, from, until, .. }] = from_table.as_slice() else { panic!() };
    assert_eq!(name, "Әлия, \"аға\" тергеуші");
    assert_eq!(*grounds, [Ground::CriminalCase, Ground::SearchCase].into());
    assert_eq!(*state, State::Active);
    assert_eq!(from.rfc3339(), "2025-12-31T19:00:00Z");
    assert_eq!(until.unwrap().rfc3339(), "2026-12-31T19:00:00Z");
}

#[test]
fn an_open_term_and_columns_in_any_order_are_fine() {
    let text = format!(
        "name,state,from,iin,role,agency,grounds\nӘлия,suspended,2026-01-01,{ALIYA},judge,{POLICE},court-civil\n"
    );
    let users = read_users(&csv(&text), &known()).unwrap();
    assert_eq!((users[0].until, users[0].state), (None, State::Suspended));
}

#[test]
fn names_every_error_with_its_line_and_never_a_whole_iin() {
    let rows = format!(
        "900101300018,{POLICE},Ә,investigator,criminal-case,active,2026-01-01,\n\
         {BOLAT},{STRANGER},Б,investigator,criminal-case,active,2026-01-01,\n\
         {ALIYA},{POLICE}, Ә,Head of unit,murder;criminal-case,retired,1.1.2026,\n\
         {ALIYA},{POLICE},Ә,investigator,,active,2026-01-01,2025-01-01\n\
         {ALIYA},{POLICE},Ә,investigator,criminal-case,active,2026-01-01,"
    );
    let errors = lines(read_users(&csv(&table(&rows)), &known()));
    let grounds = Ground::ALL.iter().map(|ground| ground.as_str()).collect::<Vec<_>>().join(", ");
    let expected = [
        "2, iin: found \"********0018\", expected 12 digits with a right check digit".to_owned(),
        "3, agency: found \"********0027\", expected the BIN of an enrolled agency".to_owned(),
        "4, name: found \" Ә\", expected a name of 1 to 200 characters, all of them visible, without spaces around it".to_owned(),
        "4, role: found \"Head of unit\", expected a code: a-z, 0-9 and hyphens, beginning with a letter, at most 40"
            .to_owned(),
        format!("4, grounds: found \"murder\", expected a list of words out of: {grounds}"),
        "4, state: found \"retired\", expected one of: active, suspended".to_owned(),
        "4, from: found \"1.1.2026\", expected a date (2026-01-31) or an instant (2026-01-31T09:00:00+05:00)"
            .to_owned(),
        format!("5, grounds: found nothing, expected one or more of: {grounds}"),
        "5, until: found an end before the beginning, expected an end after what `from` says, or nothing".to_owned(),
        "5, iin: found a second one, expected one in the file: the first is on line 4".to_owned(),
        "6, iin: found a second one, expected one in the file: the first is on line 5".to_owned(),
    ];
    let expected: Vec<_> = expected.iter().map(|line| format!("list.csv, line {line}")).collect();
    assert_eq!(errors, expected);
}

#[test]
fn errors_in_a_document_have_lines_too() {
    let document = format!(
        r#"{{
  "users": [
    {{"iin": "{ALIYA}", "agency": "{POLICE}", "name": "Ә",
     "role": "investigator", "grounds": "criminal-case",
     "state": true, "from": 2026, "salary": 1}},
    7
  ]
}}"#
    );
    let errors = lines(read_users(&json(&document), &known()));
    let grounds = Ground::ALL.iter().map(|ground| ground.as_str()).collect::<Vec<_>>().join(", ");
    assert_eq!(
        errors,
        [
            format!("list.json, line 4, grounds: found a text, expected a list of words out of: {grounds}"),
            "list.json, line 5: found the member \"salary\", expected members out of: iin, agency, name, role, grounds, \
             state, from, until"
                .to_owned(),
            "list.json, line 5, state: found a boolean, expected one of: active, suspended".to_owned(),
            "list.json, line 5, from: found a number, expected a date (2026-01-31) or an instant \
             (2026-01-31T09:00:00+05:00)"
                .to_owned(),
            "list.json, line 6, users: found a number, expected an object".to_owned(),
        ]
    );
}

#[test]
fn a_column_that_slipped_shows_nobodys_number() {
    let rows = format!("{POLICE},Ә,{ALIYA},investigator,criminal-case,active,2026-01-01,");
    for error in lines(read_users(&csv(&table(&rows)), &known())) {
        assert!(!error.contains(ALIYA), "{error}");
    }
}

#[test]
fn stops_after_a_hundred_errors() {
    let rows = format!("1,{POLICE},Ә,investigator,criminal-case,active,2026-01-01,\n").repeat(500);
    assert_eq!(read_users(&csv(&table(&rows)), &known()).expect_err("errors").len(), 100);
}

#[test]
fn a_test_authoritys_persons_may_carry_a_wrong_digit_where_that_is_waived() {
    let text = table(&format!("123456789011,{POLICE},Т,investigator,criminal-case,active,2026-01-01,"));
    assert_eq!(lines(read_users(&csv(&text), &known())).len(), 1);
    let waived = Known { check_digits: CheckDigits::Waived, ..known() };
    assert_eq!(read_users(&csv(&text), &waived).unwrap().len(), 1);
}
