//! `negiz agencies|users|cases|registries import`: checked whole, taken whole or not at all, in force without a restart.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use gateway::enrolment::Fingerprint;
use http::Method;
use negiz_tests::command::{Done, run};
use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::manifest::{Case, Officer};
use negiz_tests::node::{Node, set};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value, json};

on_both_databases!(
    takes_users_whole_or_not_at_all,
    puts_users_in_force_without_a_restart,
    puts_cases_in_force_without_a_restart,
    takes_agencies_whole_or_not_at_all,
    puts_systems_in_force_on_connections_they_have,
    says_what_a_registry_answered_wrongly,
    names_what_is_wrong_with_each_file,
    takes_no_listing_that_is_laxer_than_the_law,
);

const REQUESTS: &str = "/v1/requests";
const HEADER: &str = "iin,agency,name,role,grounds,state,from,until\n";

/// Imports a file of this content.
fn import(country: &Country, subject: &str, name: &str, content: &str, more: &[&str]) -> Done {
    let file = country.path(name);
    std::fs::write(&file, content).unwrap();
    let config = country.path("negiz.toml");
    let (file, config) = (file.to_str().unwrap(), config.to_str().unwrap());
    run(&[&[subject, "import", file, "--config", config][..], more].concat())
}

fn user(country: &Country, code: &str, state: &str) -> String {
    let officer = country.manifest.officer(code);
    let bin = &country.manifest.agency(&officer.agency).bin;
    format!("{},{bin},{code},investigator,criminal-case,{state},2025-01-01,\n", officer.iin)
}

/// A criminal case of an officer's, asked about by them.
fn asked(country: &Country, code: &str) -> String {
    let officer = country.manifest.officer(code);
    asked_in(country, officer, country.manifest.case(officer, "criminal"))
}

fn asked_in(country: &Country, officer: &Officer, case: &Case) -> String {
    let document = country.document(officer, case, country.manifest.registry("person-by-iin"));
    country.ask(officer, &document).code()
}

fn takes_users_whole_or_not_at_all(country: &Country) {
    let good = user(country, "bekova", "suspended");
    for (bad, field) in [
        ("850314301012,940740000015,X,investigator,criminal-case,active,2025-01-01,\n", "iin"),
        ("850314301011,940740000014,X,investigator,criminal-case,active,2025-01-01,\n", "agency"),
        ("850314301011,940740000015,X,investigator,vendetta,active,2025-01-01,\n", "grounds"),
        ("850314301011,940740000015,X,investigator,criminal-case,asleep,2025-01-01,\n", "state"),
        ("850314301011,940740000015,X,investigator,criminal-case,active,yesterday,\n", "from"),
        ("850314301011,940740000015,X,investigator,criminal-case,active,2025-01-01,2024-01-01\n", "until"),
    ] {
        let content = format!("{HEADER}{good}{bad}");
        let done = import(country, "users", "bad-users.csv", &content, &[]);
        assert_eq!(done.status, 1, "{done:?}");
        assert!(
            done.complained.contains("bad-users.csv, line 3") && done.complained.contains(field),
            "{done:?}"
        );
        assert!(!done.complained.contains("850314301012"), "an error repeats a person's number");
        let done = import(country, "users", "bad-users.csv", &content, &["--json"]);
        let errors: Value = serde_json::from_str(&done.said).unwrap();
        assert_eq!((&errors["errors"][0]["line"], &errors["errors"][0]["field"]), (&json!(3), &json!(field)));
        assert_eq!(asked(country, "bekova"), "answered", "half of a file was taken");
    }
    let checked = import(country, "users", "good-users.csv", &format!("{HEADER}{good}"), &["--check"]);
    assert_eq!(checked.status, 0, "{checked:?}");
    assert_eq!(asked(country, "bekova"), "answered", "--check changes nothing");
}

