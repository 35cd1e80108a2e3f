//! A receipt proves what it covers, and `negiz verify` says of every other member that it does not (SLS 16-3(5)).

use std::collections::BTreeSet;

use evidence::archive::Archive;
use negiz_tests::command::{Done, run};
use negiz_tests::country::Country;
use serde_json::{Value, json};

on_both_databases!(
    believes_no_altered_member_of_an_answer,
    believes_no_altered_member_of_a_problem,
    believes_no_altered_member_of_an_outcome_told_later,
    believes_no_record_beside_a_refusal,
    believes_no_random_alteration,
    believes_no_altered_part_of_a_bundle,
    says_whose_keys_it_needs,
);

/// What a receipt does not cover; each is named as such.
const UNCOVERED: &[&str] = &["restrictions.purpose", "restrictions.case", "detail", "clause", "unsanctioned"];

/// Verifies files with these contents in one go: the finding of each.
fn verify(country: &Country, name: &str, contents: &[Vec<u8>]) -> Vec<Value> {
    let files: Vec<String> = contents
        .iter()
        .enumerate()
        .map(|(at, content)| {
            let file = country.path(&format!("presented-{name}-{at}"));
            std::fs::write(&file, content).unwrap();
            file.to_str().unwrap().to_owned()
        })
        .collect();
    let directory = country.directory.to_str().unwrap();
    // With the witnesses' word asked for: what is left of a cosignature that was altered is none.
    let mut arguments = vec!["verify", "--dir", directory, "--quorum", "2", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    let Done { said, complained, .. } = run(&arguments);
    let found: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{complained}"));
    found.as_array().unwrap().clone()
}

fn one(country: &Country, name: &str, body: &Value) -> Value {
    verify(country, name, &[body.to_string().into_bytes()]).remove(0)
}

/// Where the values of a JSON document are: members, and the members of objects in it.
fn places(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                members.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), found));
            }
            _ => found.push(at.to_owned()),
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Another value of the same kind.
fn otherwise(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(format!("{text}x")),
        Value::Number(number) => json!(number.as_i64().unwrap_or(0).wrapping_add(1)),
        Value::Bool(truth) => json!(!truth),
        Value::Null => json!("something"),
        Value::Array(items) => json!([items, 1]),
        Value::Object(_) => json!({ "something": 1 }),
    }
}

/// Which covered or uncovered name a place belongs to.
fn uncovered(place: &str) -> Option<&'static str> {
    let name = place.trim_start_matches('/').replace('/', ".");
    UNCOVERED.iter().find(|known| name == **known || name.starts_with(&format!("{known}."))).copied()
}

/// Holds the finding about a document in which the value at `place` was altered.
fn holds(found: &Value, place: &str) {
    match uncovered(place) {
        None => assert_eq!(found["verified"], false, "{place} was altered: {found}"),
        Some(name) => {
            assert_eq!(found["verified"], true, "{place}: {found}");
            let said = found["findings"].to_string();
            assert!(said.contains("does not cover") && said.contains(name), "{place}: {found}");
        }
    }
}

/// Every value of `body` altered, every member taken away and a member put in: each alone.
fn believes_none(country: &Country, name: &str, body: &Value) {
    let whole = one(country, name, body);
    assert_eq!(whole["verified"], true, "{whole}");
    let places = places(body);
    let altered = places.iter().map(|place| {
        let mut altered = body.clone();
        let value = altered.pointer_mut(place).unwrap();
        *value = otherwise(value);
        altered.to_string().into_bytes()
    });
    let altered: Vec<Vec<u8>> = altered.collect();
    for (place, found) in places.iter().zip(verify(country, name, &altered)) {
        holds(&found, place);
    }
    let mut more = body.clone();
    more["stamped-by"] = json!("the gateway");
    let found = one(country, name, &more);
    assert!(found["findings"].to_string().contains("stamped-by"), "a member put in passes unsaid: {found}");
}

fn answer(country: &Country) -> Value {
    let document = country.question();
    let reply = country.ask(country.manifest.lead(), &document);
    country.answered(&document, &reply);
    reply.json()
}

fn refusal(country: &Country) -> (Value, Value) {
    let mut document = country.question();
    document["basis"]["case"] = json!("999999");
    let reply = country.ask(country.manifest.lead(), &document);
    country.refused("case-not-found", &reply);
    (document, reply.json())
}

fn believes_no_altered_member_of_an_answer(country: &Country) {
    let answer = answer(country);
    believes_none(country, "answer", &answer);
    for (taken, verdict) in
        [("record", "INCOMPLETE"), ("request", "INCOMPLETE"), ("restrictions", "INCOMPLETE")]
    {
        let mut less = answer.clone();
        less.as_object_mut().unwrap().remove(taken);
        assert_eq!(one(country, "less", &less)["verdict"], verdict, "without {taken}");
    }
    // What two readers could read differently: the record told twice.
    let text =
        answer.to_string().replacen("\"record\":", "\"record\":{\"surname\":\"Another\"},\"record\":", 1);
    assert_eq!(verify(country, "twice", &[text.into_bytes()])[0]["verified"], false);
}

fn believes_no_altered_member_of_a_problem(country: &Country) {
    let (_, problem) = refusal(country);
    believes_none(country, "problem", &problem);
}

fn believes_no_altered_member_of_an_outcome_told_later(country: &Country) {
    let lead = &country.manifest.lead().agency;
    let (refused, _) = refusal(country);
    let answered = answer(country);
    for id in [refused["id"].as_str().unwrap(), answered["request"]["id"].as_str().unwrap()] {
        let told = country.get(lead, &format!("/v1/requests/{id}"));
        assert_eq!(told.status, 200);
        believes_none(country, "outcome", &told.json());
    }
}

