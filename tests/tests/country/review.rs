//! Those who review: they find what happened, see what their capacity lets them, say why, and stand in the journal first.

use evidence::leaf::Kind;
use evidence::{Leaf, tile};
use http::Method;
use negiz_tests::channel::Reply;
use negiz_tests::command::run;
use negiz_tests::country::Country;
use negiz_tests::document::seconds_from_now;
use negiz_tests::receipt::Verifier;
use serde_json::{Value, json};

on_both_databases!(
    finds_requests_by_every_condition,
    finds_whom_a_refused_request_asked_about,
    asks_every_reader_for_a_reason,
    records_every_reading_before_it_shows_anything,
    keeps_every_capacity_to_its_own,
    keeps_what_somebody_tried_beyond_their_capacity,
    reads_one_request_in_full,
    hands_evidence_to_auditors_and_keeps_that_it_did,
    turns_pages_that_stand_still_while_requests_arrive,
    takes_cursors_of_the_same_search_only,
    keeps_no_person_in_clear,
    searches_from_the_command_line,
);

const WHY: &str = "Complaint 17 of 20.11.2026";

/// GET on the console in a capacity, `{}` of the path already filled in.
fn look(country: &Country, who: &str, path: &str, query: &[(&str, &str)]) -> Reply {
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let path = format!("{path}?{}", pairs.join("&"));
    let channel = country.system(&format!("console-{who}"));
    channel.call(&country.manifest.console, Method::GET, &path, None, "").expect("an answer")
}

