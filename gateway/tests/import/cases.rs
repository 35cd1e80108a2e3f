//! Cases from a file (SLS 16-2(3)¶2).

use gateway::import::{CaseFile, read_cases};
use gateway::replica::CaseState;
use policy::{CaseKind, CaseStatus};

use crate::{ALIYA, BOLAT, COURT, POLICE, csv, json, known, lines};

const HEADER: &str = "source,kind,number,status,agency,holders,version";

fn table(rows: &str) -> String {
    format!("{HEADER}\n{rows}\n")
}

#[test]
fn reads_the_same_from_a_table_and_a_document() {
    let rows = format!(
        "criminal-cases,criminal,257500031000123,open,{POLICE},{ALIYA};{BOLAT},7\n\
         criminal-cases,search,257500031000123,closed,{COURT},,9223372036854775807"
    );
    let from_table = read_cases(&csv(&table(&rows)), &known()).unwrap();
    let document = format!(
        r#"{{"cases": [
        {{"source": "criminal-cases", "kind": "criminal", "number": "257500031000123", "status": "open",
          "agency": "{POLICE}", "holders": ["{ALIYA}", "{BOLAT}"], "version": 7}},
        {{"source": "criminal-cases", "kind": "search", "number": "257500031000123", "status": "closed",
          "agency": "{COURT}", "holders": [], "version": 9223372036854775807}}]}}"#
    );
    assert_eq!(read_cases(&json(&document), &known()).unwrap(), from_table);
    let first = CaseState {
        kind: CaseKind::Criminal,
        number: "257500031000123".to_owned(),
        status: CaseStatus::Open,
        agency: POLICE.parse().unwrap(),
        holders: vec![ALIYA.parse().unwrap(), BOLAT.parse().unwrap()],
        version: 7,
    };
    let CaseFile { source, cases } = from_table;
    assert_eq!((source.as_str(), &cases[0], cases[1].version), ("criminal-cases", &first, i64::MAX));
}

#[test]
fn names_every_error_with_its_line() {
    let crowd = vec![ALIYA; 33].join(";");
    let rows = format!(
        "court-cases,criminal,1,open,{POLICE},,1\n\
         criminal-cases,civil,2,open,{POLICE},,1\n\
         criminal-cases,criminal,,pending,{POLICE},{ALIYA}; {BOLAT},-1\n\
         criminal-cases,criminal,3,open,{POLICE},{crowd},9223372036854775808\n\
         criminal-cases,criminal,4,open,{POLICE},,1\n\
         criminal-cases,criminal,4,open,{POLICE},,2"
    );
    let errors = lines(read_cases(&csv(&table(&rows)), &known()));
    let whole = "expected a whole number from 0 to 9223372036854775807";
    let expected = [
        "2, source: found \"court-cases\", expected a configured case source that is fed",
        "3, kind: found civil, expected what criminal-cases speaks for: criminal, search",
        "4, number: found nothing, expected a number of 1 to 64 characters without spaces around it",
        "4, status: found \"pending\", expected one of: open, suspended, closed",
        "4, holders: found \" ********0124\", expected 12 digits",
        &format!("4, version: found \"-1\", {whole}"),
        "5, holders: found 33 persons, expected at most 32 persons",
        "5, holders: found a person twice, expected each person once",
        &format!("5, version: found \"***************5808\", {whole}"),
        "7, number: found a second one, expected one in the file: the first is on line 6",
    ];
    let expected: Vec<_> = expected.iter().map(|line| format!("list.csv, line {line}")).collect();
    assert_eq!(errors, expected);
}

#[test]
fn a_file_speaks_for_one_source() {
    let mut known = known();
    let mut second = known.sources["criminal-cases"].clone();
    second.code = "search-cases".to_owned();
    known.sources.insert(second.code.clone(), second);
    let rows = format!("criminal-cases,search,1,open,{POLICE},,1\nsearch-cases,search,2,open,{POLICE},,1");
    let errors = lines(read_cases(&csv(&table(&rows)), &known));
    assert_eq!(
        errors,
        ["list.csv, line 3, source: found \"search-cases\", expected the same source in the whole file"]
    );
}
