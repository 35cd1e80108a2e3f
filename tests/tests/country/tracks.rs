//! The grounds that the law leaves to joint acts, end to end (SLS 16-1(1)¶3).

use std::time::{Duration, Instant};

use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::tracks::{Question, Tracks};
use serde_json::{Value, json};

on_both_databases!(
    lets_each_body_use_its_own_ground,
    asks_for_one_of_the_bases_of_operational_measures,
    keeps_the_operational_ground_to_its_bodies,
    keeps_financial_monitoring_to_the_roles_of_its_act,
    keeps_bankruptcy_to_declared_debtors_and_pending_cases,
    keeps_entry_and_exit_to_its_recipients,
    keeps_the_preventive_record_to_prevention,
    needs_a_sanction_where_private_life_begins,
);

/// The contract's person.
const PERSON: &str = "900101300017";

const OPERATIONAL: Question<'_> = Question {
    officer: "mukanov",
    ground: "operational",
    case: "26-OP-1",
    registry: "population",
    operation: "person-by-iin",
    iin: PERSON,
};
const MONITORING: Question<'_> =
    Question { officer: "nurgaliev", ground: "financial-monitoring", case: "26-FM-1", ..OPERATIONAL };
const BANKRUPTCY: Question<'_> = Question {
    officer: "orazova",
    ground: "bankruptcy",
    case: "26-B-1",
    registry: "pending-property-cases",
    operation: "cases-by-debtor",
    iin: PERSON,
};
const MIGRATION: Question<'_> = Question {
    officer: "pak",
    ground: "migration",
    case: "26-M-1",
    registry: "entry-exit",
    operation: "crossings-by-person",
    iin: PERSON,
};
const PREVENTION: Question<'_> = Question {
    officer: "rakhimov",
    ground: "prevention",
    case: "26-P-1",
    registry: "preventive-record",
    operation: "entry-by-iin",
    iin: PERSON,
};

/// A document on the operational ground with a basis of OI 10.
pub(crate) fn measured(mut document: Value) -> Value {
    document["basis"]["measure"] =
        json!({ "basis": "offence-information", "document": "Report No. 12 of 20.11.2026" });
    document
}

/// Sends the question and holds the refusal to its code and clause.
#[track_caller]
fn refused(country: &Country, question: &Question<'_>, code: &str, clause: &str) {
    let tracks = Tracks::of(country);
    let document = tracks.document(country, question);
    let reply = tracks.ask(country, question.officer, &document);
    country.refused(code, &reply);
    assert_eq!(reply.json()["clause"], clause, "{}", reply.json());
}

/// SLS 16-2(3)¶4, SLS 16-2(5), IAB 6(1)49), PI 28(7), MIG 9(3)
fn lets_each_body_use_its_own_ground(country: &Country) {
    let tracks = Tracks::of(country);
    let debtor = tracks.debtor.clone().unwrap();
    let on_debtor = Question { iin: &debtor, ..BANKRUPTCY };
    for question in [OPERATIONAL, MONITORING, on_debtor, MIGRATION, PREVENTION] {
        let mut document = tracks.document(country, &question);
        if question.ground == "operational" {
            document = measured(document);
        }
        let reply = tracks.ask(country, question.officer, &document);
        country.answered(&document, &reply);
        assert_eq!(reply.json()["restrictions"]["case"]["kind"], question.ground);
    }
    let manifest = &country.manifest;
    let case = &manifest.case(manifest.officer("mukanov"), "criminal").number;
    let covert = Question { ground: "covert", case, ..OPERATIONAL };
    let document = tracks.document(country, &covert);
    country.answered(&document, &tracks.ask(country, covert.officer, &document));
}

/// OI 10: the list of bases is closed, and each stands in a document.
fn asks_for_one_of_the_bases_of_operational_measures(country: &Country) {
    refused(country, &OPERATIONAL, "ground-not-permitted", "OI 10");
    let tracks = Tracks::of(country);
    let mut document = measured(tracks.document(country, &OPERATIONAL));
    document["basis"]["measure"]["basis"] = json!("a-hunch");
    country.refused("malformed-document", &tracks.ask(country, "mukanov", &document));
}

/// OI 6: seven bodies and no others, whatever act or matrix.
fn keeps_the_operational_ground_to_its_bodies(country: &Country) {
    let tracks = Tracks::of(country);
    let question = Question { officer: "nurgaliev", ..OPERATIONAL };
    let reply = tracks.ask(country, "nurgaliev", &measured(tracks.document(country, &question)));
    country.refused("ground-not-permitted", &reply);
}

