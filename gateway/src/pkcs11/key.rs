//! A private key in a token, ready to sign.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use sha2::{Digest as _, Sha256, Sha384};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::module::Module;
use super::seat::Seat;
use super::{Pkcs11Error, Pkcs11Uri, PublicKey};

/// Sessions kept for the next signatures; what is needed beyond closes after use.
const MAX_IDLE: usize = 8;
/// After a failure, how long the key refuses at once: whoever waits for a token that is gone waits for its time limits.
const REST: Duration = Duration::from_secs(1);
/// What a key signs to show that it can. It is no checkpoint, no JWS, and nothing TLS signs.
const TRIAL: &[u8] = b"negiz: does this key sign?";

/// How a token signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// With SHA-256; gives r and s, 32 bytes each.
    EcdsaP256,
    /// With SHA-384; gives r and s, 48 bytes each.
    EcdsaP384,
    Ed25519,
    RsaPss(Hash),
    RsaPkcs1(Hash),
}

/// The digest within an RSA signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A private key in a token. Sessions are opened as they are needed and kept; after a failure the token is looked for, logged
/// in to and asked again.
pub struct TokenKey {
    uri: Pkcs11Uri,
    module: Arc<Module>,
    public: PublicKey,
    idle: Mutex<Vec<Seat>>,
    trouble: Mutex<Option<Trouble>>,
}

struct Trouble {
    since: Instant,
    /// Another try could lock the token.
    is_final: bool,
    words: String,
}

impl TokenKey {
    /// Finds the key and has it sign something.
    ///
    /// # Errors
    /// [`Pkcs11Error`]: module, token, PIN, object, kind, or a signature that does not verify.
    pub fn open(uri: &Pkcs11Uri) -> Result<Arc<Self>, Pkcs11Error> {
        aside(|| {
            let module = Module::open(uri.module.as_deref().ok_or(Pkcs11Error::NoModule)?)?;
            let (seat, public) = module.call(|pkcs11, era| proven(Seat::open(pkcs11, era, uri)?))?;
            let (idle, trouble) = (Mutex::new(vec![seat]), Mutex::default());
            Ok(Arc::new(Self { uri: uri.clone(), module, public, idle, trouble }))
        })
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Whether the last signature that was asked for was made.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Has the token sign something, and verifies it.
    ///
    /// # Errors
    /// [`Pkcs11Error`].
    pub fn prove(&self) -> Result<(), Pkcs11Error> {
        let signature = self.sign(self.public.scheme(), TRIAL)?;
        if self.public.verifies(TRIAL, &signature) { Ok(()) } else { Err(Pkcs11Error::Mismatch) }
    }

    /// Signs. Takes as long as the token takes; in a task of the runtime, others are moved to other threads meanwhile.
    ///
    /// # Errors
    /// [`Pkcs11Error`]; for a second after a failure at once.
    pub fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        let data = digested(scheme, message);
        let data = data.as_deref().unwrap_or(message);
        aside(|| {
            let signed = self.seated(scheme, data).unwrap_or_else(|| self.anew(scheme, data));
            self.note(signed.as_ref().err());
            signed
        })
    }

    /// In a session that is at hand, if there is one and it still works.
    fn seated(&self, scheme: Scheme, data: &[u8]) -> Option<Result<Vec<u8>, Pkcs11Error>> {
        let seat = self.idle().pop()?;
        let signed = self.module.call(|_, era| {
            let signed = (seat.era == era).then(|| seat.sign(&mechanism(scheme), data).ok()).flatten();
            match (&signed, seat.era == era) {
                (Some(_), _) => self.keep(seat),
                (None, true) => seat.close(),
                (None, false) => {}
            }
            signed
        });
        if signed.is_none() {
            // What one session lost, the others lost too.
            let others = std::mem::take(&mut *self.idle());
            self.module
                .call(|_, era| others.into_iter().filter(|seat| seat.era == era).for_each(Seat::close));
        }
        signed.map(Ok)
    }

    /// In a new session; if the token is not to be found, once more after its module began anew.
    fn anew(&self, scheme: Scheme, data: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        self.rested()?;
        let (first, era) = self.module.call(|pkcs11, era| (self.attempt(pkcs11, era, scheme, data), era));
        match first {
            Err(error) if error.is_outage() => {
                self.module.restart(era)?;
                self.module.call(|pkcs11, era| self.attempt(pkcs11, era, scheme, data))
            }
            outcome => outcome,
        }
    }

