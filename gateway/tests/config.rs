//! `negiz.toml`: what is accepted, and what an operator reads when it is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gateway::config::{Config, ConfigError, KeySource, Mode, Source, secret_file};
use secrecy::ExposeSecret as _;

const MINIMAL: &str = include_str!("vectors/config/minimal.toml");
const FULL: &str = include_str!("vectors/config/full.toml");

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(text: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::write(folder.file(), text).unwrap();
        folder
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("negiz.toml")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let environment = environment.iter().map(|(n, v)| (OsString::from(n), OsString::from(v)));
        Config::load_with(&self.file(), environment)
    }
}

/// What is said of the minimal configuration after one replacement.
fn complaint(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from}");
    let folder = Folder::with(&MINIMAL.replacen(from, to, 1));
    let error = folder.load(&[]).expect_err(to).to_string();
    error.replace(&folder.file().display().to_string(), "negiz.toml")
}

#[test]
fn the_least_configuration_has_strict_defaults() {
    let folder = Folder::with(MINIMAL);
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.origin(), "negiz.example/a");
    assert!(!config.exchange.tls12 && !config.admin.allow_remote && config.admin.listen.ip().is_loopback());
    assert_eq!((config.document.max_age, config.document.max_ahead), (300, 60));
    assert_eq!(config.document.circumstances_min, 20);
    let limits = &config.exchange.limits;
    assert_eq!((limits.body.get(), limits.connections_per_system.get()), (256 * 1024, 500));
    assert_eq!(config.trust.profile, "national");
    assert!(config.policy.require_proof);
}

#[test]
fn paths_are_relative_to_the_file() {
    let folder = Folder::with(FULL);
    let config = folder.load(&[]).unwrap();
    assert_eq!(config.exchange.certificate, folder.path("tls/gateway.pem"));
    assert_eq!(config.keys.master, Path::new("/etc/negiz/master.key"));
    assert_eq!(config.trust.cache, folder.path("state/revocation"));
    let crl = [
        Source::Address("http://127.0.0.1:18080/rsa.crl".to_owned()),
        Source::File(folder.path("trust/gost.crl")),
    ];
    assert_eq!(config.trust.crl, crl);
    let sqlite = Folder::with(&MINIMAL.replace("postgres://negiz@localhost/negiz", "sqlite:state/negiz.db"));
    let url = format!("sqlite:{}", sqlite.path("state/negiz.db").display());
    assert_eq!(sqlite.load(&[]).unwrap().database.url.expose_secret(), url);
}

#[test]
fn keys_in_tokens_have_module_and_pin_of_their_own_or_in_common() {
    let folder = Folder::with(FULL);
    let token = |source: &KeySource| match source {
        KeySource::Token(uri) => uri.clone(),
        KeySource::File(file) => panic!("{}", file.display()),
    };
    let own = token(&folder.load(&[]).unwrap().upstream.key);
    assert_eq!((own.token.as_deref(), own.object.as_deref()), (Some("negiz a"), Some("upstream")));
    assert_eq!(own.pin, Some(folder.path("keys/upstream.pin")));
    assert_eq!(own.module.as_deref(), Some(Path::new("/usr/lib/softhsm/libsofthsm2.so")));
    let config = folder.load(&[("NEGIZ_KEYS__LOG", "pkcs11:object=log")]).unwrap();
    assert_eq!(token(&config.keys.log).pin, Some(folder.path("keys/token.pin")));
    assert_eq!(config.keys.receipt, KeySource::File(folder.path("keys/receipt.pem")));
}