/// SLS 16-3(4): who is suspended is refused from the next request on.
fn puts_users_in_force_without_a_restart(country: &Country) {
    // Registered by the demo, and otherwise alone in this test's hands.
    let officer = country.manifest.officer("kim");
    let case = country.manifest.case(officer, "enforcement");
    let state = |state: &str, grounds: &str| {
        let bin = &country.manifest.agency(&officer.agency).bin;
        let line = format!("{},{bin},Kim,bailiff,{grounds},{state},2025-01-01,\n", officer.iin);
        import(country, "users", "kim.csv", &format!("{HEADER}{line}"), &[])
    };
    country.alone(|| {
        for (given, grounds, code) in [
            ("suspended", "enforcement-proceeding", "user-suspended"),
            ("active", "criminal-case", "ground-not-permitted"),
            ("active", "criminal-case;enforcement-proceeding", "answered"),
        ] {
            let done = state(given, grounds);
            assert_eq!(done.status, 0, "{done:?}");
            assert_eq!(asked_in(country, officer, case), code);
        }
    });
}

fn puts_cases_in_force_without_a_restart(country: &Country) {
    let lead = country.manifest.lead();
    let case = country.new_case(lead);
    let content = |status: &str, version: u64, kind: &str| {
        let bin = &country.manifest.agency(&case.agency).bin;
        format!(
            "source,kind,number,status,agency,holders,version\ncase-register,{kind},{},{status},{bin},{},{version}\n",
            case.number, lead.iin
        )
    };
    let ask = |case: &Case| {
        country.ask(lead, &country.document(lead, case, country.manifest.registry("person-by-iin"))).code()
    };
    let done = import(country, "cases", "cases-bad.csv", &content("closed", 2, "enforcement"), &[]);
    assert_eq!(done.status, 1, "another source speaks for these: {done:?}");
    assert_eq!(ask(&case), "answered");
    let done = import(country, "cases", "cases.csv", &content("closed", 2, "criminal"), &[]);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(ask(&case), "case-not-open");
}

fn takes_agencies_whole_or_not_at_all(country: &Country) {
    let officer = country.manifest.lead();
    let book = |bin: &str, certificate: &str| {
        json!({
            "agencies": [{"bin": bin, "code": "customs", "name": "Customs", "kind": "internal-affairs", "state": "active"}],
            "systems": [{"bin": bin, "name": "customs", "certificate": certificate, "role": "exchange", "state": "active"}],
            "officials": [{"bin": bin, "iin": officer.iin, "name": "Head", "duty": "head", "from": "2026-01-01"}],
        })
        .to_string()
    };
    let done =
        import(country, "agencies", "agencies.json", &book("940740000003", "not a digest"), &["--json"]);
    assert_eq!(done.status, 1, "{done:?}");
    let errors: Value = serde_json::from_str(&done.said).unwrap();
    assert_eq!(errors["errors"][0]["field"], "certificate", "{errors}");
    let done = import(country, "agencies", "agencies.json", &book("940740000014", &"ab".repeat(32)), &[]);
    assert_eq!(done.status, 1, "{done:?}");
    let done = import(country, "agencies", "agencies.json", &book("940740000003", &"ab".repeat(32)), &[]);
    assert_eq!(done.status, 0, "{done:?}");
}