fn escaped(text: &str) -> String {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|b| if fits(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

fn search(country: &Country, who: &str, conditions: &[(&str, &str)]) -> Reply {
    let mut query = conditions.to_vec();
    query.push(("reason", WHY));
    look(country, who, "/v1/requests", &query)
}

fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let body = reply.json();
    let rows = body["requests"].as_array().unwrap();
    rows.iter().filter_map(|row| row["request"].as_str().map(str::to_owned)).collect()
}

/// One answered request and one that its closed case refused, both in a case of their own.
fn asked(country: &Country) -> (Value, Value, negiz_tests::manifest::Case) {
    let lead = country.manifest.lead();
    let mut case = country.new_case(lead);
    let registry = country.manifest.registry("person-by-iin");
    let answered = country.document(lead, &case, registry);
    country.answered(&answered, &country.ask(lead, &answered));
    case.status = "closed".to_owned();
    let fed = country.feed(&json!({ "as-of": seconds_from_now(0), "cases": [country.state(&case, 2)] }));
    assert_eq!(fed.status, 200);
    let refused = country.document(lead, &case, registry);
    country.refused("case-not-open", &country.ask(lead, &refused));
    (answered, refused, case)
}

fn id(document: &Value) -> &str {
    document["id"].as_str().unwrap()
}

/// SLS 7(2)(6)-(8), 16-3(5): who asked about whom, in which case, is found by each of these and by all together.
fn finds_requests_by_every_condition(country: &Country) {
    let lead = country.manifest.lead();
    let from = seconds_from_now(-2);
    let (answered, refused, case) = asked(country);
    let subject = answered["parameters"]["iin"].as_str().unwrap();
    let bin = country.manifest.agency(&lead.agency).bin.as_str();
    let to = seconds_from_now(60);
    let this = ("case", case.number.as_str());
    let all = [
        ("officer", lead.iin.as_str()),
        ("agency", bin),
        ("registry", "population"),
        ("subject", subject),
        ("from", from.as_str()),
        ("to", to.as_str()),
    ];
    assert_eq!(ids(&search(country, "security", &[this])), [id(&refused), id(&answered)], "newest first");
    for condition in all {
        let found = ids(&search(country, "security", &[this, condition]));
        assert_eq!(found, [id(&refused), id(&answered)], "{condition:?}");
    }
    let together: Vec<_> = all.into_iter().chain([this]).collect();
    assert_eq!(ids(&search(country, "auditor", &together)), [id(&refused), id(&answered)]);
    let kind = format!("criminal:{}", case.number);
    assert_eq!(ids(&search(country, "security", &[("case", &kind)])).len(), 2);
    for (condition, found) in [
        (("outcome", "answered"), vec![id(&answered)]),
        (("outcome", "refused"), vec![id(&refused)]),
        (("code", "case-not-open"), vec![id(&refused)]),
        (("outcome", "failed"), vec![]),
        (("officer", country.manifest.officer("bekova").iin.as_str()), vec![]),
        (("subject", "nobody anybody asked about"), vec![]),
        (("registry", "vehicles"), vec![]),
        (("to", from.as_str()), vec![]),
        (("from", to.as_str()), vec![]),
    ] {
        assert_eq!(ids(&search(country, "security", &[this, condition])), found, "{condition:?}");
    }
}

/// An attempt is as telling as a success: it is found by whom it was about, though nothing was obtained.
fn finds_whom_a_refused_request_asked_about(country: &Country) {
    let stranger = country.manifest.officers.iter().find(|officer| officer.state == "unregistered").unwrap();
    let case = country.manifest.case(country.manifest.lead(), "criminal");
    let document = country.document(stranger, case, country.manifest.registry("person-by-iin"));
    country.refused("user-not-registered", &country.ask(stranger, &document));
    let subject = document["parameters"]["iin"].as_str().unwrap();
    let conditions =
        [("subject", subject), ("code", "user-not-registered"), ("officer", stranger.iin.as_str())];
    assert!(ids(&search(country, "security", &conditions)).contains(&id(&document).to_owned()));
}

/// SLS 7(2)(6)-(8).
fn asks_every_reader_for_a_reason(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let one = format!("/v1/requests/{}", id(&document));
    let evidence = format!("/v1/requests/{}/evidence", id(&document));
    for path in ["/v1/requests", &one, &evidence] {
        for query in [vec![], vec![("reason", "because")], vec![("reason", "            ")]] {
            let reply = look(country, "auditor", path, &query);
            assert_eq!(
                (reply.status, reply.code().as_str()),
                (422, "parameters-invalid"),
                "{path} {query:?}"
            );
        }
        assert_eq!(look(country, "auditor", path, &[("reason", WHY)]).status, 200, "{path}");
    }
    for wrong in [("limit", "0"), ("limit", "201"), ("outcome", "lost"), ("from", "yesterday"), ("who", "x")]
    {
        assert_eq!(search(country, "security", &[wrong]).code(), "parameters-invalid", "{wrong:?}");
    }
}

/// The entry of the log at this index, as anyone can read it.
fn leaf(country: &Country, index: u64) -> Leaf {
    let agency = &country.manifest.lead().agency;
    for width in (index % 256 + 1)..=256 {
        let path = match width {
            256 => format!("/v1/log/tile/entries/{}", number(index / 256)),
            _ => format!("/v1/log/tile/entries/{}.p/{width}", number(index / 256)),
        };
        let reply = country.get(agency, &path);
        if reply.status == 200 {
            let entries = tile::read_entries(&reply.body).unwrap();
            return Leaf::from_bytes(entries[usize::try_from(index % 256).unwrap()]).unwrap();
        }
    }
    panic!("entry {index} is in no tile");
}

fn number(index: u64) -> String {
    assert!(index < 1000, "tests make small logs");
    format!("{index:03}")
}

/// Nobody both reads and stays unseen: each reading is a leaf that commits to who and why.
fn records_every_reading_before_it_shows_anything(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let one = format!("/v1/requests/{}", id(&document));
    for (path, code) in [("/v1/requests", "log-searched"), (one.as_str(), "request-read")] {
        let reply = look(country, "auditor", path, &[("reason", WHY)]);
        let index = reply.json()["reading"]["index"].as_u64().unwrap();
        let leaf = leaf(country, index);
        assert_eq!(leaf.event.kind(), Kind::Reading);
        assert_eq!(leaf.event.code().unwrap().to_string(), code);
        assert!(leaf.event.content().is_some(), "it commits to the reader and the reason");
    }
    let before = head(country);
    assert_eq!(
        look(country, "auditor", "/v1/requests/01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e70", &[("reason", WHY)])
            .status,
        404
    );
    assert!(head(country) > before, "looking for what is not there is looking");
}

/// How many entries are durable; the witnesses cosign those that nobody waits for a little later.
fn head(country: &Country) -> u64 {
    let done = run(&["log", "checkpoint", "--config", country.path("negiz.toml").to_str().unwrap()]);
    let verifier = Verifier::new(&country.path(&country.manifest.jwks), &[&country.manifest.log_vkey]);
    verifier.checkpoint(&done.said).head().size
}

/// SLS 6(12-4), OI 14(3), 25: the operator sees no persons, an agency its own, the prosecutor the operational track alone.
fn keeps_every_capacity_to_its_own(country: &Country) {
    let lead = country.manifest.lead();
    let own = country.question();
    country.answered(&own, &country.ask(lead, &own));
    let judge = country.manifest.officer("hasenov");
    let court = country.document(
        judge,
        country.manifest.case(judge, "civil"),
        country.manifest.registry("person-by-iin"),
    );
    let _ = country.ask(judge, &court);
    let sees = |who: &str, document: &Value| {
        let path = format!("/v1/requests/{}", id(document));
        look(country, who, &path, &[("reason", WHY)]).status
    };
    assert_eq!((sees("security", &own), sees("security", &court)), (200, 200));
    assert_eq!((sees("auditor", &own), sees("auditor", &court)), (200, 200));
    assert_eq!((sees("police", &own), sees("police", &court)), (200, 404));
    assert_eq!((sees("prosecutor", &own), sees("prosecutor", &court)), (404, 404));
    assert_eq!((sees("operator", &own), sees("operator", &court)), (403, 403));
    let police = search(country, "police", &[("limit", "200")]).json();
    let bin = &country.manifest.agency("police").bin;
    assert!(police["requests"].as_array().unwrap().iter().all(|row| row["agency"] == **bin));
    let overseen = ids(&search(country, "prosecutor", &[]));
    let ordinary = [&own, &court].map(|document| id(document).to_owned());
    assert!(ordinary.iter().all(|id| !overseen.contains(id)), "neither is operational");
    let operator = search(country, "operator", &[]).json();
    for row in operator["requests"].as_array().unwrap() {
        assert!(["officer", "subject", "case"].iter().all(|person| row.get(person).is_none()), "{row}");
    }
    // Neither an agency's system nor a case feed reads here.
    for channel in [country.channel(country.manifest.agency("police")), country.system("case-feed")] {
        let path = format!("/v1/requests?reason={}", escaped(WHY));
        let reply = channel.call(&country.manifest.console, Method::GET, &path, None, "").unwrap();
        assert_eq!(reply.code(), "system-not-enrolled");
    }
}

fn keeps_what_somebody_tried_beyond_their_capacity(country: &Country) {
    let court = country.manifest.agency("court").bin.as_str();
    let lead = country.manifest.lead().iin.as_str();
    for (who, condition) in [
        ("police", ("agency", court)),
        ("operator", ("officer", lead)),
        ("operator", ("subject", lead)),
        ("operator", ("case", "1")),
    ] {
        let before = head(country);
        let reply = search(country, who, &[condition]);
        assert_eq!((reply.status, reply.code().as_str()), (403, "beyond-capacity"), "{who} {condition:?}");
        assert!(head(country) > before, "the attempt is in the journal");
    }
}

fn reads_one_request_in_full(country: &Country) {
    let lead = country.manifest.lead();
    let (answered, _, case) = asked(country);
    let path = format!("/v1/requests/{}", id(&answered));
    let body = look(country, "security", &path, &[("reason", WHY)]).json();
    let entries = body["requests"][0]["entries"].as_array().unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["grant", "answer"]);
    let statement = &entries[0]["content"]["statement"];
    assert_eq!(statement["signer"]["iin"], *lead.iin);
    assert_eq!(statement["case"]["number"], *case.number);
}

