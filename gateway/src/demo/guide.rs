//! What a newcomer sees: where everything is and what to try next.

use std::fmt::Write as _;
use std::path::Path;

use crate::demo::cast::{Cast, OfficerState};
use crate::demo::manifest::Manifest;

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
