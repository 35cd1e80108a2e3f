//! Keys and certificates of the gateway's own from PKCS#12 files.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use negiz_tests::country::{CMS, Country};
use negiz_tests::document::bytes;
use negiz_tests::node::{Node, set, verifier};
use toml::Table;

on_both_databases!(answers_with_every_key_in_pkcs12);

const PASSWORD: &str = "hunter2-p12";

/// A PKCS#12 file of a PEM key, with its certificate or alone.
fn pkcs12(country: &Country, name: &str, key: &str, certificate: Option<&str>) -> PathBuf {
    let file = country.path(name);
    let mut command = Command::new("openssl");
    command.args(["pkcs12", "-export", "-passout", &format!("pass:{PASSWORD}"), "-out"]).arg(&file);
    command.arg("-inkey").arg(country.path(key));
    match certificate {
        Some(certificate) => command.arg("-in").arg(country.path(certificate)),
        None => command.arg("-nocerts"),
    };
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    private(&file);
    file
}

fn private(file: &PathBuf) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn password(country: &Country, name: &str, text: &str) -> PathBuf {
    let file = country.path(name);
    std::fs::write(&file, format!("{text}\n")).unwrap();
    private(&file);
    file
}

fn answers_with_every_key_in_pkcs12(country: &Country) {
    let word = password(country, "p12.password", PASSWORD);
    let listener = pkcs12(country, "listener.p12", "tls/gateway.key", Some("tls/gateway.pem"));
    let upstream = pkcs12(country, "upstream.p12", "infra/gateway.key", Some("infra/gateway.pem"));
    let change = |config: &mut Table| {
        let text = |file: &PathBuf| file.to_str().unwrap().to_owned();
        for (section, file) in [("exchange", &listener), ("console", &listener), ("upstream", &upstream)] {
            set(config, &[section, "certificate"], text(file));
            set(config, &[section, "key"], text(file));
            set(config, &[section, "password"], text(&word));
        }
        for key in ["receipt", "log", "grant"] {
            let file = pkcs12(country, &format!("{key}.p12"), &format!("keys/{key}.pem"), None);
            set(config, &["keys", key], text(&file));
            set(config, &["keys", &format!("{key}_password")], text(&word));
        }
    };
    let node = Node::start(country, "packed", change).unwrap_or_else(|ended| panic!("{ended:?}"));
    let lead = country.manifest.lead();
    let body = country.hand(lead).cms(&bytes(&country.question()));
    let reply = country.post_to(&node.exchange, &lead.agency, CMS, body);
    assert_eq!(reply.code(), "answered", "{}", String::from_utf8_lossy(&reply.body));
    let _ = verifier(country, &["packed"]).verify(reply.json()["receipt"].as_str().unwrap());
}

#[test]
fn says_in_one_line_what_is_wrong_with_pkcs12() {
    let country = crate::sqlite();
    let file = pkcs12(country, "wrong.p12", "keys/log.pem", None);
    let bare = Command::new("openssl")
        .args(["pkcs12", "-export", "-nokeys", "-passout", &format!("pass:{PASSWORD}"), "-in"])
        .arg(country.path("tls/gateway.pem"))
        .arg("-out")
        .arg(country.path("bare.p12"))
        .status();
    assert!(bare.unwrap().success());
    private(&country.path("bare.p12"));
    let (right, wrong) =
        (password(country, "right.word", PASSWORD), password(country, "wrong.word", "other"));
    let exposed = password(country, "exposed.word", PASSWORD);
    std::fs::set_permissions(&exposed, std::fs::Permissions::from_mode(0o644)).unwrap();
    let bare = country.path("bare.p12");
    let cases: [(&PathBuf, Option<&PathBuf>, &str); 4] = [
        (&file, None, "keys.log_password is missing: expected a file with its password"),
        (&file, Some(&wrong), "wrong.p12: is not PKCS#12, or has another password"),
        (&file, Some(&exposed), "keys.log_password: "),
        (&bare, Some(&right), "bare.p12: has no private key"),
    ];
    for (file, word, about) in cases {
        let ended = Node::start(country, "packed-wrongly", |config| {
            set(config, &["keys", "log"], file.to_str().unwrap());
            if let Some(word) = word {
                set(config, &["keys", "log_password"], word.to_str().unwrap());
            }
        });
        let ended = ended.map(|_| ()).unwrap_err();
        let lines: Vec<_> = ended.errors.lines().collect();
        assert_eq!((ended.status, lines.len()), (3, 1), "{lines:?}");
        assert!(lines[0].contains("keys.log") && lines[0].contains(about), "{about}: {lines:?}");
        assert!(!lines[0].contains(PASSWORD), "{lines:?}");
    }
}