/// Contract: auditors get the evidence of every request; SLS 16-3(5): a third party can check it.
fn hands_evidence_to_auditors_and_keeps_that_it_did(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let path = format!("/v1/requests/{}/evidence", id(&document));
    let before = head(country);
    let bundle = look(country, "auditor", &path, &[("reason", WHY)]);
    assert_eq!(bundle.status, 200);
    assert!(head(country) > before);
    let file = country.path("read.evidence");
    std::fs::write(&file, &bundle.body).unwrap();
    let done = run(&["verify", "--dir", country.directory.to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(done.status, 0, "{done:?}");
}

fn turns_pages_that_stand_still_while_requests_arrive(country: &Country) {
    let lead = country.manifest.lead();
    let case = country.new_case(lead);
    let ask = || {
        let document = country.document(lead, &case, country.manifest.registry("person-by-iin"));
        country.answered(&document, &country.ask(lead, &document));
        id(&document).to_owned()
    };
    let mut made: Vec<String> = (0..5).map(|_| ask()).collect();
    made.reverse();
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut conditions = vec![("case", case.number.as_str()), ("limit", "2")];
        conditions.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page = search(country, "security", &conditions);
        found.extend(ids(&page));
        // What comes in now is newer than the page.
        let _ = ask();
        match page.json()["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(found, made);
}

fn takes_cursors_of_the_same_search_only(country: &Country) {
    for _ in 0..2 {
        let document = country.question();
        country.answered(&document, &country.ask(country.manifest.lead(), &document));
    }
    let page = search(country, "security", &[("outcome", "answered"), ("limit", "1")]).json();
    let next = page["next"].as_str().unwrap();
    let again = |who: &str, outcome: &str, cursor: &str| {
        search(country, who, &[("outcome", outcome), ("limit", "1"), ("cursor", cursor)]).code()
    };
    assert_eq!(again("security", "answered", next), "answered");
    let mut forged = next.to_owned();
    forged.replace_range(0..1, if next.starts_with('A') { "B" } else { "A" });
    for (who, outcome, cursor) in
        [("auditor", "answered", next), ("security", "refused", next), ("security", "answered", &forged)]
    {
        assert_eq!(again(who, outcome, cursor), "parameters-invalid", "{who} {outcome}");
    }
}

/// IAB 6(1)44)-46): who takes the database away learns nobody's name from the register.
fn keeps_no_person_in_clear(country: &Country) {
    let document = country.question();
    country.answered(&document, &country.ask(country.manifest.lead(), &document));
    let subject = document["parameters"]["iin"].as_str().unwrap();
    assert!(!ids(&search(country, "security", &[("subject", subject)])).is_empty());
    let text = match &country.database {
        Some(url) => negiz_tests::postgres::text(
            url,
            "SELECT coalesce(string_agg(register::text, ' '), '') FROM register",
        ),
        None => ["negiz.db", "negiz.db-wal"]
            .map(|name| {
                String::from_utf8_lossy(&std::fs::read(country.path(name)).unwrap_or_default()).into_owned()
            })
            .concat(),
    };
    assert!(text.contains("person-by-iin"), "the register was read");
    assert!(!text.contains(subject));
}

fn searches_from_the_command_line(country: &Country) {
    let (answered, refused, case) = asked(country);
    let directory = country.directory.to_str().unwrap();
    let search = |more: &[&str]| {
        let fixed = ["log", "search", "--dir", directory, "--as", "security", "--case", &case.number];
        run(&[&fixed, more].concat())
    };
    let done = search(&["--reason", WHY, "--json"]);
    assert_eq!(done.status, 0, "{done:?}");
    let body: Value = serde_json::from_str(&done.said).unwrap();
    assert_eq!(body["requests"].as_array().unwrap().len(), 2);
    let table = search(&["--reason", WHY]);
    assert!(table.said.contains(id(&answered)) && table.said.contains(id(&refused)), "{table:?}");
    let more = search(&["--reason", WHY, "--limit", "1"]);
    assert!(more.said.contains("more: --cursor "), "{more:?}");
    assert_eq!(search(&["--reason", "short"]).status, 1);
    assert_eq!(search(&[]).status, 2);
    let fixed = ["log", "read", id(&answered), "--dir", directory, "--reason", WHY];
    let read = run(&[&fixed[..], &["--as", "security"]].concat());
    assert!(read.status == 0 && read.said.contains("grant"), "{read:?}");
    assert_eq!(run(&[&fixed[..], &["--as", "operator"]].concat()).status, 1);
    let file = country.path("command.evidence");
    let out = [&fixed[..], &["--as", "auditor", "--evidence", file.to_str().unwrap()]].concat();
    assert_eq!(run(&out).status, 0);
    assert_eq!(run(&["verify", "--dir", directory, file.to_str().unwrap()]).status, 0);
}
