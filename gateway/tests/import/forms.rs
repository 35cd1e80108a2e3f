//! Files that are not of the form at all.

use gateway::import::{File, Format, read_agencies, read_users};

use crate::{ALIYA, POLICE, csv, json, known, lines};

const COLUMNS: &str = "iin, agency, name, role, grounds, state, from, until";

#[test]
fn knows_a_format_by_the_files_ending() {
    assert_eq!(Format::of("users.CSV"), Some(Format::Csv));
    assert_eq!(Format::of("dir.csv/users.json"), Some(Format::Json));
    assert_eq!(Format::of("users.xlsx"), None);
    assert_eq!(Format::of("csv"), None);
}

#[test]
fn refuses_unknown_columns_and_doubled_ones() {
    let errors = lines(read_users(&csv("iin,iin,agency;name\n"), &known()));
    assert_eq!(
        errors[..2],
        [
            "list.csv, line 1, iin: found the column twice, expected each column once".to_owned(),
            format!(
                "list.csv, line 1: found the column \"agency;name\", expected a header row with columns, separated by \
                 commas, out of: {COLUMNS}"
            ),
        ]
    );
}

#[test]
fn refuses_a_file_of_several_kinds_without_the_column_that_tells_them_apart() {
    let errors = lines(read_agencies(&csv("bin,code\n"), &known()));
    assert_eq!(
        errors[0],
        "list.csv, line 1, record: found no such column, expected a column that says what each row is"
    );
}

#[test]
fn an_empty_file_is_an_error_not_a_success() {
    for text in ["", "\n\n", "iin,agency,name,role,grounds,state,from,until\n"] {
        let errors = lines(read_users(&csv(text), &known()));
        assert_eq!(errors, ["list.csv, line 1: found no record, expected at least one of: users"]);
    }
    for text in ["{}", r#"{"users": []}"#] {
        assert_eq!(lines(read_users(&json(text), &known())).len(), 1);
    }
}

#[test]
fn refuses_what_is_not_json_and_says_where() {
    for (text, line) in
        [("", 1), ("[]", 1), ("{\"users\": [\n{]}", 2), ("{}\n{}", 2), ("{\"users\":\n[1,]}", 2)]
    {
        let errors = lines(read_users(&json(text), &known()));
        assert!(
            errors[0].starts_with(&format!("list.json, line {line}: found an error")),
            "{text}: {errors:?}"
        );
    }
}

#[test]
fn refuses_unknown_and_doubled_members() {
    let errors = lines(read_users(&json("{\"users\": [],\n\"users\": [],\n\"admins\": []}"), &known()));
    assert_eq!(
        errors[errors.len() - 2..],
        [
            "list.json, line 2, users: found the member twice, expected each member once",
            "list.json, line 3: found the member \"admins\", expected members out of: users",
        ]
    );
    let errors = lines(read_users(&json("{\"users\": [{\"iin\": \"\",\n \"iin\": \"\"}]}"), &known()));
    assert!(
        errors.contains(
            &"list.json, line 2, iin: found the member twice, expected each member once".to_owned()
        )
    );
}

#[test]
fn refuses_bytes_that_are_no_text() {
    let bytes = b"iin,agency,name,role,grounds,state,from,until\n1,2,\xff,4,5,6,7,8\n";
    for (format, line) in [(Format::Csv, 2), (Format::Json, 2)] {
        let errors = lines(read_users(&File { name: "list", bytes, format }, &known()));
        assert_eq!(
            errors[0],
            format!("list, line {line}: found bytes that are not UTF-8, expected text in UTF-8")
        );
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_text() {
    let row = format!("{ALIYA},{POLICE},Ә,investigator,criminal-case,active,2026-01-01,\r\n");
    let table = format!("\u{feff}iin,agency,name,role,grounds,state,from,until\r\n{row}");
    assert_eq!(read_users(&csv(&table), &known()).unwrap().len(), 1);
    let errors = lines(read_users(&json("\u{feff}{}"), &known()));
    assert!(errors[0].contains("no record"), "{errors:?}");
}
