//! The house style, held by a test that only ratchets: bounds may be tightened here, never loosened.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const FUNCTION_P90: usize = 30;
/// `exchange.rs` is the law's procedure and fits one screen.
const FLOW_LINES: usize = 110;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn rust_files() -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                walk(&path, found);
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for part in ["certs", "policy", "evidence", "gateway", "tests", "bench", "fuzz"] {
        let dir = root().join(part);
        if dir.is_dir() {
            walk(&dir, &mut found);
        }
    }
    assert!(found.len() > 50, "the walk lost its way");
    found
}

#[derive(Default)]
struct Functions {
    found: Vec<(String, usize)>,
}

impl Functions {
    fn note(&mut self, name: &syn::Ident, block: &syn::Block) {
        let lines = block.span().end().line - block.span().start().line + 1;
        self.found.push((name.to_string(), lines));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig.ident, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig.ident, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = rust_files()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > FILE_LINES)
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "over {FILE_LINES} lines:\n{}", long.join("\n"));
}

#[test]
fn no_function_is_longer_than_a_screen_and_most_are_short() {
    let mut all = Vec::new();
    for path in rust_files() {
        let parsed = syn::parse_file(&fs::read_to_string(&path).unwrap());
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut functions = Functions::default();
        functions.visit_file(&parsed);
        all.extend(functions.found.into_iter().map(|(name, lines)| (lines, name, path.clone())));
    }
    all.sort();
    let long: Vec<String> = all
        .iter()
        .filter(|(lines, ..)| *lines > FUNCTION_LINES)
        .map(|(lines, name, path)| format!("{name} in {} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "over {FUNCTION_LINES} lines:\n{}", long.join("\n"));
    let p90 = all[all.len() * 9 / 10].0;
    assert!(p90 <= FUNCTION_P90, "nine of ten functions have up to {p90} lines, not {FUNCTION_P90}");
}

#[test]
fn the_flow_stays_on_one_screen() {
    let flow = fs::read_to_string(root().join("gateway/src/exchange.rs")).unwrap();
    assert!(flow.lines().count() <= FLOW_LINES, "exchange.rs has {} lines", flow.lines().count());
}

#[test]
fn every_crate_root_forbids_unsafe_code() {
    for path in rust_files() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let parent = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        if matches!(name, "lib.rs" | "main.rs") && parent == "src" {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains("#![forbid(unsafe_code)]"), "{}", path.display());
        }
    }
}

/// Arrows go from `gateway` to `certs`, `policy`, `evidence`; never between these three, never back.
#[test]
fn arrows_between_crates_point_one_way() {
    for (krate, forbidden) in [
        ("certs", ["policy", "evidence", "gateway"]),
        ("policy", ["certs", "evidence", "gateway"]),
        ("evidence", ["certs", "policy", "gateway"]),
    ] {
        let manifest = fs::read_to_string(root().join(krate).join("Cargo.toml")).unwrap();
        for other in forbidden {
            let depends = manifest.lines().any(|line| line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} ")));
            assert!(!depends, "{krate} depends on {other}");
        }
    }
}

/// No HTTP, SQL or clock where auditors and lawyers read.
#[test]
fn the_pure_crates_have_no_network_database_or_clock() {
    for path in rust_files() {
        let text = path.display().to_string();
        let pure = ["certs/src", "policy/src", "evidence/src"].iter().any(|part| text.contains(part));
        if pure {
            let code = fs::read_to_string(&path).unwrap();
            for word in ["SystemTime::now", "Instant::now", "std::net", "std::fs", "sqlx", "hyper", "tokio::"] {
                assert!(!code.contains(word), "{text} speaks of {word}");
            }
        }
    }
}