#[test]
fn the_environment_overrides_the_file() {
    let folder = Folder::with(MINIMAL);
    let environment = [
        ("NEGIZ_EXCHANGE__LISTEN", "127.0.0.1:1"),
        ("NEGIZ_EXCHANGE__LIMITS__HANDSHAKE_SECONDS", "0.5"),
        ("NEGIZ_DATABASE__URL", "postgres://other:secret@db/negiz"),
        ("NEGIZ_GOLDEN", "write"),
        ("HOME", "/root"),
    ];
    let config = folder.load(&environment).unwrap();
    assert_eq!(config.exchange.listen, "127.0.0.1:1".parse().unwrap());
    assert_eq!(config.exchange.limits.handshake_seconds.duration(), Duration::from_millis(500));
    assert_eq!(config.database.url.expose_secret(), "postgres://other:secret@db/negiz");
    assert!(!format!("{config:?}").contains("secret@"), "passwords are not printed");
}

#[test]
fn what_is_written_is_read_back() {
    let first = Folder::with(FULL).load(&[]).unwrap().to_toml().unwrap();
    let second = Folder::with(&first).load(&[]).unwrap().to_toml().unwrap();
    assert_eq!(first, second);
}

#[test]
fn case_sources_become_what_the_cases_rely_on() {
    use gateway::replica::{CaseSource, SourceMode};
    let config = Folder::with(FULL).load(&[]).unwrap();
    let sources: Vec<CaseSource> = config.case_sources.iter().map(CaseSource::from).collect();
    assert_eq!(config.case_sources[0].mode, Mode::Replica);
    assert_eq!((sources[0].max_age, &sources[0].mode), (600, &SourceMode::Replica));
    assert_eq!(sources[1].mode, SourceMode::Live { url: "https://courts.example/cases".to_owned() });
}

