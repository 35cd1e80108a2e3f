//! What a newcomer sees: where everything is and what to try next.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::demo::cast::{Cast, OfficerState};
use crate::demo::manifest::Manifest;
use crate::demo::tracks::TrackQuestion;
use crate::demo::{duty, tracks};

/// The text printed once the demonstration is ready, up to and including the line that begins `ready`.
#[must_use]
pub fn text(home: &Path, manifest: &Manifest, cast: &Cast, iin: &str) -> String {
    let program = program();
    let mut text = String::new();
    let _ = writeln!(text, "Negiz demo: a small country on loopback. Everything in it is invented.\n");
    let _ = writeln!(text, "  exchange   {}   agency systems send signed requests here", manifest.exchange);
    let _ = writeln!(text, "  console    {}   operator, security, oversight", manifest.console);
    let _ = writeln!(text, "  admin      {}    /healthz /readyz /metrics", manifest.admin);
    for witness in &manifest.witnesses {
        let _ = writeln!(text, "  witness    {}    cosigns the log: {}", witness.url, witness.vkey);
    }
    let _ =
        writeln!(text, "  duty       {}    the prosecutor's notices of urgent measures", manifest.notices);
    let _ = writeln!(text, "  directory  {}   manifest.json names everything in it\n", home.display());
    let _ = writeln!(text, "Officers (keys in officers/):");
    for officer in &cast.officers {
        let cases = cast.cases.iter().filter(|case| case.holder == officer.code).count();
        let _ = writeln!(
            text,
            "  {:<10} {:<12} {:<13} {:<14} {} case(s)",
            officer.code,
            officer.agency,
            officer.key.to_string(),
            state(officer.state),
            cases
        );
    }
    let case =
        cast.cases.iter().find(|case| case.holder == "akhmetov").map_or("", |case| case.number.as_str());
    let directory = home.display();
    let _ =
        writeln!(text, "\nTry it: officer akhmetov asks for a person, in a criminal case of their own.\n");
    let _ = writeln!(
        text,
        "  {program} request --dir {directory} --officer akhmetov --case {case} \\\n    --registry population --operation person-by-iin --parameter iin={iin} \\\n    --circumstances 'A witness names this person as the driver of the vehicle' \\\n    --purpose 'Establish the identity of the driver'\n"
    );
    let _ = writeln!(text, "The same with openssl and curl (paste it whole):\n");
    let _ = writeln!(text, "{}\n", paste(&directory.to_string(), manifest, cast, case, iin));
    let _ = writeln!(text, "{}\n", review(&program, &directory.to_string(), iin));
    let _ = writeln!(text, "{}\n", urgent(&program, &directory.to_string(), cast));
    let _ = writeln!(
        text,
        "Then try what must not work: another officer's key, a closed case, a purpose without circumstances."
    );
    let _ =
        writeln!(text, "Ctrl-C stops everything; started again on this directory it goes on where it was.\n");
    let _ = write!(text, "ready {}", manifest.exchange);
    text
}

/// This program as a shell finds it: by its name where that is on the path, else by where it is.
fn program() -> String {
    let this = std::env::current_exe().ok().and_then(|path| path.canonicalize().ok());
    let Some(this) = this else { return "negiz".to_owned() };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).find_map(|folder| folder.join("negiz").canonicalize().ok());
    if found.as_ref() == Some(&this) { "negiz".to_owned() } else { this.display().to_string() }
}

/// How to look for requests afterwards, as those who review do.
fn review(program: &str, directory: &str, iin: &str) -> String {
    format!(
        "Who asked about this person? Security looks; the search itself is in the journal first:\n\n  {program} log search --dir {directory} --as security --subject {iin} --reason 'Complaint of the person concerned'\n\nWhat happens, as security teams get it (OCSF, one line an entry):  tail -f {directory}/stream.jsonl"
    )
}

