//! Keys and certificates of the demonstration, made once and kept in its directory as PEM.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use certs::algorithm::KeyKind;
use certs::issue::{Authority, CertificateProfile, IssueError, KeyError, SigningKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use zeroize::Zeroizing;

use crate::demo::home::{Home, HomeError};

/// Why a credential could not be made or taken up.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error("a certificate could not be issued: {0}")]
    Issue(#[from] IssueError),
    #[error("a key could not be made or read: {0}")]
    Key(#[from] KeyError),
    #[error("{0} does not hold a PEM certificate; remove it and start again")]
    Pem(String),
}

/// A certificate with its key, under `<name>.pem` and `<name>.key`.
#[derive(Debug)]
pub struct Credential {
    pub certificate: Vec<u8>,
    pub key: SigningKey,
}

/// Takes up the credential `name`, or makes it with `issuer` by `profile`.
///
/// # Errors
/// When the directory cannot be used or the profile cannot be issued.
pub fn obtain(
    home: &Home,
    name: &str,
    issuer: &Authority,
    kind: KeyKind,
    profile: &CertificateProfile,
) -> Result<Credential, CredentialError> {
    if let Some(kept) = take_up(home, name)? {
        return Ok(kept);
    }
    let key = generate(kind)?;
    let certificate = issuer.certify(profile, key.spki_der())?;
    keep(home, name, &certificate, &key)?;
    Ok(Credential { certificate, key })
}

/// Takes up the authority `name`, or makes it: self-signed without an `issuer`.
///
/// # Errors
/// As [`obtain`].
pub fn obtain_authority(
    home: &Home,
    name: &str,
    issuer: Option<&Authority>,
    kind: KeyKind,
    profile: &CertificateProfile,
) -> Result<Authority, CredentialError> {
    if let Some(Credential { certificate, key }) = take_up(home, name)? {
        return Ok(Authority::new(&certificate, key)?);
    }
    let key = generate(kind)?;
    let authority = match issuer {
        Some(issuer) => issuer.delegate(profile, key)?,
        None => Authority::self_signed(profile, key)?,
    };
    keep(home, name, authority.certificate(), authority.key())?;
    Ok(authority)
}

fn take_up(home: &Home, name: &str) -> Result<Option<Credential>, CredentialError> {
    let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
    // The certificate is written last, so where it is the key is too.
    if !home.has(&certificate) {
        return Ok(None);
    }
    let key = SigningKey::from_pkcs8_pem(&Zeroizing::new(home.read_text(&key)?))?;
    let der = CertificateDer::from_pem_slice(&home.read(&certificate)?)
        .map_err(|_| CredentialError::Pem(home.path(&certificate).display().to_string()))?;
    Ok(Some(Credential { certificate: der.to_vec(), key }))
}

fn keep(home: &Home, name: &str, certificate: &[u8], key: &SigningKey) -> Result<(), CredentialError> {
    home.write_secret(&format!("{name}.key"), key.to_pkcs8_pem()?.as_bytes())?;
    home.write(&format!("{name}.pem"), pem(certificate))?;
    Ok(())
}

/// A certificate as PEM (RFC 7468).
#[must_use]
pub fn pem(certificate: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

/// Makes a key. RSA keys come from aws-lc-rs, for the library that signs cannot make them.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate(kind: KeyKind) -> Result<SigningKey, KeyError> {
    match kind {
        KeyKind::Rsa { .. } => {
            let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)
                .map_err(|_| KeyError::Signing)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Signing)?;
            SigningKey::from_pkcs8_der(der.as_ref())
        }
        other => SigningKey::generate(other),
    }
}
