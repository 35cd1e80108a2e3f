//! Who gets past the handshake, and how (SLS 16-2(1)).

use gateway::tls_identity::{TlsIdentity, TlsIdentityError};
use rustls::NamedGroup;
use tokio::io::AsyncReadExt as _;

use crate::site::{Authority, Site, ask, client_config, client_config_with, limits};

const WHOAMI: &str = "GET /whoami HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// In TLS 1.3 the client is done before the server has judged it: the verdict comes with the first read.
async fn is_refused(site: &Site, config: &std::sync::Arc<rustls::ClientConfig>) -> bool {
    match site.connect(config).await {
        Err(_) => true,
        Ok(mut client) => client.read(&mut [0; 1]).await.is_err(),
    }
}

#[tokio::test]
async fn a_client_of_the_authority_is_known_by_its_certificate() {
    let site = Site::open(limits()).await;
    let identity = site.authority.client("police");
    let mut client =
        site.connect(&client_config(&site.authority.pem, Some(&identity), b"http/1.1")).await.unwrap();
    let answer = ask(&mut client, WHOAMI).await;
    let der = pem_to_der(&identity.certificate);
    assert!(answer.ends_with(&gateway::enrolment::Fingerprint::of(&der).to_string()), "{answer}");
}

fn pem_to_der(pem: &str) -> Vec<u8> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

#[tokio::test]
async fn refuses_a_client_without_a_certificate() {
    let site = Site::open(limits()).await;
    assert!(is_refused(&site, &client_config(&site.authority.pem, None, b"http/1.1")).await);
}

#[tokio::test]
async fn refuses_a_client_of_another_authority() {
    let site = Site::open(limits()).await;
    // Of the same name, too: names are not what trust hangs on.
    let stranger = Authority::new("Test authority").client("police");
    assert!(is_refused(&site, &client_config(&site.authority.pem, Some(&stranger), b"http/1.1")).await);
}

#[tokio::test]
async fn refuses_a_server_certificate_as_a_clients() {
    let site = Site::open(limits()).await;
    let server = site.authority.server();
    assert!(is_refused(&site, &client_config(&site.authority.pem, Some(&server), b"http/1.1")).await);
}

#[tokio::test]
async fn refuses_tls_1_2_unless_configured() {
    let old: &[_] = &[&rustls::version::TLS12];
    for (tls12, refused) in [(false, true), (true, false)] {
        let site = Site::open_with(limits(), tls12).await;
        let identity = site.authority.client("police");
        let config = client_config_with(&site.authority.pem, Some(&identity), b"http/1.1", old);
        assert_eq!(site.connect(&config).await.is_err(), refused, "tls12 = {tls12}");
    }
}

#[tokio::test]
async fn agrees_on_a_key_that_a_quantum_computer_will_not_find() {
    let site = Site::open(limits()).await;
    let client = site.client(b"http/1.1").await;
    let group = client.get_ref().1.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn never_resumes_a_session() {
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let site = Site::open_with(limits(), true).await;
        let identity = site.authority.client("police");
        // One configuration, so that the client could resume if it were given anything to resume with.
        let config = client_config_with(&site.authority.pem, Some(&identity), b"http/1.1", &[version]);
        for _ in 0..3 {
            let mut client = site.connect(&config).await.unwrap();
            let answer = ask(&mut client, WHOAMI).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            let session = client.get_ref().1;
            assert_eq!(session.handshake_kind(), Some(rustls::HandshakeKind::Full));
            assert_eq!(session.tls13_tickets_received(), 0);
        }
    }
}

#[tokio::test]
async fn reloads_certificates_without_dropping_connections() {
    let site = Site::open(limits()).await;
    let mut before = site.client(b"http/1.1").await;
    assert!(ask(&mut before, WHOAMI).await.starts_with("HTTP/1.1 200"));
    // Known from an earlier handshake, which helps it nothing once its authority is gone.
    let returning = site.authority.client("court");
    let welcome = client_config(&site.authority.pem, Some(&returning), b"http/1.1");
    for _ in 0..2 {
        let mut client = site.connect(&welcome).await.unwrap();
        assert!(ask(&mut client, WHOAMI).await.starts_with("HTTP/1.1 200"));
    }

    let successor = Authority::new("Next authority");
    site.reload(&successor.server(), &successor.pem);

    assert!(ask(&mut before, WHOAMI).await.starts_with("HTTP/1.1 200"));
    let old = client_config(&successor.pem, Some(&site.authority.client("police")), b"http/1.1");
    assert!(is_refused(&site, &old).await);
    let known = client_config(&successor.pem, Some(&returning), b"http/1.1");
    assert!(is_refused(&site, &known).await);
    let new = client_config(&successor.pem, Some(&successor.client("police")), b"http/1.1");
    let mut after = site.connect(&new).await.unwrap();
    assert!(ask(&mut after, WHOAMI).await.starts_with("HTTP/1.1 200"));
}

#[test]
fn refuses_a_key_that_others_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let identity = authority.server();
    let certificate = crate::site::write(&folder, "gateway.pem", &identity.certificate);
    let key = crate::site::write(&folder, "gateway.key", &identity.key);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = TlsIdentity::read("exchange", &certificate, &key.into(), None).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("exchange.key: ") && said.contains("gateway.key") && said.contains("mode 640"),
        "{said}"
    );
}

#[test]
fn refuses_a_key_of_another_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let certificate = crate::site::write(&folder, "gateway.pem", &authority.server().certificate);
    let key = crate::site::write(&folder, "gateway.key", &authority.server().key);
    let error = TlsIdentity::read("exchange", &certificate, &key.into(), None).unwrap_err();
    assert!(matches!(error, TlsIdentityError::Mismatch { .. }), "{error}");
}
