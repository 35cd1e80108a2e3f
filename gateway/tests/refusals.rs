//! `docs/refusals.md` is the table of everything a client may be refused with. It is made by this test:
//! `NEGIZ_GOLDEN=write cargo test -p gateway --test refusals` writes it, otherwise it must be current.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;

use axum::response::{IntoResponse as _, Response};
use gateway::problem::{Fault, Problem, phrase};
use gateway::refusal::{Code, Refusal};
use http::StatusCode;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

const PREAMBLE: &str = "\
# Refusals

Every refusal is a problem document (RFC 9457, `application/problem+json`) with `type` = `urn:negiz:problem:<code>`,
`title`, `status`, `detail` (what was compared), `clause` (which clause asks for it; short names in `docs/law/`), `request` (the
request's id, if it could be read) and `receipt` (when the refusal could be recorded). 429 and 503 come with
`Retry-After`. Refusals are never cached.

A step may cite a closer clause than the one below. This page is made by a test; see `gateway/tests/refusals.rs`.

## Of the procedure

| status | code | clause | meaning |
|---|---|---|---|
";

const FAULTS: &str = "
## Of HTTP

These say that a request never became one. They cite no clause and leave no receipt.

| status | code | meaning | detail |
|---|---|---|---|
";

fn table() -> String {
    let mut page = PREAMBLE.to_owned();
    for code in Code::ALL {
        writeln!(page, "| {} | `{code}` | {} | {} |", code.status(), code.clause(), code.title()).unwrap();
    }
    page.push_str(FAULTS);
    for fault in Fault::ALL {
        writeln!(
            page,
            "| {} | `{}` | {} | {} |",
            fault.status(),
            fault.name(),
            fault.title(),
            fault.detail()
        )
        .unwrap();
    }
    page
}

#[test]
fn the_table_of_refusals_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/refusals.md");
    if std::env::var_os("NEGIZ_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, table()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == table(),
        "docs/refusals.md is not current: NEGIZ_GOLDEN=write cargo test -p gateway --test refusals"
    );
}

#[test]
fn names_are_unique_and_lead_back_to_their_codes() {
    for code in Code::ALL {
        assert_eq!(Code::named(code.name()), Some(*code));
        assert!(Fault::ALL.iter().all(|fault| fault.name() != code.name()), "{code}");
    }
}

async fn read(response: Response) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 65_536).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_refusal_says_what_was_compared_and_which_clause_asks() {
    let id = "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a".parse().unwrap();
    let refusal = Refusal::new(Code::CaseNotOpen, "the case is suspended").citing("SLS 16-2(3)¶3");
    let response = Problem::from(refusal).request(id).receipt("a.b.c".to_owned()).into_response();
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert!(!response.headers().contains_key(RETRY_AFTER));
    let expected = json!({
        "type": "urn:negiz:problem:case-not-open", "title": "The case is not open", "status": 403,
        "detail": "the case is suspended", "clause": "SLS 16-2(3)¶3",
        "request": "01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a", "receipt": "a.b.c"
    });
    assert_eq!(read(response).await, expected);
}

#[tokio::test]
async fn what_passes_says_when_to_come_back() {
    for code in Code::ALL {
        let response = Refusal::new(*code, "").into_response();
        let temporary = matches!(code.status(), 429 | 503);
        assert_eq!(response.headers().contains_key(RETRY_AFTER), temporary, "{code}");
    }
    let response = Refusal::new(Code::RateLimited, "").retry_after(17).into_response();
    assert_eq!(response.headers()[RETRY_AFTER], "17");
}

#[tokio::test]
async fn what_a_library_says_of_an_error_is_not_passed_on() {
    for status in [400, 404, 405, 408, 413, 415, 422, 431, 500, 502] {
        let status = StatusCode::from_u16(status).unwrap();
        let phrased = phrase((status, [(ALLOW, "GET")], "/home/operator/secret.rs:7").into_response());
        let same = !matches!(status.as_u16(), 422 | 502);
        assert_eq!(phrased.status() == status, same, "{status}");
        assert_eq!(phrased.headers()[ALLOW], "GET");
        let body = read(phrased).await;
        assert!(!body.to_string().contains("secret"), "{body}");
        assert!(body["type"].as_str().unwrap().starts_with("urn:negiz:problem:"), "{body}");
    }
    let own = phrase((StatusCode::SERVICE_UNAVAILABLE, axum::Json(json!({"ready": false}))).into_response());
    assert_eq!(read(own).await, json!({"ready": false}));
    let fine = phrase((StatusCode::OK, "text").into_response());
    assert_eq!(axum::body::to_bytes(fine.into_body(), 100).await.unwrap(), "text");
}
