//! PKCS#12 files: a private key, and certificates beside it.

use p12_keystore::{KeyStore, Pkcs12Archive, Pkcs12ImportPolicy};
use zeroize::Zeroizing;

/// What was in a file.
pub(crate) struct Pkcs12 {
    /// PKCS#8, DER. Not in a file of certificates alone.
    pub(crate) key: Option<Zeroizing<Vec<u8>>>,
    /// The key's own certificate first, then its issuers as far as they are there; without a key in the order of the file.
    pub(crate) chain: Vec<Vec<u8>>,
}

/// Why a file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Pkcs12Error {
    #[error("is not PKCS#12, or its password is another")]
    Closed,
    #[error("has {0} private keys, expected one")]
    Keys(usize),
}

impl Pkcs12 {
    /// Opens a file. A line end after the password, as editors leave it, does not count.
    pub(crate) fn open(bytes: &[u8], password: &str) -> Result<Self, Pkcs12Error> {
        let password = password.trim_end_matches(['\r', '\n']);
        let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|_| Pkcs12Error::Closed)?;
        let der = |certificate: &p12_keystore::Certificate| certificate.as_der().to_vec();
        match archive.keys.as_slice() {
            [] => Ok(Self { key: None, chain: archive.certs.iter().map(|held| der(&held.cert)).collect() }),
            [only] => {
                let key = Some(Zeroizing::new(only.key.as_der().to_vec()));
                // The library links certificates by issuer; a key without certificate it passes over.
                let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Strict)
                    .map_err(|_| Pkcs12Error::Closed)?;
                let chain = store.private_key_chain().map(|(_, held)| held.certs().iter().map(der).collect());
                Ok(Self { key, chain: chain.unwrap_or_default() })
            }
            several => Err(Pkcs12Error::Keys(several.len())),
        }
    }
}

impl std::fmt::Debug for Pkcs12 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pkcs12({} certificates)", self.chain.len())
    }
}
