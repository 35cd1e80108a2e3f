//! Bodies that are not what they should be: each refused by name (SLS 16-2(2)), none of them heard by a registry.

use negiz_tests::country::{CMS, Country, JOSE};
use negiz_tests::document::bytes;
use serde_json::{Value, json};

use crate::refusals::{lawful, unheard};

on_both_databases!(
    refuses_documents_not_in_the_prescribed_form,
    refuses_a_document_that_is_a_list_of_its_values,
    refuses_circumstances_that_say_nothing,
    refuses_documents_that_are_not_strict_json,
    refuses_what_is_too_large,
    refuses_envelopes_that_are_none,
    refuses_other_media_types,
    accepts_media_types_with_parameters,
);

fn signed(country: &Country, content: &[u8]) -> Vec<u8> {
    country.hand(country.manifest.lead()).cms(content)
}

fn refuses(country: &Country, code: &str, content: &[u8]) {
    let body = signed(country, content);
    let agency = &country.manifest.lead().agency;
    unheard(country, || drop(country.refused(code, &country.post(agency, CMS, body))));
}

fn refuses_documents_not_in_the_prescribed_form(country: &Country) {
    let put = |name: &str, value: Value| {
        let mut document = lawful(country);
        document[name] = value;
        refuses(country, "malformed-document", &bytes(&document));
    };
    put("extra", json!(1));
    put("version", json!(2));
    put("version", json!("1"));
    put("version", Value::Null);
    put("id", json!("x"));
    put("id", json!("00000000-0000-0000-0000-000000000000"));
    put("id", json!("{01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a}"));
    put("id", json!("6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
    put("id", json!("01936d2c-8e3b-7c1d-ca51-2f6b8c0d4e7a"));
    put("issued", json!("yesterday"));
    put("issued", json!(1_700_000_000));
    put("issued", json!("2026-13-45T10:15:00Z"));
    put("agency", json!("940740000014"));
    put("agency", json!("94074000001"));
    put("registry", json!("../population"));
    put("registry", json!(""));
    put("operation", json!("Person By IIN"));
    put("parameters", json!([]));
    put("parameters", json!("iin=900101300017"));
    put("purpose", json!(""));
    put("purpose", json!("a\u{0}b"));
    put("purpose", json!("a".repeat(20_000)));
    put("purpose", json!("..."));
    put("purpose", json!("Establish\u{202e} the identity"));
    put("purpose", json!("\u{200b}"));
    put("basis", json!({}));
    put("basis", json!(["criminal-case", "257500031000123", "A witness names this person as the driver"]));
    for name in
        ["version", "id", "issued", "agency", "registry", "operation", "parameters", "basis", "purpose"]
    {
        let mut document = lawful(country);
        document.as_object_mut().unwrap().remove(name);
        refuses(country, "malformed-document", &bytes(&document));
    }
}

/// Members by their place are no document: serde would take an array of a struct's values.
fn refuses_a_document_that_is_a_list_of_its_values(country: &Country) {
    let document = lawful(country);
    let names =
        ["version", "id", "issued", "agency", "registry", "operation", "parameters", "basis", "purpose"];
    let values: Vec<&Value> = names.iter().map(|name| &document[*name]).collect();
    refuses(country, "malformed-document", &bytes(&json!(values)));
}

/// SLS 16-2(3)¶1: circumstances that nobody can read are none.
fn refuses_circumstances_that_say_nothing(country: &Country) {
    for nothing in ["\u{200b}".repeat(40), ".".repeat(40), "? ! ".repeat(30), "short".to_owned()] {
        let mut document = lawful(country);
        document["basis"]["circumstances"] = json!(nothing);
        refuses(country, "circumstances-missing", &bytes(&document));
    }
    let mut document = lawful(country);
    document["basis"]["circumstances"] =
        json!("A witness names \u{202e}this person as the driver of the vehicle");
    refuses(country, "malformed-document", &bytes(&document));
}

fn refuses_documents_that_are_not_strict_json(country: &Country) {
    let text = String::from_utf8(bytes(&lawful(country))).unwrap();
    for content in [
        "hello".to_owned(),
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        text.replacen("\"version\":1", "\"version\":1,\"version\":1", 1),
        text.replacen("\"iin\":", "\"iin\":\"720522379429\",\"iin\":", 1),
        text.replacen("\"iin\":", "\"i\\u0069n\":\"720522379429\",\"iin\":", 1),
        format!("{text}{text}"),
        format!("\u{feff}{text}"),
        text.replacen('}', ",}", 1),
        text.replace("Establish", "Esta\u{1}blish"),
        text.replace("Establish", "\\ud800"),
        text.replacen("\"version\":1", "\"version\":1e400", 1),
        text.replacen("\"version\":1", "\"version\":NaN", 1),
        text.replacen(
            "\"parameters\":{",
            &format!("\"parameters\":{{\"a\":{}1{},", "[".repeat(60), "]".repeat(60)),
            1,
        ),
    ] {
        refuses(country, "malformed-document", content.as_bytes());
    }
    let broken = bytes(&lawful(country));
    let at = broken.windows(9).position(|part| part == b"Establish").unwrap();
    let mut broken = broken;
    broken[at] = 0xff;
    refuses(country, "malformed-document", &broken);
}

fn refuses_what_is_too_large(country: &Country) {
    let mut document = lawful(country);
    document["purpose"] = json!("x".repeat(70_000));
    refuses(country, "too-large", &bytes(&document));
    let agency = &country.manifest.lead().agency;
    for body in [vec![0x30; 400_000], vec![b' '; 3_000_000]] {
        for media_type in [CMS, JOSE] {
            // The gateway may answer and close before all was sent; then nothing may come back at all.
            let channel = country.channel(country.manifest.agency(agency));
            let address = &country.manifest.exchange;
            let sent =
                channel.call(address, http::Method::POST, "/v1/requests", Some(media_type), body.clone());
            if let Ok(reply) = sent {
                country.refused("too-large", &reply);
            }
        }
    }
    let reply = country.post(agency, CMS, vec![0x30; 300_000]);
    country.refused("too-large", &reply);
}

fn refuses_envelopes_that_are_none(country: &Country) {
    let agency = &country.manifest.lead().agency;
    let good = signed(country, &bytes(&lawful(country)));
    let deep: Vec<u8> = [0x30, 0x80].repeat(2_000);
    let long = [&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff][..], &good[4..]].concat();
    let trailing = [&good[..], b"more"].concat();
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"garbage".to_vec(),
        bytes(&lawful(country)),
        good[..good.len() / 2].to_vec(),
        good[..good.len() - 1].to_vec(),
        deep,
        long,
        trailing,
        vec![0; 1000],
        vec![0x30, 0x00],
    ];
    unheard(country, || {
        for body in bodies {
            let reply = country.post(agency, CMS, body);
            country.refused("malformed-signature", &reply);
        }
        for text in
            ["", ".", "..", "a.b.c", "....", "e30.e30.e30", "eyJhbGciOiJFUzI1NiJ9..", "\u{0}.\u{0}.\u{0}"]
        {
            let reply = country.post(agency, JOSE, text.as_bytes().to_vec());
            let code = reply.code();
            assert!(
                ["malformed-signature", "algorithm-not-accepted"].contains(&code.as_str()),
                "{text}: {code}"
            );
            country.refused(&code, &reply);
        }
    });
}

fn refuses_other_media_types(country: &Country) {
    let agency = country.manifest.agency(&country.manifest.lead().agency);
    let channel = country.channel(agency);
    unheard(country, || {
        for media_type in
            [None, Some("text/plain"), Some("application/json"), Some("application/cmsx"), Some("")]
        {
            let body = signed(country, &bytes(&lawful(country)));
            let address = &country.manifest.exchange;
            let reply = channel.call(address, http::Method::POST, "/v1/requests", media_type, body).unwrap();
            country.refused("unsupported-media-type", &reply);
        }
    });
}

/// RFC 9110 §8.3.1: types are case-insensitive and may carry parameters; RFC 8551 §3.2 uses them.
fn accepts_media_types_with_parameters(country: &Country) {
    let agency = &country.manifest.lead().agency;
    for media_type in [
        "application/pkcs7-mime",
        "application/pkcs7-mime; smime-type=signed-data",
        "Application/CMS",
        "application/cms",
    ] {
        let document = country.question();
        let body = signed(country, &bytes(&document));
        country.answered(&document, &country.post(agency, media_type, body));
    }
}
