//! What the product promises and no test names: the list in `uncovered.txt`, which can only shrink.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gateway::refusal::Code;
use negiz_tests::contract;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// The text of every test below a directory, this one aside.
fn tests_in(directory: &str) -> String {
    fn walk(path: &Path, text: &mut String) {
        let Ok(entries) = fs::read_dir(path) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, text);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("coverage.rs") {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    walk(&root().join(directory), &mut text);
    text
}

/// Codes that no test from outside provokes.
fn codes() -> BTreeSet<String> {
    let outside = tests_in("tests/tests");
    let unnamed = Code::ALL.iter().filter(|code| !outside.contains(&format!("\"{code}\"")));
    unnamed.map(|code| format!("code {code}")).collect()
}

/// Endpoints that no test from outside calls.
fn endpoints() -> BTreeSet<String> {
    let outside = tests_in("tests/tests") + &tests_in("tests/src");
    let called = |path: &str| match path.split_once("{*") {
        Some((fixed, _)) => outside.contains(fixed),
        None => outside.contains(&format!("{}\"", path.replace("{id}", "{}"))),
    };
    let all = gateway::routes::PATHS.iter().chain(gateway::console::PATHS);
    all.filter(|(_, path)| !called(path)).map(|(method, path)| format!("endpoint {method} {path}")).collect()
}

/// The clauses of the law's table, one by one: `OI 6, 10` is two.
fn law() -> BTreeSet<String> {
    let table = fs::read_to_string(root().join("docs/law/README.md")).unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let mut clauses = BTreeSet::new();
    for cell in
        cells.filter(|cell| ["SLS ", "OI ", "IAB ", "PI ", "MIG "].iter().any(|law| cell.starts_with(law)))
    {
        let (mut law, mut article) = ("", "");
        for part in cell.split(", ") {
            let clause = match part.split_once(' ') {
                Some((named, rest)) => {
                    (law, article) = (named, rest.split('(').next().unwrap_or_default());
                    rest.to_owned()
                }
                None if part.starts_with('(') => format!("{article}{part}"),
                None => part.to_owned(),
            };
            clauses.insert(format!("{law} {clause}"));
        }
    }
    assert!(clauses.len() > 20, "the table of clauses was not understood: {clauses:?}");
    clauses
}

/// Clauses that no test cites. A longer clause does not count for a shorter one.
fn clauses() -> BTreeSet<String> {
    let all: String = ["tests/tests", "gateway/tests", "policy/tests", "certs/tests", "evidence/tests"]
        .map(tests_in)
        .concat();
    let cited = |clause: &String| {
        all.match_indices(clause.as_str()).any(|(at, _)| {
            let next = all[at + clause.len()..].chars().next().unwrap_or(' ');
            !(next.is_ascii_digit() || matches!(next, '(' | '¶' | '-'))
        })
    };
    law().into_iter().filter(|clause| !cited(clause)).map(|clause| format!("clause {clause}")).collect()
}

#[test]
fn nothing_more_is_uncovered_and_the_list_only_shrinks() {
    let found: BTreeSet<String> = [codes(), endpoints(), clauses()].into_iter().flatten().collect();
    let file = fs::read_to_string(root().join("tests/uncovered.txt")).unwrap();
    let lines = file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let listed: BTreeSet<String> =
        lines.map(|line| line.split(" -- ").next().unwrap().trim().to_owned()).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let done: Vec<_> = listed.difference(&found).collect();
    assert!(new.is_empty(), "no test names {new:#?}");
    assert!(done.is_empty(), "tests name these now; take them off tests/uncovered.txt: {done:#?}");
}

/// The product's codes are the contract's, with its statuses.
#[test]
fn the_codes_are_those_of_the_contract() {
    let named: BTreeSet<(u16, &str)> = Code::ALL.iter().map(|code| (code.status(), code.name())).collect();
    let table =
        contract::REFUSALS.iter().flat_map(|(status, codes)| codes.iter().map(|code| (*status, *code)));
    assert_eq!(named, table.collect());
}

/// Paths that a page names: what is quoted and has a slash, or an ending of ours. `a/{b,c}.rs` is two, `a/*.cedar` is a folder that has
/// some.
fn paths(page: &str) -> Vec<String> {
    let quoted = page.split('`').skip(1).step_by(2);
    let roots =
        ["gateway/", "policy/", "certs/", "evidence/", "tests/", "docs/", "migrations/", "fuzz/", "bench/"];
    let named = quoted.filter(|text| roots.iter().any(|root| text.starts_with(root)) && !text.contains(' '));
    named.flat_map(spelt_out).collect()
}

fn spelt_out(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (each, after))) => {
            each.split(',').flat_map(|one| spelt_out(&format!("{before}{one}{after}"))).collect()
        }
        None => vec![path.to_owned()],
    }
}

fn is_there(path: &str) -> bool {
    match path.split_once('*') {
        Some((folder_and_start, end)) => {
            let (folder, start) = folder_and_start.rsplit_once('/').unwrap();
            fs::read_dir(root().join(folder)).is_ok_and(|entries| {
                entries.flatten().any(|entry| {
                    let name = entry.file_name().into_string().unwrap();
                    name.starts_with(start) && name.ends_with(end)
                })
            })
        }
        None => root().join(path).exists(),
    }
}

/// A page that leads from the law to the code leads somewhere: every path it names is there.
#[test]
fn the_pages_of_the_law_and_of_our_promises_name_what_is_there() {
    let mut pages = vec![root().join("SECURITY.md"), root().join("docs/threats.md")];
    pages.extend(fs::read_dir(root().join("docs/law")).unwrap().map(|entry| entry.unwrap().path()));
    let mut named = 0;
    for page in pages {
        for path in paths(&fs::read_to_string(&page).unwrap()) {
            assert!(is_there(&path), "{} names {path}, which is not there", page.display());
            named += 1;
        }
    }
    assert!(named > 60, "the pages were not understood: {named}");
    assert!(!is_there("gateway/tests/nothing.rs") && !is_there("policy/policies/xx-*.cedar"));
    assert_eq!(
        paths("`gateway/src/{a,b}.rs` and `x` and `cargo test`"),
        ["gateway/src/a.rs", "gateway/src/b.rs"]
    );
}

/// `SECURITY.md` names tests by file and function: each is there.
#[test]
fn the_tests_that_hold_our_promises_exist() {
    let text = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let mut named = 0;
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let held_by = row.split(" | ").nth(1).unwrap();
        let mut tests = String::new();
        for quoted in held_by.split('`').skip(1).step_by(2) {
            if quoted.ends_with(".rs") {
                tests = fs::read_to_string(root().join(quoted)).unwrap_or_else(|_| panic!("no {quoted}"));
                named += 1;
            } else if quoted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                assert!(tests.contains(&format!("fn {quoted}(")), "no test {quoted}, in: {row}");
                named += 1;
            }
        }
    }
    assert!(named > 30, "the table was not understood: {named}");
}