/// How a measure begins before its sanction, and the prosecutor learns of it (OI 12(7)).
fn urgent(program: &str, directory: &str, cast: &Cast) -> String {
    let Some(question) = tracks::questions(cast).into_iter().find(|question| !question.needs.is_empty())
    else {
        return String::new();
    };
    let subject = question.parameters.get("iin").and_then(Value::as_str).unwrap_or_default();
    let TrackQuestion { officer, case, registry, operation, .. } = &question;
    let decision = format!(
        concat!(
            r#"{{"version":1,"kind":"urgent-decision","number":"3-u","case":"{case}","registries":["{registry}"],"#,
            r#""subject":"{subject}","decided":"%s","against-judge":false,"threat":"grave-crime","#,
            r#""reasons":"The person is about to leave; a witness says within the hour"}}"#
        ),
        case = case,
        registry = registry,
        subject = subject
    );
    format!(
        concat!(
            "An urgent measure: the head of the body signs that it cannot wait for the prosecutor's sanction, who is told at once (paste it):\n\n",
            "( cd '{directory}' &&\n",
            "  printf '{decision}' \"$(date -u +%FT%TZ)\" > urgent.json &&\n",
            "  openssl cms -sign -binary -nodetach -outform DER -md sha256 -signer officers/{head}.pem \\\n",
            "    -inkey officers/{head}.key -in urgent.json -out urgent.cms ) &&\n",
            "{program} request --dir '{directory}' --officer {officer} --ground operational --case {case} \\\n",
            "    --registry {registry} --operation {operation} --parameter iin={subject} \\\n",
            "    --measure 'offence-information=Report No. 12 of 20.11.2026' --urgent '{directory}/urgent.cms' \\\n",
            "    --circumstances 'The report names the person as about to leave' --purpose 'Find the person' &&\n",
            "sleep 1 && cat '{directory}/{notices}'\n\n",
            "Every other track, with who asks and what: {directory}/tracks.json and docs/demo.md"
        ),
        directory = directory,
        decision = decision,
        head = tracks::HEAD,
        program = program,
        officer = officer,
        case = case,
        registry = registry,
        operation = operation,
        subject = subject,
        notices = duty::FILE
    )
}

fn state(state: OfficerState) -> &'static str {
    match state {
        OfficerState::Registered => "registered",
        OfficerState::Unregistered => "unregistered",
        OfficerState::Suspended => "suspended",
        OfficerState::Revoked => "cert. revoked",
        OfficerState::Expired => "cert. expired",
    }
}

/// A shell line that makes, signs and sends a request with nothing but openssl and curl.
fn paste(directory: &str, manifest: &Manifest, cast: &Cast, case: &str, iin: &str) -> String {
    let agency = cast.agency("police").map_or("", |agency| agency.bin.as_str());
    let document = format!(
        concat!(
            r#"{{"version":1,"id":"%s","issued":"%s","agency":"{agency}","registry":"population","#,
            r#""operation":"person-by-iin","parameters":{{"iin":"{iin}"}},"basis":{{"ground":"criminal-case","#,
            r#""case":"{case}","circumstances":"A witness names this person as the driver of the vehicle"}},"#,
            r#""purpose":"Establish the identity of the driver"}}"#
        ),
        agency = agency,
        iin = iin,
        case = case
    );
    format!(
        concat!(
            "( cd '{directory}' &&\n",
            "  printf '{document}' \\\n",
            "    \"$(cat /proc/sys/kernel/random/uuid)\" \"$(date -u +%FT%TZ)\" > request.json &&\n",
            "  openssl cms -sign -binary -nodetach -outform DER -md sha256 \\\n",
            "    -signer officers/akhmetov.pem -inkey officers/akhmetov.key -in request.json -out request.cms &&\n",
            "  curl -sS --cacert tls/ca.pem --cert systems/police.pem --key systems/police.key \\\n",
            "    -H 'Content-Type: application/cms' --data-binary @request.cms {exchange}/v1/requests && echo )"
        ),
        directory = directory,
        document = document,
        exchange = manifest.exchange
    )
}
