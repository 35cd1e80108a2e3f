//! The key that signs a log's checkpoints, and the key of a witness.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use signed_note::{Note, Signature};

use crate::checkpoint::{self, Checkpoint};
use crate::cosignature;
use crate::key::{KeyMalformed, SignatureType, VerifierKey};
use crate::tree::Head;

/// Something that makes plain Ed25519 signatures with a key that is held elsewhere, as in a PKCS#11 token.
pub type SignElsewhere = Box<dyn Fn(&[u8]) -> Option<[u8; 64]> + Send + Sync>;

/// An Ed25519 key with a name and one purpose. The private key is cleansed from memory when this is dropped (AWS-LC cleanses
/// all memory it frees), is never printed and cannot be taken out.
pub struct NoteSigner {
    public: VerifierKey,
    private: Private,
}

enum Private {
    Here(Ed25519KeyPair),
    Elsewhere(SignElsewhere),
}

/// A signing key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerRefused {
    /// The seed or PKCS#8 document is not an Ed25519 private key.
    #[error("the private key is not an Ed25519 key")]
    Private,
    /// The name or public key cannot be used.
    #[error("the key cannot be named")]
    Public(#[source] KeyMalformed),
    /// A witness's key signs checkpoints of a log, or the other way round.
    #[error("the key {0} is for another purpose")]
    Purpose(String),
    /// A key of another log.
    #[error("the key is of the log {found}, not of {origin}")]
    Origin {
        /// Of the key.
        found: String,
        /// Of the signer.
        origin: String,
    },
    /// The same key twice.
    #[error("the key {0} is named twice")]
    Same(String),
}

/// The key could not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key {0} did not sign")]
pub struct NotSigned(pub String);

impl NoteSigner {
    /// The key that grows from a 32-byte seed (RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`SignerRefused`].
    pub fn from_seed(name: &str, purpose: SignatureType, seed: &[u8; 32]) -> Result<Self, SignerRefused> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SignerRefused::Private)?;
        Self::of_pair(name, purpose, pair)
    }

    /// The key in a PKCS#8 document (DER; RFC 8410), version 1 or 2.
    ///
    /// # Errors
    /// [`SignerRefused`].
    pub fn from_pkcs8(name: &str, purpose: SignatureType, der: &[u8]) -> Result<Self, SignerRefused> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| SignerRefused::Private)?;
        Self::of_pair(name, purpose, pair)
    }

    /// A key that is held elsewhere.
    #[must_use]
    pub const fn elsewhere(public: VerifierKey, sign: SignElsewhere) -> Self {
        Self { public, private: Private::Elsewhere(sign) }
    }

    fn of_pair(name: &str, purpose: SignatureType, pair: Ed25519KeyPair) -> Result<Self, SignerRefused> {
        let bytes = pair.public_key().as_ref().try_into().map_err(|_| SignerRefused::Private)?;
        let public = VerifierKey::new(name, purpose, bytes).map_err(SignerRefused::Public)?;
        Ok(Self { public, private: Private::Here(pair) })
    }

    /// The public key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NotSigned> {
        let failed = || NotSigned(self.public.name().to_owned());
        match &self.private {
            Private::Here(pair) => {
                pair.try_sign(message).map(|signature| signature.as_ref().to_vec()).map_err(|_| failed())
            }
            Private::Elsewhere(sign) => sign(message).map(|signature| signature.to_vec()).ok_or_else(failed),
        }
    }

    fn line(&self, signature: Vec<u8>) -> Result<Signature, NotSigned> {
        let name = self.public.name();
        Signature::new(name.to_owned(), self.public.id(), signature).map_err(|_| NotSigned(name.to_owned()))
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.public)
    }
}

/// Signs the checkpoints of one log. Its name is the log's origin.
pub struct LogSigner {
    current: NoteSigner,
    /// The key before, while whoever verifies may know one of the two only.
    previous: Option<NoteSigner>,
    /// All keys of the log, those that sign first.
    known: Vec<VerifierKey>,
}

impl LogSigner {
    /// The signer of the log `origin`, from a 32-byte seed. Cleanse the seed afterwards.
    ///
    /// # Errors
    /// [`SignerRefused`].
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, SignerRefused> {
        Self::new(NoteSigner::from_seed(origin, SignatureType::Ed25519, seed)?)
    }

    /// The signer of a log with any Ed25519 key.
    ///
    /// # Errors
    /// [`SignerRefused::Purpose`] for a witness's key.
    pub fn new(signer: NoteSigner) -> Result<Self, SignerRefused> {
        let known = vec![of_log(&signer.public)?.clone()];
        Ok(Self { current: signer, previous: None, known })
    }

