//! A second opinion on everything issued: the `openssl` command, which the tests require.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::path::PathBuf;
use std::process::{Command, Output};

use certs::algorithm::KeyKind;
use certs::issue::SigningKey;

/// A folder for one test, and `openssl` run inside it.
pub(crate) struct OpenSsl {
    folder: tempfile::TempDir,
}

impl OpenSsl {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn write_pem(&self, name: &str, label: &str, der: &[u8]) {
        let pem = der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap();
        self.write(name, pem.as_bytes());
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn run(&self, arguments: &str) -> Output {
        Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("the openssl command is required")
    }

    /// Output of a command that must succeed, both streams.
    pub(crate) fn accepts(&self, arguments: &str) -> String {
        let (done, text) = self.says(arguments);
        assert!(done, "openssl {arguments}: {text}");
        text
    }

    /// Output of a command that must fail.
    pub(crate) fn refuses(&self, arguments: &str) -> String {
        let (done, text) = self.says(arguments);
        assert!(!done, "openssl {arguments} was expected to fail: {text}");
        text
    }

    fn says(&self, arguments: &str) -> (bool, String) {
        let output = self.run(arguments);
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    /// A fresh RSA key of 2048 bits.
    pub(crate) fn rsa(&self) -> SigningKey {
        let pem = self.run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048");
        assert!(pem.status.success());
        SigningKey::from_pkcs8_pem(&String::from_utf8(pem.stdout).unwrap()).unwrap()
    }

    /// One key of each kind that `openssl` reads.
    pub(crate) fn keys(&self) -> Vec<SigningKey> {
        let mut keys = vec![self.rsa()];
        keys.extend(
            [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519].map(|kind| SigningKey::generate(kind).unwrap()),
        );
        keys
    }
}

/// Unix seconds: `openssl` looks at the clock.
pub(crate) fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_secs()).unwrap()
}