/// SLS 16-2(1): the enrolment of now counts, whatever the connection was let in by, and whatever it sends.
fn puts_systems_in_force_on_connections_they_have(country: &Country) {
    let lead = country.manifest.lead();
    let unknown = country.manifest.agencies.iter().find(|agency| agency.state == "unknown").unwrap();
    let certificate = CertificateDer::from_pem_file(country.path(&unknown.cert)).unwrap();
    let certificate = Fingerprint::of(&certificate).to_string();
    let bin = &country.manifest.agency(&lead.agency).bin;
    let others =
        &country.manifest.agencies.iter().find(|it| it.state == "enrolled" && it.bin != *bin).unwrap().bin;
    let enrol = |bin: &str, role: &Value, state: &str| {
        let mut system = json!({"bin": bin, "name": "second", "certificate": certificate, "state": state});
        system.as_object_mut().unwrap().extend(role.as_object().unwrap().clone());
        let book = json!({"agencies": [], "systems": [system], "officials": []}).to_string();
        let done = import(country, "agencies", "second.json", &book, &[]);
        assert_eq!(done.status, 0, "{done:?}");
    };
    let (exchange, feed) =
        (json!({"role": "exchange"}), json!({"role": "case-feed", "source": "case-register"}));
    country.alone(|| {
        let kept = RefCell::new(country.channel(unknown).keep(&country.manifest.exchange).unwrap());
        let sends =
            |body: Vec<u8>| kept.borrow_mut().call(Method::POST, REQUESTS, Some(CMS), body).unwrap().code();
        let listing = || {
            let asked = country.channel(unknown).call(
                &country.manifest.exchange,
                Method::GET,
                "/v1/registries",
                None,
                "",
            );
            asked.unwrap().code()
        };
        let lawful = || country.hand(lead).cms(&bytes(&country.question()));
        let says = |lawful_one: &str, nonsense: &str| {
            assert_eq!(sends(b"nonsense".to_vec()), nonsense);
            assert_eq!(sends(lawful()), lawful_one);
            assert_eq!(listing(), lawful_one);
        };
        let unenrolled = "system-not-enrolled";
        says(unenrolled, unenrolled);
        for (role, state, code) in [
            (&exchange, "active", None),
            (&exchange, "suspended", Some(unenrolled)),
            (&exchange, "active", None),
            (&feed, "active", Some(unenrolled)),
            (&exchange, "active", None),
            (&exchange, "suspended", Some(unenrolled)),
        ] {
            enrol(bin, role, state);
            says(code.unwrap_or("answered"), code.unwrap_or("malformed-signature"));
        }
        // Whatever comes first after an enrolment changed.
        for (bin, role, state, code) in [
            (bin, &feed, "active", unenrolled),
            (others, &exchange, "active", "agency-mismatch"),
            (bin, &exchange, "suspended", unenrolled),
        ] {
            enrol(&country.manifest.agency(&lead.agency).bin, &exchange, "active");
            says("answered", "malformed-signature");
            enrol(bin, role, state);
            assert_eq!(sends(lawful()), code);
            let listed = if code == unenrolled { unenrolled } else { "answered" };
            assert_eq!(listing(), listed);
        }
    });
}

/// A copy of the country's matrix or catalogue with one more entry.
fn widen(country: &Country, what: &str, entry: &Value) {
    let of_country = std::fs::read(country.path(&format!("policy/{what}.json"))).unwrap();
    let mut entries: Value = serde_json::from_slice(&of_country).unwrap();
    entries.as_array_mut().unwrap().push(entry.clone());
    std::fs::write(country.path(&format!("notary-{what}.json")), entries.to_string()).unwrap();
}

