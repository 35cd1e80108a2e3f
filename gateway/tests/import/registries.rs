//! Files of the catalogue (SLS 16-1(1)¶2).

use gateway::import::{Unlisted, read_registries};

use crate::{csv, json, lines};

/// A listing is an object with a code; its second line is never right.
fn check(listing: &str) -> Result<(String, String), Unlisted> {
    let value: serde_json::Value = serde_json::from_str(listing).unwrap();
    match value["code"].as_str() {
        Some(code) => Ok((code.to_owned(), value.to_string())),
        None => Err(Unlisted {
            line: 2,
            field: "code".to_owned(),
            found: "nothing".to_owned(),
            expected: "a code".to_owned(),
        }),
    }
}

#[test]
fn reads_an_array_of_listings_or_one_alone() {
    let one = r#" {"code": "population"} "#;
    assert_eq!(read_registries(&json(one), check).unwrap()[0].0, "population");
    let two = r#"[{"code": "population"}, {"code": "vehicles"}]"#;
    let read = read_registries(&json(two), check).unwrap();
    assert_eq!(read[1], ("vehicles".to_owned(), r#"{"code":"vehicles"}"#.to_owned()));
}

#[test]
fn places_the_catalogues_errors_in_the_file() {
    let text = "[\n {\"code\": \"a\"},\n {\n  \"name\": 1},\n {\"code\":\n \"a\"},\n 7]";
    assert_eq!(
        lines(read_registries(&json(text), check)),
        [
            "list.json, line 4, code: found nothing, expected a code",
            "list.json, line 5, code: found \"a\", expected each code once: the first is on line 2",
            "list.json, line 7: found a number, expected a listing: an object",
        ]
    );
}

#[test]
fn refuses_what_is_no_list_of_listings() {
    let expected = "expected a JSON array of listings, or one listing";
    for (file, found) in [
        (csv("code\n"), "list.csv, line 1: found a table"),
        (json("[]"), "list.json, line 1: found no listing"),
        (json("[{},\n{]"), "list.json, line 2: found an error in column 2"),
    ] {
        assert_eq!(lines(read_registries(&file, check)), [format!("{found}, {expected}")]);
    }
}
