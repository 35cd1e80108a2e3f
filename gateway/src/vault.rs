//! Encryption of what the journal keeps about people, under one key per case (SLS 16-3(3), SLS 7(2)(6)-(8)).
//!
//! AES-256-GCM (NIST SP 800-38D). A data key is 32 random bytes, wrapped by the deployment's master key and stored; destroying
//! the wrapped key destroys the content everywhere, backups included, while the log over it still verifies.

use std::sync::Arc;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretSlice};
use zeroize::Zeroizing;

use crate::clock::Millis;
use crate::memory::Memory;
use crate::store::{Store, StoreError};

/// Data keys held in memory at most. A working day's cases of a large deployment fit; more only cost a look-up.
const CACHED_KEYS: usize = 4096;
/// Seconds a data key stays in memory, and so the longest a destroyed key can still seal on another node.
const CACHED_SECONDS: i64 = 60;

/// Names the data key an entry is sealed under.
pub type CaseRef = [u8; 32];

/// Why content could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("the data key cannot be read or stored")]
    Store(#[from] StoreError),
    #[error("the data key was destroyed with the case's material (SLS 16-3(3))")]
    Destroyed,
    #[error("the ciphertext does not open under this key")]
    Forged,
    #[error("the system gave no random bytes")]
    NoRandomness,
    #[error("the master key must have 32 bytes")]
    MasterKey,
}

/// The key of one case, unwrapped, for whoever opens much of it.
pub struct DataKey(LessSafeKey);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

impl DataKey {
    /// Decrypts what [`Vault::seal`] made for this case.
    ///
    /// # Errors
    /// [`VaultError::Forged`].
    pub fn open(&self, case: &CaseRef, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        decrypt(&self.0, case, sealed)
    }
}

/// Seals and opens journal content.
pub struct Vault {
    master: LessSafeKey,
    /// The master key before this one, while keys are still wrapped under it.
    previous: Option<LessSafeKey>,
    random: SystemRandom,
    store: Arc<dyn Store>,
    keys: Memory<CaseRef, Cached>,
}

/// What came of wrapping a data key anew.
#[derive(Clone, PartialEq, Eq)]
pub enum Rewrapped {
    /// It is under the master key of now.
    Already,
    /// It was under the one before: so it reads now.
    Anew(Vec<u8>),
    /// It opens under neither.
    Unknown,
}

impl std::fmt::Debug for Rewrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rewrapped(…)")
    }
}

#[derive(Clone)]
struct Cached {
    key: Arc<LessSafeKey>,
    since: Millis,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// # Errors
    /// [`VaultError::MasterKey`] unless `master` has 32 bytes.
    pub fn new(master: &SecretSlice<u8>, store: Arc<dyn Store>) -> Result<Self, VaultError> {
        let master = key(master.expose_secret()).ok_or(VaultError::MasterKey)?;
        Ok(Self { master, previous: None, random: SystemRandom::new(), store, keys: Memory::of(CACHED_KEYS) })
    }

    /// Also opens keys that are wrapped under the master key before this one.
    ///
    /// # Errors
    /// [`VaultError::MasterKey`] unless `previous` has 32 bytes.
    pub fn after(mut self, previous: &SecretSlice<u8>) -> Result<Self, VaultError> {
        self.previous = Some(key(previous.expose_secret()).ok_or(VaultError::MasterKey)?);
        Ok(self)
    }

    /// The same data key wrapped under the master key of now.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn rewrap(&self, case: &CaseRef, wrapped: &[u8]) -> Result<Rewrapped, VaultError> {
        if decrypt(&self.master, case, wrapped).is_ok() {
            return Ok(Rewrapped::Already);
        }
        match self.previous.as_ref().and_then(|previous| decrypt(previous, case, wrapped).ok()) {
            Some(bytes) => Ok(Rewrapped::Anew(self.encrypt(&self.master, case, bytes.to_vec())?)),
            None => Ok(Rewrapped::Unknown),
        }
    }

    /// Lets go of the data key of a case at once; other nodes do within a minute.
    pub fn forget(&self, case: &CaseRef) {
        self.keys.forget(case);
    }

    fn unwrap_data_key(&self, case: &CaseRef, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let opened = decrypt(&self.master, case, wrapped);
        match (opened, &self.previous) {
            (Err(_), Some(previous)) => decrypt(previous, case, wrapped),
            (opened, _) => opened,
        }
    }

    /// Encrypts `content` under the key of `case`, made now if it is the first.
    ///
    /// # Errors
    /// [`VaultError::Destroyed`] once the key was destroyed; failures of the database or the random source.
    pub async fn seal(&self, case: &CaseRef, content: Vec<u8>, now: Millis) -> Result<Vec<u8>, VaultError> {
        let key = self.data_key(case, now).await?;
        self.encrypt(&key, case, content)
    }

    /// Decrypts what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`VaultError::Forged`] when it was not made under this key for this case.
    pub async fn open(
        &self,
        case: &CaseRef,
        sealed: &[u8],
        now: Millis,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = self.data_key(case, now).await?;
        decrypt(&key, case, sealed)
    }

    /// The key that is stored wrapped for `case`; nothing is read or stored.
    ///
    /// # Errors
    /// [`VaultError::Forged`] when the master key did not wrap it for this case.
    pub fn unwrap_key(&self, case: &CaseRef, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let bytes = self.unwrap_data_key(case, wrapped)?;
        key(&bytes).map(DataKey).ok_or(VaultError::Forged)
    }

    async fn data_key(&self, case: &CaseRef, now: Millis) -> Result<Arc<LessSafeKey>, VaultError> {
        if let Some(key) = self.cached(case, now) {
            return Ok(key);
        }
        let mut fresh = Zeroizing::new(vec![0; 32]);
        self.random.fill(&mut fresh).map_err(|_| VaultError::NoRandomness)?;
        let candidate = self.encrypt(&self.master, case, fresh.to_vec())?;
        let wrapped = self.store.case_key(case, &candidate, now).await?.ok_or(VaultError::Destroyed)?;
        let bytes = self.unwrap_data_key(case, &wrapped)?;
        let data_key = Arc::new(key(&bytes).ok_or(VaultError::Forged)?);
        self.keys.keep(*case, Cached { key: Arc::clone(&data_key), since: now });
        Ok(data_key)
    }

    fn cached(&self, case: &CaseRef, now: Millis) -> Option<Arc<LessSafeKey>> {
        let held = self.keys.get(case)?;
        let age = now.since(held.since);
        (0..CACHED_SECONDS.saturating_mul(1000)).contains(&age).then_some(held.key)
    }

    // nonce ‖ ciphertext ‖ tag. A data key seals far fewer than the 2^32 messages that random nonces allow; the case is
    // authenticated, so that a row moved under another case does not open.
    fn encrypt(
        &self,
        key: &LessSafeKey,
        case: &CaseRef,
        mut content: Vec<u8>,
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(case), &mut content)
            .map_err(|_| VaultError::Forged)?;
        content.splice(..0, nonce);
        Ok(content)
    }
}

fn key(bytes: &[u8]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?))
}

fn decrypt(key: &LessSafeKey, case: &CaseRef, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::Forged)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let opened = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(case), &mut buffer)
        .map_err(|_| VaultError::Forged)?
        .len();
    buffer.truncate(opened);
    Ok(buffer)
}
