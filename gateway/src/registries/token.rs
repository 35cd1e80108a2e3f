//! The proof of a grant that goes with each question: a short-lived JWT (RFC 7519) only the gateway can sign.
//!
//! A registry need not believe that whoever holds the gateway's TLS certificate had a ground: it checks the signature, that
//! the grant is for itself, for this operation and for exactly these bytes, and that it is a minute old at most.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::{CaseKind, Ground};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::question::{Question, spelt};
use crate::clock::Millis;
use crate::keys::GrantKey;

/// `typ` of a grant (RFC 8725 section 3.11): no other token of the gateway can stand in for one.
pub const TYPE: &str = "negiz-grant+jwt";
/// Seconds a grant lives. The contract allows 60; the question follows at once, so half is plenty for skewed clocks.
const LIFETIME: i64 = 30;

/// What a grant says. Neither the purpose nor the circumstances: the registry has no need of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The gateway.
    pub iss: String,
    /// The one registry it is for.
    pub aud: String,
    /// The request's id: one grant for one request.
    pub jti: Uuid,
    pub iat: i64,
    pub exp: i64,
    pub operation: String,
    /// Digest of the signed request document.
    pub request: String,
    /// Digest of method, path with query, and body; see [`super::question::digest`].
    pub question: String,
    /// Kind of the case behind the request; absent on grounds that rest on a joint act alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseKind>,
    pub ground: Ground,
}

/// What a question is asked on account of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub request: Uuid,
    /// SHA-256 of the signed request document.
    pub digest: [u8; 32],
    pub case: Option<CaseKind>,
    /// Stands for who asks. The registry is not told; its breaker tells officers apart by it.
    pub officer: [u8; 32],
}

/// A grant was not signed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the key did not sign")]
    Sign,
    #[error("the grant could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Signs grants with ES256.
pub struct TokenSigner {
    issuer: String,
    /// The encoded header with its dot: the same for every grant.
    header: String,
    key: Arc<GrantKey>,
}

impl TokenSigner {
    /// A signer for the issuer `issuer` (the gateway's name) whose key registries know as `kid`.
    #[must_use]
    pub fn new(issuer: &str, kid: &str, key: Arc<GrantKey>) -> Self {
        let header = serde_json::json!({"typ": TYPE, "alg": "ES256", "kid": kid}).to_string();
        let header = format!("{}.", URL_SAFE_NO_PAD.encode(header));
        Self { issuer: issuer.to_owned(), header, key }
    }

    /// The grant for one question, as it goes into `Authorization: Bearer`.
    ///
    /// # Errors
    /// [`TokenError::Sign`] when the key or its token fails.
    pub fn grant(&self, question: &Question, account: &Account, now: Millis) -> Result<String, TokenError> {
        let iat = now.seconds();
        self.sign(&Grant {
            iss: self.issuer.clone(),
            aud: question.registry().listing().audience.clone(),
            jti: account.request,
            iat,
            exp: iat.saturating_add(LIFETIME),
            operation: question.operation().code().to_owned(),
            request: spelt(&account.digest),
            question: question.target().digest(),
            case: account.case,
            ground: question.ground(),
        })
    }

    fn sign(&self, grant: &Grant) -> Result<String, TokenError> {
        let mut token = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(grant)?, &mut token);
        let signature = self.key.sign(token.as_bytes()).ok_or(TokenError::Sign)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
