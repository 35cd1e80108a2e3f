//! A small transport environment for tests: an authority, a server, the gateway, a stranger, and a key for grants.

#![allow(dead_code, reason = "each test binary uses its own part of the fixture")]

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::catalogue::{Catalogue, Listing, Registry};
use gateway::clock::SystemClock;
use gateway::demo::registries::{Config, Running, start};
use gateway::demo::server::Identity;
use gateway::enrolment::Fingerprint;
use gateway::registries::ask::RegistryClient;
use gateway::registries::token::{Account, TokenSigner};
use gateway::upstream::Upstream;
use policy::CaseKind;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PublicKeyData as _,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use uuid::Uuid;

pub(crate) const ISSUER: &str = "https://gateway.test";

/// A certificate with its key.
pub(crate) struct Credential {
    pub(crate) certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Credential {
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

pub(crate) struct Environment {
    pub(crate) authority: CertificateDer<'static>,
    pub(crate) server: Credential,
    pub(crate) gateway: Credential,
    pub(crate) stranger: Credential,
    grants: KeyPair,
}

impl Environment {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let make = |name: &str, purpose: ExtendedKeyUsagePurpose| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new([name.to_owned()]).unwrap();
            params.extended_key_usages = vec![purpose];
            let certificate = params.signed_by(&key, &issuer).unwrap();
            Credential { certificate: certificate.der().clone(), key: key.serialize_der() }
        };
        Self {
            authority: authority.der().clone(),
            server: make("localhost", ExtendedKeyUsagePurpose::ServerAuth),
            gateway: make("gateway.test", ExtendedKeyUsagePurpose::ClientAuth),
            stranger: make("stranger.test", ExtendedKeyUsagePurpose::ClientAuth),
            grants: KeyPair::generate().unwrap(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        let gateway = Fingerprint::of(&self.gateway.certificate);
        let chain = vec![self.server.certificate.clone()];
        Identity::new(chain, self.server.key(), self.authority.clone(), gateway).unwrap()
    }

    pub(crate) fn upstream(&self) -> Upstream {
        self.upstream_of(&self.gateway)
    }

    pub(crate) fn upstream_of(&self, client: &Credential) -> Upstream {
        Upstream::new([self.authority.clone()], vec![client.certificate.clone()], client.key()).unwrap()
    }

    pub(crate) fn signer(&self) -> TokenSigner {
        TokenSigner::new(ISSUER, "grants-1", grant_key(&self.grants))
    }

    /// A signer registries do not know.
    pub(crate) fn forger(&self) -> TokenSigner {
        TokenSigner::new(ISSUER, "grants-1", grant_key(&KeyPair::generate().unwrap()))
    }

    pub(crate) fn client(&self) -> RegistryClient {
        RegistryClient::new(self.upstream(), self.signer(), Arc::new(SystemClock))
    }

    pub(crate) fn keys(&self) -> jsonwebtoken::jwk::JwkSet {
        let point = self.grants.der_bytes();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        let key = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "grants-1", "x": x, "y": y});
        serde_json::from_value(json!({ "keys": [key] })).unwrap()
    }

    pub(crate) async fn registries(&self) -> Running {
        let config = Config {
            identity: self.identity(),
            issuer: ISSUER.to_owned(),
            keys: self.keys(),
            ports: std::collections::BTreeMap::new(),
        };
        start(config).await.unwrap()
    }
}

pub(crate) fn account() -> Account {
    account_of(1)
}

pub(crate) fn account_of(officer: u8) -> Account {
    Account {
        request: Uuid::new_v4(),
        digest: [7; 32],
        case: Some(CaseKind::Criminal),
        officer: [officer; 32],
    }
}

pub(crate) fn catalogue(listings: &[Listing]) -> Catalogue {
    Catalogue::compile(listings.iter().cloned()).unwrap()
}

pub(crate) fn registry(running: &Running, code: &str) -> Arc<Registry> {
    Arc::clone(catalogue(&running.listings).registry(code).unwrap())
}

/// What `GET /calls` says, over a plain connection.
pub(crate) async fn calls(running: &Running) -> std::collections::BTreeMap<String, u64> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(running.calls).await.unwrap();
    stream.write_all(b"GET /calls HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn grant_key(pair: &KeyPair) -> Arc<gateway::keys::GrantKey> {
    Arc::new(gateway::keys::GrantKey::from_pkcs8(&pair.serialize_der()).unwrap())
}
