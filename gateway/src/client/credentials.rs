//! A signer's certificate and key, from PEM or PKCS#12.

use std::path::Path;

use certs::issue::SigningKey;
use zeroize::Zeroizing;

use super::{ClientError, certificates, read, read_text};
use crate::pkcs12::Pkcs12;

/// Who signs.
#[derive(Debug)]
pub struct Credentials {
    key: SigningKey,
    certificate: Vec<u8>,
    chain: Vec<Vec<u8>>,
}

impl Credentials {
    /// The first certificate of the file is the signer's; the others go along.
    ///
    /// # Errors
    /// When a file cannot be read or does not hold what it should.
    pub fn from_pem(certificate: &Path, key: &Path) -> Result<Self, ClientError> {
        let pem = Zeroizing::new(read_text(key)?);
        let expected = "a private key in PKCS#8 PEM (BEGIN PRIVATE KEY)";
        let key = SigningKey::from_pkcs8_pem(&pem)
            .map_err(|_| ClientError::Form { path: key.to_path_buf(), expected })?;
        let mut all = certificates(certificate)?.into_iter().map(|der| der.to_vec());
        let certificate = all.next().unwrap_or_default();
        Ok(Self { key, certificate, chain: all.collect() })
    }

    /// Opens a PKCS#12 file with the password in a file, or in `NEGIZ_P12_PASSWORD`.
    ///
    /// # Errors
    /// When it does not open or has no private key.
    pub fn from_pkcs12(file: &Path, password: Option<&Path>) -> Result<Self, ClientError> {
        let password = Zeroizing::new(match password {
            Some(path) => read_text(path)?,
            None => std::env::var("NEGIZ_P12_PASSWORD").unwrap_or_default(),
        });
        let held = Pkcs12::open(&read(file)?, &password).map_err(|_| ClientError::Pkcs12)?;
        let expected = "a private key of a supported kind";
        let key = SigningKey::from_pkcs8_der(&held.key.ok_or(ClientError::Pkcs12)?)
            .map_err(|_| ClientError::Form { path: file.to_path_buf(), expected })?;
        let mut all = held.chain.into_iter();
        let certificate = all.next().ok_or(ClientError::Pkcs12)?;
        Ok(Self { key, certificate, chain: all.collect() })
    }

    /// CMS SignedData around `document`, DER.
    ///
    /// # Errors
    /// When the key does not fit the certificate.
    pub fn sign_cms(&self, document: &[u8]) -> Result<Vec<u8>, ClientError> {
        Ok(certs::issue::cms::sign(document, &self.key, &self.certificate, &self.chain)?)
    }

    /// A compact JWS around `document`.
    ///
    /// # Errors
    /// As [`Self::sign_cms`]; national algorithms have no JWS name.
    pub fn sign_jws(&self, document: &[u8]) -> Result<String, ClientError> {
        Ok(certs::issue::jws::sign(document, &self.key, &self.certificate, &self.chain)?)
    }
}