/// A refusal's receipt beside an invented record, and an answer's beside an invented refusal.
fn believes_no_record_beside_a_refusal(country: &Country) {
    let ((_, problem), answer) = (refusal(country), answer(country));
    let mut forged = answer.clone();
    forged["receipt"] = problem["receipt"].clone();
    assert_eq!(one(country, "forged", &forged)["verified"], false, "a record with the receipt of a refusal");
    forged["request"] = json!({ "id": problem["request"] });
    assert_eq!(one(country, "forged", &forged)["verified"], false, "a record with the receipt of a refusal");
    let mut denied = problem.clone();
    denied["receipt"] = answer["receipt"].clone();
    denied["request"] = answer["request"]["id"].clone();
    assert_eq!(one(country, "denied", &denied)["verified"], false, "a refusal with the receipt of an answer");
    let mut alone = problem;
    alone["record"] = json!({ "surname": "Another" });
    assert_eq!(one(country, "alone", &alone)["verified"], false, "a record put into a refusal");
}

/// The same for alterations that nobody thought of, one member each; the seed is said where one is believed.
fn believes_no_random_alteration(country: &Country) {
    let bodies = [answer(country), refusal(country).1];
    let seed: u64 = std::process::id().into();
    let mut state = seed;
    let mut draw = |below: usize| {
        // Knuth, MMIX: enough to choose by.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    while cases.len() < 300 {
        let body = &bodies[draw(bodies.len())];
        let places = places(body);
        let place = &places[draw(places.len())];
        let mut altered = body.clone();
        let value = altered.pointer_mut(place).unwrap();
        let other = match (draw(5), value.as_str()) {
            (0, _) => Value::Null,
            (1, _) => json!(draw(1000)),
            (2, _) => json!({ "a": [draw(10)] }),
            (_, Some(text)) if !text.is_empty() => {
                let mut letters: Vec<char> = text.chars().collect();
                let at = draw(letters.len());
                letters[at] = char::from(b'a' + u8::try_from(draw(26)).unwrap());
                json!(letters.into_iter().collect::<String>())
            }
            _ => json!(format!("random {}", draw(1000))),
        };
        // The receipt's last character holds bits that base64 has no use for.
        if other != *value && place != "/receipt" {
            *value = other;
            cases.push((place.clone(), altered.to_string().into_bytes()));
        }
    }
    let contents: Vec<Vec<u8>> = cases.iter().map(|(_, content)| content.clone()).collect();
    for ((place, _), found) in cases.iter().zip(verify(country, "random", &contents)) {
        let whole =
            UNCOVERED.iter().any(|name| name.split('.').next() == Some(place.trim_start_matches('/')));
        if !(whole && found["verified"] == true) {
            match uncovered(place) {
                None => assert_eq!(found["verified"], false, "seed {seed}: {place}: {found}"),
                Some(_) => holds(&found, place),
            }
        }
    }
}

/// Every file of a bundle, and every value of its index and of its statements.
fn believes_no_altered_part_of_a_bundle(country: &Country) {
    let answer = answer(country);
    let path = format!("/v1/requests/{}/evidence", answer["request"]["id"].as_str().unwrap());
    let bundle = country.get(&country.manifest.lead().agency, &path);
    assert_eq!(bundle.status, 200);
    let archive = Archive::from_bytes(&bundle.body).unwrap();
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let with = |changed: &str, content: Option<Vec<u8>>| {
        let mut other = Archive::new();
        for name in &names {
            let kept = archive.get(name).unwrap().to_vec();
            let kept = if name == changed { content.clone() } else { Some(kept) };
            if let Some(kept) = kept {
                other.put(name, kept).unwrap();
            }
        }
        other.to_bytes("mimetype").unwrap()
    };
    let mut cases: Vec<(String, Vec<u8>)> = Vec::new();
    for name in names.iter().filter(|name| *name != "mimetype") {
        let content = archive.get(name).unwrap().to_vec();
        let mut flipped = content.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        cases.push((format!("{name}, a bit"), with(name, Some(flipped))));
        cases.push((format!("{name}, taken away"), with(name, None)));
        if !name.ends_with(".json") {
            continue;
        }
        let value: Value = serde_json::from_slice(&content).unwrap();
        for place in json_leaves(&value) {
            let mut altered = value.clone();
            let at = altered.pointer_mut(&place).unwrap();
            *at = otherwise(at);
            cases.push((format!("{name}{place}"), with(name, Some(serde_json::to_vec(&altered).unwrap()))));
        }
    }
    let contents: Vec<Vec<u8>> = cases.iter().map(|(_, content)| content.clone()).collect();
    let believed: BTreeSet<&str> = cases
        .iter()
        .zip(verify(country, "bundle", &contents))
        .filter(|(_, found)| found["verified"] == true)
        .map(|((what, _), _)| what.as_str())
        .collect();
    assert!(believed.is_empty(), "{believed:#?}");
}

/// Every value that is neither object nor list.
fn json_leaves(value: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(n, v)| walk(v, &format!("{at}/{n}"), found)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, v)| walk(v, &format!("{at}/{n}"), found));
            }
            _ => found.push(at.to_owned()),
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// Usage, in one line that says what to type.
fn says_whose_keys_it_needs(country: &Country) {
    let file = country.path("manifest.json");
    for arguments in
        [&["verify", file.to_str().unwrap()][..], &["verify", "--log-vkey", "x+1+y", file.to_str().unwrap()]]
    {
        let done = run(arguments);
        assert_eq!(done.status, 2, "{done:?}");
        assert_eq!(done.complained.lines().count(), 1, "{done:?}");
        for named in ["--dir", "--jwks", "--log-vkey"] {
            assert!(done.complained.contains(named), "{done:?}");
        }
    }
}
