//! Statements: the content of an entry, in clear. What a bundle shows, and what is encrypted and destroyed.
//!
//! The exact bytes are committed to in the leaf under the entry's salt. They name each document relied on by digest, so
//! that documents are kept once and shown one by one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::code::Code;
use crate::commitment::{Commitment, Salt, Subject};
use crate::digest::Digest;

/// The version of the form.
pub const VERSION: u32 = 1;

/// The longest statement that is read.
pub const MAX_STATEMENT: usize = 1024 * 1024;
/// Room for most, so that writing one does not grow a buffer step by step.
const ROOM: usize = 4096;

/// What a document was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The signed request, as received: CMS, JWS or XML.
    SignedRequest,
    /// A certificate of the chain that was relied on (DER).
    Certificate,
    /// A revocation list (DER).
    Crl,
    /// A revocation answer (DER).
    Ocsp,
    /// An RFC 3161 time-stamp (DER).
    TimeStamp,
    /// The case registry's answer, as received.
    CaseFacts,
    /// A signed sanction (OI 12(4)).
    Sanction,
    /// A signed resolution (OI 25).
    Resolution,
    /// The text of the set of policies that decided.
    Policy,
    /// Anything else.
    Other,
}

impl Role {
    /// The one media type of documents of this role, where they have one (RFC 2585 section 4, RFC 6960 appendix C).
    #[must_use]
    pub const fn media_type(self) -> Option<&'static str> {
        match self {
            Self::Certificate => Some("application/pkix-cert"),
            Self::Crl => Some("application/pkix-crl"),
            Self::Ocsp => Some("application/ocsp-response"),
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SignedRequest => "signed request",
            Self::Certificate => "certificate",
            Self::Crl => "revocation list",
            Self::Ocsp => "revocation answer",
            Self::TimeStamp => "time-stamp",
            Self::CaseFacts => "answer of the case registry",
            Self::Sanction => "sanction",
            Self::Resolution => "resolution",
            Self::Policy => "set of policies",
            Self::Other => "document",
        }
    }
}

/// A document, by digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Item {
    /// What it was used for.
    pub role: Role,
    /// What it is.
    pub media_type: String,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// The request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedRequest {
    /// Its id, as in the receipt.
    pub id: String,
    /// The digest of the exact document.
    pub digest: Digest,
}

/// The person who signed, and for whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedSigner {
    /// The IIN.
    pub iin: String,
    /// The agency's BIN.
    pub bin: String,
}

/// The case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedCase {
    /// Its kind.
    pub kind: String,
    /// Its number.
    pub number: String,
}

impl StatedCase {
    /// What the leaf's commitment is over.
    #[must_use]
    pub fn committed(&self) -> String {
        format!("{}:{}", self.kind, self.number)
    }
}

/// What was destroyed, in the statement of a destruction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// The entries of the same log whose content it was, by index, ascending.
    pub entries: Vec<u64>,
    /// Why, in words: the clause, the act.
    pub reason: String,
}

/// Facts, by name.
pub type Facts = BTreeMap<String, Value>;

/// The content of an entry. `F` is how its facts are held: whole ([`Facts`]), or by name only ([`crate::outline`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    bound(serialize = "F: Serialize + Few", deserialize = "F: Deserialize<'de> + Default")
)]
pub struct Statement<F = Facts> {
    /// [`VERSION`].
    pub version: u32,
    /// The name of the leaf's kind.
    pub kind: String,
    /// The request, of steps of a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<StatedRequest>,
    /// The signer, as far as established.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<StatedSigner>,
    /// The case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<StatedCase>,
    /// The official who acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The code, as in the leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The digest of the canonical record, of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Digest>,
    /// The set of policies, as in the leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The decision in words: what was compared, under which clause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The facts relied on, as the gateway read them.
    #[serde(default, skip_serializing_if = "Few::is_none")]
    pub facts: F,
    /// The documents relied on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Of a destruction: what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Destroyed>,
}

/// Facts of which there may be none: then a statement does not speak of them.
pub trait Few {
    /// Whether there are none.
    fn is_none(&self) -> bool;
}

impl<K, V> Few for BTreeMap<K, V> {
    fn is_none(&self) -> bool {
        self.is_empty()
    }
}

/// Bytes that are not a statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementMalformed {
    /// Longer than [`MAX_STATEMENT`].
    #[error("a statement of {0} bytes is longer than {MAX_STATEMENT}")]
    TooLong(usize),
    /// Not JSON of this form.
    #[error("the statement is not JSON of the known form")]
    Form(#[source] serde_json::Error),
    /// Of another version.
    #[error("statement version {0} is not {VERSION}")]
    Version(u32),
    /// Spelled otherwise than [`Statement::to_bytes`] does: white space, another order, a member told twice.
    #[error("the statement is not in its one spelling")]
    Spelling,
    /// Could not be written.
    #[error("the statement could not be written")]
    Written(#[source] serde_json::Error),
}

impl Statement {
    /// A statement of `kind` that says nothing yet.
    #[must_use]
    pub fn of(kind: crate::leaf::Kind) -> Self {
        Self::stating(kind, Facts::new())
    }

    /// Reads a statement.
    ///
    /// # Errors
    /// [`StatementMalformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StatementMalformed> {
        Self::parse(bytes)
    }

    /// The commitment that goes into the leaf.
    #[must_use]
    pub fn commitment(salt: &Salt, bytes: &[u8]) -> Commitment {
        Commitment::new(salt, Subject::Content, bytes)
    }
}

