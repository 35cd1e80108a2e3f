//! A witness process of a test's own.

use std::path::Path;
use std::process::Command;

use evidence::VerifierKey;
use evidence::witness::{AddCheckpoint, cosigned_by};
use tempfile::TempDir;

use crate::channel::{Reply, post};
use crate::process::Process;

/// A witness's directory, and the process in it.
#[derive(Debug)]
pub struct House {
    directory: TempDir,
    vkeys: Vec<String>,
}

impl House {
    /// A witness of the logs with these keys, with a key of its own.
    ///
    /// # Panics
    /// When the key cannot be made.
    #[must_use]
    pub fn watching(vkeys: Vec<String>) -> Self {
        let directory = tempfile::tempdir().expect("it can");
        let key = directory.path().join("w1.pem");
        let made =
            Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&key).status();
        assert!(made.expect("openssl").success());
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&key, private).expect("it can");
        Self { directory, vkeys }
    }

    /// From its next start on it also knows this key of a log.
    pub fn learn(&mut self, vkey: &str) {
        self.vkeys.push(vkey.to_owned());
    }

    /// A file of its.
    ///
    /// # Panics
    /// When the name is not UTF-8.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().expect("it can").to_owned()
    }

    /// The command line.
    #[must_use]
    pub fn arguments(&self, more: &[&str]) -> Vec<String> {
        let (key, state) = (self.path("w1.pem"), self.path("w1.db"));
        let fixed = ["witness", "--name", "witness.test/w1", "--key", &key];
        let mut all: Vec<String> = fixed.iter().map(ToString::to_string).collect();
        if !more.contains(&"--listen") {
            all.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
        }
        all.extend(["--state".to_owned(), state]);
        all.extend(self.vkeys.iter().flat_map(|vkey| ["--log".to_owned(), vkey.clone()]));
        all.extend(more.iter().map(ToString::to_string));
        all
    }

    /// Starts it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(&self, more: &[&str]) -> Witness {
        let arguments = self.arguments(more);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let process = Process::start(&arguments, Path::new(&self.path("stderr.log")), None);
        let said = process.ready().expect("it can");
        let line =
            |start: &str| said.iter().find_map(|line| line.strip_prefix(start)).expect("it can").to_owned();
        let (key, address) = (line("witness ").parse().expect("it can"), line("ready "));
        Witness { key, address, process }
    }
}

/// A running witness.
#[derive(Debug)]
pub struct Witness {
    /// Its public key.
    pub key: VerifierKey,
    /// `http://…`
    pub address: String,
    /// The process.
    pub process: Process,
}

impl Witness {
    /// Submits a checkpoint.
    ///
    /// # Panics
    /// When no answer came.
    #[must_use]
    pub fn submit(&self, request: &AddCheckpoint) -> Reply {
        post(&format!("{}/add-checkpoint", self.address), request.to_body()).expect("it can")
    }

    /// Holds that it cosigns.
    ///
    /// # Panics
    /// When it does not.
    pub fn cosigns(&self, request: &AddCheckpoint) {
        let reply = self.submit(request);
        let text = String::from_utf8(reply.body.to_vec()).expect("it can");
        assert_eq!(reply.status, 200, "{text}");
        assert!(cosigned_by(&request.checkpoint, &text, &self.key).is_some(), "{text}");
    }

    /// Holds that it answers so.
    ///
    /// # Panics
    /// When it does not.
    pub fn answers(&self, request: &AddCheckpoint, status: u16) -> Reply {
        let reply = self.submit(request);
        assert_eq!(reply.status, status, "{}", String::from_utf8_lossy(&reply.body));
        reply
    }

    /// Holds that it answers 409 with the size it stands at.
    ///
    /// # Panics
    /// When it does not.
    pub fn stands_at(&self, request: &AddCheckpoint, size: u64) {
        let reply = self.answers(request, 409);
        assert_eq!(reply.header("content-type"), "text/x.tlog.size");
        assert_eq!(reply.body, format!("{size}\n"));
    }
}
