//! Signing as an officer does: with `openssl`, or, for the national algorithms that it lacks, with the issuing part of `certs`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use certs::issue::{SigningKey, cms as issue_cms, jws as issue_jws};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use crate::manifest::Officer;

/// A certificate and its key, both PEM files.
#[derive(Clone, Debug)]
pub struct Hand {
    pub certificate: std::path::PathBuf,
    pub key: std::path::PathBuf,
    national: bool,
}

impl Hand {
    /// An officer's.
    #[must_use]
    pub fn of(directory: &Path, officer: &Officer) -> Self {
        Self {
            certificate: directory.join(&officer.cert),
            key: directory.join(&officer.key),
            national: officer.algorithm.starts_with("gost"),
        }
    }

    /// Any pair of files.
    #[must_use]
    pub fn at(certificate: &Path, key: &Path) -> Self {
        Self { certificate: certificate.to_path_buf(), key: key.to_path_buf(), national: false }
    }

    /// The certificate, DER.
    #[must_use]
    pub fn certificate_der(&self) -> Vec<u8> {
        CertificateDer::from_pem_file(&self.certificate).expect("PEM").to_vec()
    }

    /// The key.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        let pem = std::fs::read_to_string(&self.key).expect("a key file");
        SigningKey::from_pkcs8_pem(&pem).expect("a key")
    }

    /// CMS SignedData with the content attached, DER.
    #[must_use]
    pub fn cms(&self, content: &[u8]) -> Vec<u8> {
        if self.national {
            let (key, certificate) = (self.signing_key(), self.certificate_der());
            return issue_cms::sign(content, &key, &certificate, &[]).expect("a signature");
        }
        self.openssl(content, &["-nodetach", "-md", "sha256"])
    }

    /// What `openssl cms -sign` makes with more arguments of the caller's.
    #[must_use]
    pub fn openssl(&self, content: &[u8], more: &[&str]) -> Vec<u8> {
        let mut command = Command::new("openssl");
        command.args(["cms", "-sign", "-binary", "-outform", "DER", "-signer"]);
        command.arg(&self.certificate).arg("-inkey").arg(&self.key).args(more);
        piped(&mut command, content)
    }

    /// A compact JWS with the certificate in `x5c`.
    #[must_use]
    pub fn jws(&self, content: &[u8]) -> Vec<u8> {
        let (key, certificate) = (self.signing_key(), self.certificate_der());
        issue_jws::sign(content, &key, &certificate, &[]).expect("a signature").into_bytes()
    }

    /// A JWS under a header of the caller's making.
    #[must_use]
    pub fn jws_with(&self, content: &[u8], header: &str) -> Vec<u8> {
        let key = self.signing_key();
        issue_jws::sign_with(content, &key, key.algorithm(), header).expect("a signature").into_bytes()
    }
}

/// Runs a command on `input` and gives its output.
///
/// # Panics
/// When it fails.
#[must_use]
pub fn piped(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.expect("openssl is installed");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("output");
    let _ = writer.join();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
