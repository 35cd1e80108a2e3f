//! A PKCS#11 token in software: SoftHSM, each with a directory of its own.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian has the module.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// The user PIN of every token made here.
pub const PIN: &str = "271828";

/// A token called `negiz`.
#[derive(Debug)]
pub struct Token {
    directory: PathBuf,
    config: String,
}

impl Token {
    /// Makes a token, and a file with its PIN, in a new directory.
    ///
    /// # Panics
    /// When SoftHSM is missing.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        std::fs::create_dir_all(directory.join("tokens")).expect("a directory");
        let config = directory.join("softhsm2.conf");
        let tokens = directory.join("tokens");
        let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
        std::fs::write(&config, text).expect("written");
        let config = config.to_str().expect("a name").to_owned();
        let token = Self { directory: directory.to_path_buf(), config };
        token.softhsm(&["--init-token", "--free", "--label", "negiz", "--so-pin", "314159", "--pin", PIN]);
        token.secret("pin", PIN);
        token
    }

    /// Puts a private key (PKCS#8, PEM) into it, with its public half beside it.
    pub fn import(&self, key: &Path, label: &str, id: &str) {
        let key = key.to_str().expect("a name");
        self.softhsm(&["--import", key, "--token", "negiz", "--label", label, "--id", id, "--pin", PIN]);
    }

    /// Has it make a key of its own, of a kind as `pkcs11-tool` names it.
    ///
    /// # Panics
    /// When OpenSC is missing.
    pub fn generate(&self, kind: &str, label: &str, id: &str) {
        let mut command = Command::new("pkcs11-tool");
        command.args(["--module", MODULE, "--token-label", "negiz", "--login", "--pin", PIN, "--keypairgen"]);
        command.args(["--key-type", kind, "--label", label, "--id", id]).envs(self.variables());
        let done = command.output().expect("pkcs11-tool: install it with scripts/setup test");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Takes it out of its slot: nobody finds its objects.
    pub fn pull(&self) {
        std::fs::rename(self.directory.join("tokens"), self.directory.join("drawer")).expect("it can");
        std::fs::create_dir(self.directory.join("tokens")).expect("it can");
    }

    /// Puts it back.
    pub fn plug(&self) {
        std::fs::remove_dir(self.directory.join("tokens")).expect("it can");
        std::fs::rename(self.directory.join("drawer"), self.directory.join("tokens")).expect("it can");
    }

    /// How the key `label` is named; module and PIN are said with it.
    #[must_use]
    pub fn uri(&self, label: &str) -> String {
        self.uri_with(&format!("token=negiz;object={label};type=private"), "pin", MODULE)
    }

    /// A name of other attributes, PIN file and module.
    #[must_use]
    pub fn uri_with(&self, attributes: &str, pin: &str, module: &str) -> String {
        let pin = self.directory.join(pin);
        format!("pkcs11:{attributes}?pin-source=file:{}&module-path={module}", pin.display())
    }

    /// A file beside it that only its owner may read.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn secret(&self, name: &str, text: &str) {
        let file = self.directory.join(name);
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("it can");
    }

    /// What a process needs in its environment to find the token.
    #[must_use]
    pub fn variables(&self) -> [(&str, &str); 1] {
        [("SOFTHSM2_CONF", &self.config)]
    }

    fn softhsm(&self, arguments: &[&str]) {
        let mut command = Command::new("softhsm2-util");
        let done = command.args(arguments).envs(self.variables()).output();
        let done = done.expect("softhsm2-util: install it with scripts/setup test");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}
