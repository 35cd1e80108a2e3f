//! The sealed half of an entry: what is encrypted, and destroyed with the case's material (SLS 16-3(3)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::statement::Statement;
use evidence::{Digest, Salt};
use serde::{Deserialize, Serialize};

/// An entry's content in clear: the salt that opens the leaf's commitments, the statement, and the documents that name
/// persons. Documents that do not are kept apart, once for all entries.
pub struct Kept {
    pub salt: Salt,
    /// The exact bytes the leaf commits to.
    pub statement: Vec<u8>,
    pub documents: Vec<Vec<u8>>,
}

/// Content that is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error("the content is not of the known form")]
    Form(#[from] serde_json::Error),
    #[error("the content is not base64")]
    Base64(#[from] base64::DecodeError),
    #[error("the salt has not 32 bytes")]
    Salt,
    #[error("the statement cannot be read")]
    Statement(#[from] evidence::statement::StatementMalformed),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    salt: String,
    statement: String,
    documents: Vec<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} documents)", self.documents.len())
    }
}

impl Kept {
    /// The bytes to seal.
    ///
    /// # Errors
    /// [`KeptError::Form`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, KeptError> {
        Ok(serde_json::to_vec(&Wire {
            salt: STANDARD.encode(self.salt.expose()),
            statement: STANDARD.encode(&self.statement),
            documents: self.documents.iter().map(|bytes| STANDARD.encode(bytes)).collect(),
        })?)
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeptError> {
        let wire: Wire = serde_json::from_slice(bytes)?;
        let salt = STANDARD.decode(wire.salt)?.try_into().map_err(|_| KeptError::Salt)?;
        let documents = wire.documents.iter().map(|text| STANDARD.decode(text));
        Ok(Self {
            salt: Salt::from_bytes(salt),
            statement: STANDARD.decode(wire.statement)?,
            documents: documents.collect::<Result<_, _>>()?,
        })
    }

    /// Salt and statement alone, and how many documents lie beside them, for whoever reads very many.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn parts(bytes: &[u8]) -> Result<(Salt, Vec<u8>, usize), KeptError> {
        #[derive(Deserialize)]
        struct Parts<'a> {
            salt: &'a str,
            statement: &'a str,
            documents: Vec<serde::de::IgnoredAny>,
        }
        let parts: Parts<'_> = serde_json::from_slice(bytes)?;
        let salt = STANDARD.decode(parts.salt)?.try_into().map_err(|_| KeptError::Salt)?;
        Ok((Salt::from_bytes(salt), STANDARD.decode(parts.statement)?, parts.documents.len()))
    }

    /// The statement.
    ///
    /// # Errors
    /// [`KeptError::Statement`].
    pub fn read(&self) -> Result<Statement, KeptError> {
        Ok(Statement::from_bytes(&self.statement)?)
    }

    /// The document with this digest, if it is one of these.
    #[must_use]
    pub fn document(&self, digest: &Digest) -> Option<&[u8]> {
        self.documents.iter().map(Vec::as_slice).find(|bytes| Digest::of(bytes) == *digest)
    }
}