    fn attempt(
        &self,
        pkcs11: &cryptoki::context::Pkcs11,
        era: u64,
        scheme: Scheme,
        data: &[u8],
    ) -> Result<Vec<u8>, Pkcs11Error> {
        let (seat, public) = Seat::open(pkcs11, era, &self.uri)?;
        if public != self.public {
            seat.close();
            return Err(Pkcs11Error::Replaced);
        }
        let signed = seat.sign(&mechanism(scheme), data);
        match &signed {
            Ok(_) => self.keep(seat),
            Err(_) => seat.close(),
        }
        signed
    }

    fn keep(&self, seat: Seat) {
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(seat);
        } else {
            drop(idle);
            seat.close();
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Seat>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rested(&self) -> Result<(), Pkcs11Error> {
        match &*self.trouble.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Trouble { is_final: true, words, .. }) => Err(Pkcs11Error::Stopped(words.clone())),
            Some(Trouble { since, words, .. }) if since.elapsed() < REST => {
                Err(Pkcs11Error::Resting(words.clone()))
            }
            _ => Ok(()),
        }
    }

    /// Remembers a failure, and says so once.
    fn note(&self, error: Option<&Pkcs11Error>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (error, trouble.is_some()) {
            (None, true) => {
                *trouble = None;
                tracing::info!(key = %self.uri, "the token signs again");
            }
            (Some(Pkcs11Error::Resting(_) | Pkcs11Error::Stopped(_)) | None, _) => {}
            (Some(error), known) => {
                if !known {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(key = %self.uri, error, "the token does not sign");
                }
                let (is_final, words) = (error.is_final(), error.to_string());
                *trouble = Some(Trouble { since: Instant::now(), is_final, words });
            }
        }
    }
}

impl Drop for TokenKey {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut *self.idle());
        self.module.call(|_, era| idle.into_iter().filter(|seat| seat.era == era).for_each(Seat::close));
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({})", self.uri)
    }
}

/// A key in its session, once it has made a signature that its public half verifies.
fn proven((seat, public): (Seat, PublicKey)) -> Result<(Seat, PublicKey), Pkcs11Error> {
    let scheme = public.scheme();
    let data = digested(scheme, TRIAL);
    let fault = match seat.sign(&mechanism(scheme), data.as_deref().unwrap_or(TRIAL)) {
        Ok(signature) if public.verifies(TRIAL, &signature) => return Ok((seat, public)),
        Ok(_) => Pkcs11Error::Mismatch,
        Err(error) => error,
    };
    seat.close();
    Err(fault)
}

/// Lets the runtime put its other tasks on other threads: a token may take milliseconds, or never answer.
fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// ECDSA is given a digest, everything else the message itself.
fn digested(scheme: Scheme, message: &[u8]) -> Option<Vec<u8>> {
    match scheme {
        Scheme::EcdsaP256 => Some(Sha256::digest(message).to_vec()),
        Scheme::EcdsaP384 => Some(Sha384::digest(message).to_vec()),
        Scheme::Ed25519 | Scheme::RsaPss(_) | Scheme::RsaPkcs1(_) => None,
    }
}

fn mechanism(scheme: Scheme) -> Mechanism<'static> {
    match scheme {
        Scheme::EcdsaP256 | Scheme::EcdsaP384 => Mechanism::Ecdsa,
        Scheme::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure)),
        Scheme::RsaPkcs1(Hash::Sha256) => Mechanism::Sha256RsaPkcs,
        Scheme::RsaPkcs1(Hash::Sha384) => Mechanism::Sha384RsaPkcs,
        Scheme::RsaPkcs1(Hash::Sha512) => Mechanism::Sha512RsaPkcs,
        Scheme::RsaPss(hash @ Hash::Sha256) => Mechanism::Sha256RsaPkcsPss(pss(hash)),
        Scheme::RsaPss(hash @ Hash::Sha384) => Mechanism::Sha384RsaPkcsPss(pss(hash)),
        Scheme::RsaPss(hash @ Hash::Sha512) => Mechanism::Sha512RsaPkcsPss(pss(hash)),
    }
}

/// The salt is as long as the digest (RFC 8446 §4.2.3).
fn pss(hash: Hash) -> PkcsPssParams {
    let (hash_alg, mgf, length) = match hash {
        Hash::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32_u64),
        Hash::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        Hash::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    PkcsPssParams { hash_alg, mgf, s_len: length.into() }
}