/// SLS 16-2(5): the act lists the roles by ground and the registries.
fn keeps_financial_monitoring_to_the_roles_of_its_act(country: &Country) {
    let question = Question { registry: "residence", operation: "residence-by-iin", ..MONITORING };
    refused(country, &question, "registry-not-listed", "SLS 16-2(3)¶4");
    let tracks = Tracks::of(country);
    let officer = Question { officer: "rakhimov", ..MONITORING };
    let document = tracks.document(country, &officer);
    country.refused("ground-not-permitted", &tracks.ask(country, officer.officer, &document));
}

/// IAB 6(1)49): pending criminal cases, against declared debtors, and nothing else.
fn keeps_bankruptcy_to_declared_debtors_and_pending_cases(country: &Country) {
    refused(country, &BANKRUPTCY, "ground-not-permitted", "IAB 6(1)49)");
    let tracks = Tracks::of(country);
    let debtor = tracks.debtor.clone().unwrap();
    let wider = Question { registry: "population", operation: "person-by-iin", iin: &debtor, ..BANKRUPTCY };
    let document = tracks.document(country, &wider);
    let reply = tracks.ask(country, wider.officer, &document);
    country.refused("ground-not-permitted", &reply);
    // A procedure that is over: the debtor is one no longer.
    let person = "900101300017";
    let file = country.path("debtors.csv");
    std::fs::write(&file, format!("number,from,until\n{person},2020-01-01,2021-01-01\n")).unwrap();
    let config = country.path("negiz.toml");
    let done = run(&["debtors", "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
    refused(country, &BANKRUPTCY, "ground-not-permitted", "IAB 6(1)49)");
}

/// MIG 9(3): four bodies, whatever the ground.
fn keeps_entry_and_exit_to_its_recipients(country: &Country) {
    let tracks = Tracks::of(country);
    let stranger = Question { officer: "nurgaliev", ground: "financial-monitoring", ..MIGRATION };
    refused(country, &stranger, "registry-not-listed", "SLS 16-2(3)¶4");
    let other = Question { officer: "orazova", ..MIGRATION };
    let document = tracks.document(country, &other);
    country.refused("ground-not-permitted", &tracks.ask(country, other.officer, &document));
}

/// PI 28(7): the record serves prevention alone; a criminal case does not open it.
fn keeps_the_preventive_record_to_prevention(country: &Country) {
    let lead = country.manifest.lead();
    let case = &country.manifest.case(lead, "criminal").number;
    let question = Question { officer: &lead.code, ground: "criminal-case", case, ..PREVENTION };
    refused(country, &question, "ground-not-permitted", "PI 28(7)");
    let tracks = Tracks::of(country);
    let other = Question { officer: "pak", ..PREVENTION };
    let document = tracks.document(country, &other);
    country.refused("ground-not-permitted", &tracks.ask(country, other.officer, &document));
}

/// SLS 16-1(1)¶3: an act that is no longer in force admits nobody, on a running node.
#[test]
fn stops_with_the_act() {
    let country = &Country::start(None);
    let import = |until: &str, grounds: &[&str]| {
        let act = json!({"acts": [{
            "number": "6-prevention", "date": "2024-05-01", "title": "Invented act",
            "parties": ["Committee on Legal Statistics, Negizkala", "Police Department"],
            "bodies": ["internal-affairs"], "grounds": grounds, "roles": ["district-inspector"],
            "registries": ["preventive-record"], "from": "2025-01-01", "until": until,
        }]});
        let file = country.path("acts.json");
        std::fs::write(&file, act.to_string()).unwrap();
        let config = country.path("negiz.toml");
        run(&["acts", "import", file.to_str().unwrap(), "--config", config.to_str().unwrap()])
    };
    let wrong = import("2035-01-01", &[]);
    assert!(wrong.status == 1 && wrong.complained.contains("grounds"), "{wrong:?}");
    let tracks = Tracks::of(country);
    let ask = || tracks.ask(country, "rakhimov", &tracks.document(country, &PREVENTION));
    for (until, code) in [("2025-06-01", "ground-not-permitted"), ("2035-01-01", "answered")] {
        let done = import(until, &["prevention"]);
        assert_eq!(done.status, 0, "{done:?}");
        let deadline = Instant::now() + Duration::from_secs(5);
        while ask().code() != code {
            assert!(Instant::now() < deadline, "{}", ask().json());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

/// OI 12(4): the operational and covert tracks stop where private life begins, without a prosecutor's sanction.
fn needs_a_sanction_where_private_life_begins(country: &Country) {
    let tracks = Tracks::of(country);
    let private = Question { operation: "parent-by-iin", ..OPERATIONAL };
    let document = measured(tracks.document(country, &private));
    let reply = tracks.ask(country, private.officer, &document);
    country.refused("sanction-missing", &reply);
    assert_eq!(reply.json()["clause"], "OI 12(4)");
}
