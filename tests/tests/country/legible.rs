//! What is signed and what is reviewed is read alike: nothing invisible passes as words (SLS 16-2(3)¶1, SLS 16-3(1)), nor does what one
//! database takes and another does not.

use http::Method;
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::{bytes, seconds_from_now};
use negiz_tests::sign::Hand;
use negiz_tests::tracks::Tracks;
use serde_json::{Value, json};

use crate::refusals::{lawful, unheard};
use crate::sanctions::resolve;

on_both_databases!(
    takes_no_invisible_character_for_words,
    counts_letters_that_are_seen,
    takes_no_invisible_reason_of_a_reader,
    takes_no_invisible_reason_of_a_prosecutor,
    takes_no_character_that_a_database_cannot_hold,
    takes_instants_in_one_spelling,
);

/// One of each kind: soft hyphen, grapheme joiner, Hangul and half-width fillers, Mongolian, zero widths and joiners, separators,
/// directions, word joiner, invisible operators, Braille blank, variation selectors, byte order mark, tags, private use.
const HIDDEN: &[char] = &[
    '\u{ad}',
    '\u{34f}',
    '\u{115f}',
    '\u{1160}',
    '\u{17b4}',
    '\u{180b}',
    '\u{180e}',
    '\u{200b}',
    '\u{200c}',
    '\u{200d}',
    '\u{200e}',
    '\u{2028}',
    '\u{2029}',
    '\u{202e}',
    '\u{2060}',
    '\u{2063}',
    '\u{2066}',
    '\u{2800}',
    '\u{3164}',
    '\u{e000}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{fff9}',
    '\u{1d173}',
    '\u{e0001}',
    '\u{e0041}',
    '\u{e0100}',
];

fn refuses(country: &Country, code: &str, document: &Value) -> Value {
    let body = country.hand(country.manifest.lead()).cms(&bytes(document));
    let reply = country.post(&country.manifest.lead().agency, CMS, body);
    drop(country.refused(code, &reply));
    reply.json()
}

fn takes_no_invisible_character_for_words(country: &Country) {
    unheard(country, || {
        for hidden in HIDDEN {
            for member in ["/basis/circumstances", "/purpose"] {
                let mut document = lawful(country);
                let said = document.pointer(member).unwrap().as_str().unwrap().replacen(
                    ' ',
                    &format!(" {hidden}"),
                    1,
                );
                *document.pointer_mut(member).unwrap() = json!(said);
                let problem = refuses(country, "malformed-document", &document);
                let detail = problem["detail"].as_str().unwrap();
                let named = detail.contains(member.rsplit('/').next().unwrap());
                assert!(named && detail.contains(&format!("U+{:04X}", u32::from(*hidden))), "{detail}");
            }
        }
        let mut document = lawful(country);
        document["basis"]["measure"] =
            json!({ "basis": "offence-information", "document": "Report\u{3164} No. 12" });
        refuses(country, "malformed-document", &document);
        let mut document = lawful(country);
        document["basis"]["case"] = json!(format!("{}\u{3164}", document["basis"]["case"].as_str().unwrap()));
        refuses(country, "malformed-document", &document);
    });
}

