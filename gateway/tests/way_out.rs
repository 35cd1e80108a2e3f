//! The gateway's own connections: TLS 1.3 alone, the hybrid key exchange first, its certificate shown.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod country;

use std::sync::Arc;
use std::time::Duration;

use country::Environment;
use gateway::upstream::{Limits, LineError, Upstream, UpstreamError};
use http::Request;
use http_body_util::Full;
use rustls::server::WebPkiClientVerifier;
use rustls::{NamedGroup, RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What a server saw of one handshake: the key exchange and the client's certificate.
type Seen = Option<(NamedGroup, Option<CertificateDer<'static>>)>;

async fn handshake(
    environment: &Environment,
    version: &'static SupportedProtocolVersion,
) -> (Seen, LineError) {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(environment.authority.clone()).unwrap();
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![environment.server.certificate.clone()], environment.server.key())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.ok()?;
        let connection = stream.get_ref().1;
        let group = connection.negotiated_key_exchange_group()?.name();
        Some((group, connection.peer_certificates().and_then(|chain| chain.first().cloned())))
    });
    let line = environment.upstream().line(ServerName::try_from("localhost").unwrap());
    let request = Request::get(format!("https://{address}/")).body(Full::default()).unwrap();
    let outcome = line.fetch(request, Limits { deadline: Duration::from_secs(5), max_bytes: 10 }).await;
    (server.await.unwrap(), outcome.unwrap_err())
}

#[tokio::test]
async fn shows_its_certificate_under_a_hybrid_key_exchange() {
    let environment = Environment::new();
    let (seen, ended) = handshake(&environment, &rustls::version::TLS13).await;
    assert_eq!(seen, Some((NamedGroup::X25519MLKEM768, Some(environment.gateway.certificate.clone()))));
    assert!(matches!(ended, LineError::Broken(_)), "{ended}");
}

#[tokio::test]
async fn does_not_speak_tls_1_2() {
    let (seen, refused) = handshake(&Environment::new(), &rustls::version::TLS12).await;
    assert_eq!(seen, None);
    assert!(matches!(refused, LineError::Unreachable(_)), "{refused}");
}

#[test]
fn cannot_be_made_without_authorities_or_with_another_certificate_s_key() {
    let environment = Environment::new();
    let chain = vec![environment.gateway.certificate.clone()];
    let none = Upstream::new([], chain.clone(), environment.gateway.key());
    assert!(matches!(none, Err(UpstreamError::NoAuthority)));
    let other = Upstream::new([environment.authority.clone()], chain, environment.stranger.key());
    assert!(matches!(other, Err(UpstreamError::Certificate(_))));
}