/// A registry listed by import is asked at once, under the matrix of a node that lets it; what answers nonsense has failed.
fn says_what_a_registry_answered_wrongly(country: &Country) {
    let lead = country.manifest.lead();
    let listing = notary(country);
    let done = import(country, "registries", "notary.json", &listing.to_string(), &[]);
    assert_eq!(done.status, 0, "{done:?}");
    widen(
        country,
        "registries",
        &json!({
            "code": "notary", "title": "Notarial deeds", "clause": "SLS 16-1(1)¶2", "class": "general",
            "operations": [{"code": "deed", "title": "A deed", "fields": ["iin"]}],
        }),
    );
    widen(
        country,
        "matrix",
        &json!({
            "bodies": ["internal-affairs"], "roles": ["investigator"], "grounds": ["criminal-case"],
            "opens": [{"registry": "notary", "operation": "deed", "fields": ["iin"]}],
        }),
    );
    let node = Node::start(country, "notary", |config| {
        for what in ["matrix", "registries"] {
            let path = country.path(&format!("notary-{what}.json"));
            set(config, &["policy", what], path.to_str().unwrap());
        }
    });
    let node = node.unwrap_or_else(|ended| panic!("{ended:?}"));
    let mut registry = country.manifest.registry("person-by-iin").clone();
    registry.code = "notary".to_owned();
    registry.operation = "deed".to_owned();
    let document = country.document(lead, country.manifest.case(lead, "criminal"), &registry);
    let body = country.hand(lead).cms(&bytes(&document));
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
    assert_eq!((reply.code().as_str(), reply.status), ("registry-failed", 502), "{}", reply.json());
    // Taken off the list, it is refused on a running node.
    let mut off = listing;
    off["state"] = json!("suspended");
    assert_eq!(import(country, "registries", "notary.json", &off.to_string(), &[]).status, 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let document = country.document(lead, country.manifest.case(lead, "criminal"), &registry);
        let body = country.hand(lead).cms(&bytes(&document));
        let code = country.post_to(&node.exchange, &lead.agency, CMS, body).code();
        if code == "registry-not-listed" {
            break;
        }
        assert!(Instant::now() < deadline, "still {code}");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// PI 28(7), OI 12(4): nobody lists a registry of the law as something laxer, by mistake or otherwise.
fn takes_no_listing_that_is_laxer_than_the_law(country: &Country) {
    let mut record = notary(country);
    record["code"] = json!("preventive-record");
    record["audience"] = json!("urn:demo:registry:lax");
    record["class"] = json!("entry-exit");
    let mut family = notary(country);
    family["code"] = json!("population");
    family["audience"] = json!("urn:demo:registry:laxer");
    family["operations"][0]["code"] = json!("family-by-iin");
    let text = serde_json::to_string_pretty(&json!([record, family])).unwrap();
    let done = import(country, "registries", "lax-listings.json", &text, &["--json"]);
    assert_eq!(done.status, 1, "{done:?}");
    let said: Value = serde_json::from_str(&done.said).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let errors = said["errors"].as_array().unwrap();
    let found: Vec<_> = errors
        .iter()
        .map(|error| {
            (
                error["field"].as_str().unwrap(),
                error["found"].as_str().unwrap(),
                error["expected"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("class", "entry-exit", "preventive-record: the law has preventive-record so"),
            ("operations.family-by-iin.class", "ordinary", "private-life: the law has population so"),
        ]
    );
    let line = |error: usize| lines[usize::try_from(errors[error]["line"].as_u64().unwrap()).unwrap() - 1];
    assert!(line(0).contains("\"class\": \"entry-exit\""), "{}", line(0));
    assert!(line(1).contains("\"class\": \"ordinary\""), "{}", line(1));
}

/// A listing whose address is the sample case registry: the right authority, but no notary.
fn notary(country: &Country) -> Value {
    let config: toml::Table =
        toml::from_str(&std::fs::read_to_string(country.path("negiz.toml")).unwrap()).unwrap();
    let sources = config["case_sources"].as_array().unwrap();
    let url = sources.iter().find_map(|source| source.get("url")?.as_str()).unwrap();
    json!({
        "code": "notary", "title": "Notaries",
        "act": {"title": "Invented", "number": "1", "date": "2023-01-13", "valid-from": "2023-02-01"},
        "state": "integrated", "endpoint": url, "server-name": "localhost", "audience": "urn:demo:registry:notary",
        "concurrency": 4, "breaker": {"failures": 5, "open-seconds": 1},
        "operations": [{
            "code": "deed", "title": "A deed", "class": "ordinary", "method": "GET", "path": "/deeds/{iin}", "subject": "iin",
            "parameters": {"type": "object", "properties": {"iin": {"type": "string", "format": "iin"}},
                           "required": ["iin"], "additionalProperties": false},
            "answer": {"type": "object", "properties": {"iin": {"type": "string"}}, "required": ["iin"],
                       "additionalProperties": false},
            "fields": {"criminal-case": ["iin"]}, "timeout-ms": 1000, "max-bytes": 1024,
        }],
    })
}

fn names_what_is_wrong_with_each_file(country: &Country) {
    for (subject, name, content, wanted) in [
        ("users", "x1.csv", "iin\n", "x1.csv, line 1"),
        ("users", "x2.csv", "", "x2.csv"),
        ("users", "x3.json", "{", "x3.json"),
        ("users", "x4.json", "{\"users\": 1}", "x4.json"),
        ("cases", "x5.csv", "source,kind\n", "x5.csv, line 1"),
        ("agencies", "x6.json", "[]", "x6.json"),
        ("registries", "x7.json", "{}", "x7.json, line 1"),
        ("registries", "x8.csv", "code\n", "x8.csv"),
    ] {
        let done = import(country, subject, name, content, &[]);
        assert_eq!(done.status, 1, "{name}: {done:?}");
        assert!(done.complained.contains(wanted), "{name}: {done:?}");
        assert!(done.complained.contains("nothing was changed"), "{done:?}");
    }
    let done = import(country, "users", "x9.txt", "", &[]);
    assert_eq!(done.status, 3, "{done:?}");
    let config = country.path("negiz.toml");
    assert_eq!(run(&["users", "import", "/nowhere.csv", "--config", config.to_str().unwrap()]).status, 3);
    assert_eq!(run(&["users", "import"]).status, 2);
}