/// SLS 16-2(3)¶1: a letter to Unicode, and nothing to whoever reads it.
fn counts_letters_that_are_seen(country: &Country) {
    for filler in ["\u{3164}", "\u{115f}", "\u{ffa0}", "\u{2800}"] {
        let mut document = lawful(country);
        document["basis"]["circumstances"] = json!(filler.repeat(40));
        refuses(country, "circumstances-missing", &document);
    }
    let mut document = lawful(country);
    document["purpose"] = json!("\u{3164}");
    refuses(country, "malformed-document", &document);
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn look(country: &Country, query: &str) -> negiz_tests::channel::Reply {
    let channel = country.system("console-auditor");
    channel.call(&country.manifest.console, Method::GET, &format!("/v1/requests?{query}"), None, "").unwrap()
}

/// SLS 7(2)(6)-(8): the reason stands in the journal beside the reader's name.
fn takes_no_invisible_reason_of_a_reader(country: &Country) {
    for hidden in HIDDEN {
        let reply =
            look(country, &format!("reason={}", escaped(&format!("Complaint{hidden} 17 of 20.11.2026"))));
        assert_eq!(reply.code(), "parameters-invalid", "U+{:04X}", u32::from(*hidden));
        assert!(reply.json()["detail"].as_str().unwrap().contains("`reason`"), "{}", reply.json());
    }
}

/// OI 25(2)3): what stops a case is read by those it stops.
fn takes_no_invisible_reason_of_a_prosecutor(country: &Country) {
    let hand = Hand::of(&country.directory, Tracks::of(country).officer(country, "tulegenov"));
    for member in ["number", "reasons"] {
        let mut resolution = json!({
            "version": 1, "kind": "resolution", "number": "9-r", "case": { "kind": "criminal", "number": "T-legible" },
            "reasons": "The measures go beyond what the case needs",
        });
        resolution[member] = json!(format!("{}\u{3164}", resolution[member].as_str().unwrap()));
        let reply = resolve(country, "console-prosecutor", hand.cms(&bytes(&resolution)));
        assert_eq!(reply.code(), "malformed-document", "{}", reply.json());
        assert!(reply.json()["detail"].as_str().unwrap().contains("U+3164"), "{}", reply.json());
    }
}

/// PostgreSQL has no text with U+0000; SQLite has.
fn takes_no_character_that_a_database_cannot_hold(country: &Country) {
    let why = format!("reason={}", escaped("Complaint 17 of 20.11.2026"));
    let names = [
        "officer", "agency", "case", "registry", "subject", "outcome", "code", "from", "to", "cursor",
        "limit",
    ];
    for name in names {
        for bad in ["\0", "a\0b", "\u{1}", "\u{85}"] {
            let reply = look(country, &format!("{why}&{name}={}", escaped(bad)));
            assert_eq!((reply.status, reply.code().as_str()), (422, "parameters-invalid"), "{name}={bad:?}");
            assert!(
                reply.json()["detail"].as_str().unwrap().contains(&format!("`{name}`")),
                "{}",
                reply.json()
            );
        }
    }
    let reply = look(country, &format!("reason={}", escaped("Complaint\0 17 of 20.11.2026")));
    assert_eq!((reply.status, reply.code().as_str()), (422, "parameters-invalid"));
    for bad in ["registry=Population", "code=case%20not%20open"] {
        assert_eq!(look(country, &format!("{why}&{bad}")).code(), "parameters-invalid", "{bad}");
    }
    // Of one request, and what officials state in bodies.
    let id = uuid::Uuid::new_v4();
    let channel = country.system("console-auditor");
    let path = format!("/v1/requests/{id}?{why}&agency=%00");
    let reply = channel.call(&country.manifest.console, Method::GET, &path, None, "").unwrap();
    assert_eq!(reply.code(), "parameters-invalid");
    let asked =
        json!({ "case": { "kind": "criminal", "number": "T\0" }, "reason": "Act of destruction No. 5\0" });
    let channel = country.system("console-police");
    let json = Some("application/json");
    let reply = channel
        .call(&country.manifest.console, Method::POST, "/v1/destructions", json, bytes(&asked))
        .unwrap();
    assert_eq!(reply.code(), "malformed-document");
    let report = json!({ "as-of": seconds_from_now(0), "cases": [{
        "kind": "criminal", "number": "T-nul", "status": "closed", "agency": country.manifest.agency("police").bin,
        "holders": [], "version": 1, "material-destroyed": "Act\0 No. 5",
    }] });
    assert_eq!(country.feed(&report).code(), "malformed-document");
}

/// RFC 3339 section 5.6: upper case, and a `T`.
fn takes_instants_in_one_spelling(country: &Country) {
    let now = seconds_from_now(0);
    unheard(country, || {
        for (from, to) in [("T", " "), ("T", "_"), ("T", "t"), ("T", "x"), ("T", "  "), ("Z", "z"), ("Z", "")]
        {
            let mut document = lawful(country);
            document["issued"] = json!(now.replace(from, to));
            refuses(country, "malformed-document", &document);
            let report = json!({ "as-of": now.replace(from, to), "cases": [] });
            assert_eq!(country.feed(&report).code(), "malformed-document", "{report}");
        }
    });
    let mut document = country.question();
    document["issued"] = json!(now.replace('Z', "+00:00"));
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
}
