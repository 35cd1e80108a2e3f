//! How a registry checks that a question comes with a grant: what a registry's owner has to build.

use std::collections::HashMap;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use crate::registries::token::{Grant, TYPE};

/// Most seconds a grant may live.
const LIFETIME: i64 = 60;

/// The gateway's keys and name.
#[derive(Debug)]
pub(super) struct Grants {
    issuer: String,
    keys: HashMap<String, DecodingKey>,
}

/// Why a question is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Ungranted {
    #[error("no-grant")]
    Missing,
    #[error("grant-type")]
    Type,
    #[error("grant-key")]
    Key,
    #[error("grant-invalid")]
    Invalid,
    #[error("grant-too-long")]
    Lifetime,
    #[error("grant-for-another-operation")]
    Operation,
    #[error("grant-for-another-question")]
    Question,
}

impl Grants {
    pub(super) fn new(issuer: &str, keys: &JwkSet) -> Result<Self, jsonwebtoken::errors::Error> {
        let named = keys.keys.iter().filter_map(|key| Some((key.common.key_id.clone()?, key)));
        let key = |(kid, key)| DecodingKey::from_jwk(key).map(|key| (kid, key));
        let keys = named.map(key).collect::<Result<_, _>>()?;
        Ok(Self { issuer: issuer.to_owned(), keys })
    }

    /// The grant for this very question.
    pub(super) fn check(
        &self,
        headers: &HeaderMap,
        audience: &str,
        operation: &str,
        question: &str,
    ) -> Result<Grant, Ungranted> {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Ungranted::Missing)?;
        let header = decode_header(token).map_err(|_| Ungranted::Invalid)?;
        // RFC 8725 section 3.11 and RFC 7515 section 4.1.11: another kind of token, or one with extensions this registry
        // does not know, is no grant.
        if header.typ.as_deref() != Some(TYPE) || header.extras.inner().contains_key("crit") {
            return Err(Ungranted::Type);
        }
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(Ungranted::Key)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[audience]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        validation.leeway = 5;
        let grant: Grant = decode(token, key, &validation).map_err(|_| Ungranted::Invalid)?.claims;
        match grant {
            grant if grant.exp.saturating_sub(grant.iat) > LIFETIME => Err(Ungranted::Lifetime),
            grant if grant.operation != operation => Err(Ungranted::Operation),
            grant if grant.question != question => Err(Ungranted::Question),
            grant => Ok(grant),
        }
    }
}