#[test]
fn errors_name_the_key_and_what_was_expected() {
    let cases = [
        (
            "name = \"negiz.example\"",
            "nome = \"x\"",
            "deployment.nome: is not a key here; expected one of name, node",
        ),
        ("name = \"negiz.example\"\n", "", "deployment.name: is missing"),
        (
            "name = \"negiz.example\"",
            "name = \"a b\"",
            "deployment.name: found \"a b\", expected 1 to 64 of letters",
        ),
        ("[exchange]", "[exchange.limits]\nbody = 0\n[exchange]", "exchange.limits.body: found"),
        (
            "[exchange]",
            "[exchange.limits]\nhandshake_seconds = -1\n[exchange]",
            "expected a positive number of seconds",
        ),
        (
            "[exchange]",
            "[exchange.limits]\nheader_bytes = 100\n[exchange]",
            "exchange.limits.header_bytes: found 100, expected at least 8192",
        ),
        (
            "[exchange]",
            "[exchange.limits]\nbudy = 1\n[exchange]",
            "exchange.limits.budy: is not a key here; expected one of body, ",
        ),
        ("\"127.0.0.1:8443\"", "\"localhost\"", "exchange.listen: "),
        ("\"127.0.0.1:8443\"", "8443", "exchange.listen: "),
        (
            "[exchange]",
            "[admin]\nlisten = \"0.0.0.0:9090\"\n[exchange]",
            "admin.listen: found 0.0.0.0:9090, expected loopback",
        ),
        (
            "[exchange]",
            "[telemetry]\notlp = \"collector:4318\"\n[exchange]",
            "telemetry.otlp: expected an address with scheme http",
        ),
        (
            "[exchange]",
            "[telemetry]\nlevel = \"loud\"\n[exchange]",
            "telemetry.level: found `loud`, expected one of error, warn",
        ),
        (
            "[exchange]",
            "[surprise]\na = 1\n[exchange]",
            "surprise: is not a key here; expected one of deployment, ",
        ),
    ];
    for (from, to, expected) in cases {
        let said = complaint(from, to);
        assert!(said.starts_with("negiz.toml: ") && said.contains(expected), "{to}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn errors_in_case_sources_name_the_source() {
    let replica =
        "[[case_sources]]\ncode = \"erdr\"\nkinds = [\"criminal\"]\nmode = \"replica\"\nmax_age = 600\n";
    let cases = [
        (replica.replace("\"replica\"", "\"live\""), "case_sources.0.url: is missing"),
        (format!("{replica}url = \"https://a\""), "case_sources.0.url: is not a key here"),
        (format!("{replica}{replica}"), "case_sources.1.code: found \"erdr\" twice"),
        (
            replica.replace("criminal", "tax"),
            "case_sources.0.kinds.0: found `tax`, expected one of criminal, civil",
        ),
        (replica.replace("[\"criminal\"]", "[]"), "case_sources.0.kinds: found none"),
        (
            replica.replace("600", "86401"),
            "case_sources.0.max_age: found 86401, expected at most 86400 seconds",
        ),
        (
            replica.replace("\"replica\"", "\"live\"\nurl = \"http://plain\""),
            "case_sources.0.url: expected an address with scheme https",
        ),
    ];
    for (source, expected) in cases {
        let said = Folder::with(&format!("{MINIMAL}{source}")).load(&[]).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn errors_in_the_environment_name_the_variable() {
    let said = Folder::with(MINIMAL).load(&[("NEGIZ_RATES__BURST", "many")]).unwrap_err().to_string();
    assert!(said.starts_with("variable NEGIZ_RATES__BURST: rates.burst: found string \"many\""), "{said}");
    let said = Folder::with(MINIMAL).load(&[("NEGIZ_RATES__BORST", "1")]).unwrap_err().to_string();
    assert!(said.starts_with("variable NEGIZ_RATES__BORST: rates.borst: is not a key here"), "{said}");
}

#[test]
fn a_database_address_is_never_repeated() {
    for url in ["mysql://negiz:secret@db", "secret"] {
        let said = complaint("postgres://negiz@localhost/negiz", url);
        assert!(said.contains("database.url: expected sqlite:") && !said.contains("secret"), "{said}");
    }
}

#[test]
fn what_is_not_toml_is_shown_where_it_stops_being() {
    let said = Folder::with("[deployment\nname = 1").load(&[]).unwrap_err().to_string();
    assert!(said.contains("is not TOML") && said.contains("line 1"), "{said}");
    let missing = tempfile::tempdir().unwrap().path().join("negiz.toml");
    assert!(matches!(Config::load(&missing), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn a_key_file_is_read_only_if_nobody_else_can() {
    let folder = Folder::with("");
    let file = folder.path("log.key");
    std::fs::write(&file, "secret").unwrap();
    for (mode, open) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o660, true)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        match secret_file::read("keys.log", &file) {
            Ok(bytes) => assert!(!open && bytes.as_slice() == b"secret", "{mode:o}"),
            Err(error) => {
                let said = error.to_string();
                assert!(
                    open && said.contains("keys.log: ") && said.contains(&format!("mode {mode:o}")),
                    "{said}"
                );
            }
        }
    }
    assert!(matches!(secret_file::read("keys.log", &folder.path("none")), Err(ConfigError::Missing { .. })));
}

#[test]
fn the_documented_configuration_is_one() {
    let page = include_str!("../../docs/configuration.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let config = Folder::with(example).load(&[]).unwrap();
    // Every key there is stands in the example, so that the page cannot fall behind.
    let table: toml::Table = toml::from_str(&config.to_toml().unwrap()).unwrap();
    let shown: toml::Table = toml::from_str(example).unwrap();
    let mut missing = Vec::new();
    absent("", &table, &shown, &mut missing);
    assert!(missing.is_empty(), "not in docs/configuration.md: {missing:?}");
}

fn absent(prefix: &str, table: &toml::Table, shown: &toml::Table, missing: &mut Vec<String>) {
    for (key, value) in table {
        match (value, shown.get(key)) {
            (_, None) => missing.push(format!("{prefix}{key}")),
            (toml::Value::Table(inner), Some(toml::Value::Table(shown))) => {
                absent(&format!("{prefix}{key}."), inner, shown, missing);
            }
            _ => {}
        }
    }
}
