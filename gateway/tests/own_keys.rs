//! The gateway's own keys: whatever is printed of them, it is no secret.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use gateway::config::Config;
use gateway::keys::Keys;
use gateway::tls_identity::TlsIdentity;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};

fn secret(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    text.to_owned()
}

/// What an error message, a log line or a core of words could hold of a private key: its base64, its bytes as Rust lists them.
fn traces(pair: &KeyPair) -> Vec<String> {
    let pem = pair.serialize_pem();
    let base64 = pem.lines().nth(1).unwrap().chars().skip(16).take(32).collect();
    let der = pair.serialize_der();
    // The private scalar is within the first half of either document.
    let bytes = format!("{:?}", &der[36..44]);
    let hex = der[36..44].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    vec![base64, bytes.trim_matches(['[', ']']).to_owned(), hex]
}

#[test]
fn prints_no_key_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (receipt, grant) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let log = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let listener = KeyPair::generate().unwrap();
    let mut secrets = vec![
        secret(at, "keys/master.key", &"3f".repeat(32)),
        secret(at, "keys/commitments.key", &"c1".repeat(32)),
    ];
    for (name, pair) in [
        ("keys/receipt.pem", &receipt),
        ("keys/log.key", &log),
        ("keys/grant.pem", &grant),
        ("tls/gateway.key", &listener),
    ] {
        secret(at, name, &pair.serialize_pem());
        secrets.extend(traces(pair));
    }
    let certificate =
        CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&listener).unwrap();
    secret(at, "tls/gateway.pem", &certificate.pem());
    let text = include_str!("vectors/config/full.toml").replace("/etc/negiz/master.key", "keys/master.key");
    secret(at, "negiz.toml", &text);
    let config = Config::load_with(&at.join("negiz.toml"), []).unwrap();
    let keys = Keys::read(&config).unwrap();
    let identity = TlsIdentity::of_listener("exchange", &config.exchange).unwrap();
    let printed = format!("{keys:?} {:#?} {identity:?} {}", keys.grant, keys.published());
    for secret in secrets {
        assert!(!printed.contains(&secret), "{secret} is printed");
    }
    assert!(printed.contains(&keys.grant.kid()) && printed.contains(keys.receipt.public().kid()));
}