impl<F: Serialize + Few> Statement<F> {
    /// The bytes to commit to and to keep.
    ///
    /// # Errors
    /// [`StatementMalformed::Written`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, StatementMalformed> {
        let mut bytes = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut bytes, self).map_err(StatementMalformed::Written)?;
        Ok(bytes)
    }

    /// Reads a statement in its one spelling: a fact told twice would be read in one way here and in another elsewhere.
    pub(crate) fn parse<'a>(bytes: &'a [u8]) -> Result<Self, StatementMalformed>
    where
        F: Deserialize<'a> + Default,
    {
        if bytes.len() > MAX_STATEMENT {
            return Err(StatementMalformed::TooLong(bytes.len()));
        }
        let statement: Self = serde_json::from_slice(bytes).map_err(StatementMalformed::Form)?;
        if statement.version != VERSION {
            return Err(StatementMalformed::Version(statement.version));
        }
        if statement.to_bytes()? == bytes { Ok(statement) } else { Err(StatementMalformed::Spelling) }
    }
}

impl<F> Statement<F> {
    /// A statement of `kind` that says nothing yet but these facts.
    #[must_use]
    pub fn stating(kind: crate::leaf::Kind, facts: F) -> Self {
        Self {
            version: VERSION,
            kind: kind.name().to_owned(),
            request: None,
            signer: None,
            case: None,
            actor: None,
            code: None,
            answer: None,
            policy: None,
            reasons: Vec::new(),
            facts,
            items: Vec::new(),
            destroyed: None,
        }
    }

    /// The same statement with its facts held in another way.
    #[must_use]
    pub(crate) fn with_facts<G>(self, held: impl FnOnce(F) -> G) -> Statement<G> {
        let Self { version, kind, request, signer, case, actor, code, answer, policy, reasons, .. } = self;
        let (facts, items, destroyed) = (held(self.facts), self.items, self.destroyed);
        Statement {
            version,
            kind,
            request,
            signer,
            case,
            actor,
            code,
            answer,
            policy,
            reasons,
            facts,
            items,
            destroyed,
        }
    }
}

/// What is encrypted under the case's key and destroyed with it: the salt, then the statement's exact bytes.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The entry's salt.
    pub salt: Salt,
    /// The statement's bytes.
    pub statement: Zeroizing<Vec<u8>>,
}

impl Kept {
    /// The clear text to encrypt.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(32 + self.statement.len()));
        bytes.extend_from_slice(self.salt.expose());
        bytes.extend_from_slice(&self.statement);
        bytes
    }

    /// What was decrypted; `None` if it is shorter than a salt.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (salt, statement) = bytes.split_first_chunk::<32>()?;
        Some(Self { salt: Salt::from_bytes(*salt), statement: Zeroizing::new(statement.to_vec()) })
    }

    /// The commitment of the leaf's content.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        Statement::commitment(&self.salt, &self.statement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaf::Kind;

    #[test]
    fn what_is_kept_is_the_salt_and_the_statement() {
        let statement = Statement::of(Kind::Grant).to_bytes().unwrap();
        let kept = Kept { salt: Salt::from_bytes([5; 32]), statement: statement.clone().into() };
        assert_eq!(kept.commitment(), Statement::commitment(&kept.salt, &statement));
        let read = Kept::from_bytes(&kept.to_bytes()).unwrap();
        assert_eq!((read.salt.expose(), read.statement.as_slice()), (&[5; 32], statement.as_slice()));
        assert!(Kept::from_bytes(&[0; 31]).is_none());
    }

    #[test]
    fn a_statement_has_one_spelling() {
        let bytes = Statement::of(Kind::Grant).to_bytes().unwrap();
        assert!(Statement::from_bytes(&bytes).is_ok());
        for other in [
            r#"{"version":1, "kind":"grant"}"#,
            r#"{"kind":"grant","version":1}"#,
            r#"{"version":1,"kind":"grant","reasons":[]}"#,
            r#"{"version":1,"kind":"grant","facts":{"a":1,"a":2}}"#,
        ] {
            assert!(
                matches!(Statement::from_bytes(other.as_bytes()), Err(StatementMalformed::Spelling)),
                "{other}"
            );
        }
        // The members of a fact stand in whatever order its writer gave them.
        let ordered = br#"{"version":1,"kind":"grant","facts":{"a":{"z":1,"b":[{"y":2,"x":3}]},"c":null}}"#;
        assert_eq!(Statement::from_bytes(ordered).unwrap().to_bytes().unwrap(), ordered);
        let unknown = Statement::from_bytes(br#"{"version":1,"kind":"grant","extra":1}"#);
        assert!(matches!(unknown, Err(StatementMalformed::Form(_))));
        let newer = Statement::from_bytes(br#"{"version":2,"kind":"grant"}"#);
        assert!(matches!(newer, Err(StatementMalformed::Version(2))));
    }
}