    /// Also signs with the key before, a line of its own on the same checkpoint: who knows either key goes on verifying.
    ///
    /// # Errors
    /// [`SignerRefused::Purpose`] for a witness's key; [`SignerRefused::Origin`] for that of another log;
    /// [`SignerRefused::Same`] for the present one.
    pub fn overlapping(mut self, previous: NoteSigner) -> Result<Self, SignerRefused> {
        self.learn(&previous.public)?;
        self.previous = Some(previous);
        Ok(self)
    }

    /// Also knows a key that no longer signs: what it signed is of this log.
    ///
    /// # Errors
    /// As [`LogSigner::overlapping`].
    pub fn succeeding(mut self, retired: &VerifierKey) -> Result<Self, SignerRefused> {
        self.learn(retired)?;
        Ok(self)
    }

    fn learn(&mut self, earlier: &VerifierKey) -> Result<(), SignerRefused> {
        let earlier = of_log(earlier)?;
        if earlier.name() != self.origin() {
            let (found, origin) = (earlier.name().to_owned(), self.origin().to_owned());
            return Err(SignerRefused::Origin { found, origin });
        }
        if self.known.contains(earlier) {
            return Err(SignerRefused::Same(earlier.to_string()));
        }
        self.known.push(earlier.clone());
        Ok(())
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.current.public.name()
    }

    /// The public key; its `Display` is the vkey.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.current.public
    }

    /// All public keys of the log: the present one, the one that signs beside it, and those that no longer sign.
    #[must_use]
    pub fn known(&self) -> &[VerifierKey] {
        &self.known
    }

    /// The verifier key in its text form, to be published.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.current.public.to_string()
    }

    /// Signs `head`. The caller answers for it that each head it has signed extends the one before (C2SP tlog-checkpoint):
    /// publish it only once the head is durable.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn sign(&self, head: &Head) -> Result<Checkpoint, NotSigned> {
        let text = checkpoint::text(self.origin(), head);
        let mut lines = vec![self.current.line(self.current.sign(text.as_bytes())?)?];
        if let Some(previous) = &self.previous {
            lines.push(previous.line(previous.sign(text.as_bytes())?)?);
        }
        let failed = |_| NotSigned(self.origin().to_owned());
        let note = Note::new(text.as_bytes(), &lines).map_err(failed)?;
        Ok(Checkpoint::of_note(self.origin(), *head, note))
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({:?})", self.current)
    }
}

fn of_log(key: &VerifierKey) -> Result<&VerifierKey, SignerRefused> {
    match key.kind() {
        SignatureType::Ed25519 => Ok(key),
        SignatureType::Cosignature => Err(SignerRefused::Purpose(key.to_string())),
    }
}

/// Cosigns the checkpoints of logs: the key of a witness.
#[derive(Debug)]
pub struct Cosigner(NoteSigner);

impl Cosigner {
    /// The witness `name`, from a 32-byte seed. Cleanse the seed afterwards. One key makes one witness: the signed message
    /// does not hold the name.
    ///
    /// # Errors
    /// [`SignerRefused`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, SignerRefused> {
        NoteSigner::from_seed(name, SignatureType::Cosignature, seed).map(Self)
    }

    /// A witness with any Ed25519 key.
    ///
    /// # Errors
    /// [`SignerRefused::Purpose`] for a log's key.
    pub fn new(signer: NoteSigner) -> Result<Self, SignerRefused> {
        match signer.public.kind() {
            SignatureType::Cosignature => Ok(Self(signer)),
            SignatureType::Ed25519 => Err(SignerRefused::Purpose(signer.public.to_string())),
        }
    }

    /// The public key; its `Display` is the vkey.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.0.public
    }

    /// The verifier key in its text form, to be published.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.0.public.to_string()
    }

    /// The signature line (with its newline) over a checkpoint, as of `time` in seconds since the epoch.
    ///
    /// # Errors
    /// [`NotSigned`]; also for a time that does not fit a signed integer.
    pub(crate) fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<String, NotSigned> {
        let failed = || NotSigned(self.0.public.name().to_owned());
        // Zero would say nothing of the tree being the largest; the specification forbids it to witnesses.
        if time == 0 || i64::try_from(time).is_err() {
            return Err(failed());
        }
        let signature = self.0.sign(&cosignature::message(time, checkpoint.body()))?;
        let line = self.0.line(cosignature::timestamped(time, &signature))?;
        String::from_utf8(line.to_bytes()).map_err(|_| failed())
    }
}
