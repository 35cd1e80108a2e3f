//! The demonstration's authorities: one for TLS between agencies and gateway, one for the gateway's own upstream, and national
//! ones that sign certificates of persons after the national profile.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use certs::algorithm::KeyKind;
use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, DistinguishedName};

use crate::clock::Millis;
use crate::demo::cast::{Cast, DemoOfficer, OfficerState};
use crate::demo::credentials::{Credential, CredentialError, obtain, obtain_authority};
use crate::demo::home::Home;

const DAY: i64 = 86_400;
const YEAR: i64 = 365 * DAY;
/// Serial number of the time-stamping authority's certificate.
const STAMPING: u64 = 4;

/// One chain of the national signing authority: a root and what issues to persons.
#[derive(Debug)]
pub struct Chain {
    /// Short name, in addresses and file names: `rsa`, `ec`, `gost`.
    pub code: &'static str,
    pub root: Authority,
    pub issuing: Authority,
    /// Answers about what `issuing` issued, in its name (RFC 6960 §4.2.2.2).
    pub responder: Authority,
}

/// All authorities.
#[derive(Debug)]
pub struct Authorities {
    pub tls: Authority,
    pub infrastructure: Authority,
    pub chains: Vec<Chain>,
    /// The time-stamping authority.
    pub stamping: Authority,
}

impl Authorities {
    /// Takes up or makes the authorities. `publications` is where their lists and answers are served: `http://127.0.0.1:port`.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn obtain(home: &Home, now: Millis, publications: &str) -> Result<Self, CredentialError> {
        let tls = root(home, "tls/ca", "Negiz Demo Transport Authority", KeyKind::P256, now)?;
        let infrastructure =
            root(home, "infra/ca", "Negiz Demo Infrastructure Authority", KeyKind::P256, now)?;
        let kinds =
            [("rsa", KeyKind::Rsa { bits: 2048 }), ("ec", KeyKind::P256), ("gost", KeyKind::Gost2015_512)];
        // RSA keys take a while to find: each chain is made on a thread of its own.
        let chains = std::thread::scope(|scope| {
            let making: Vec<_> = kinds
                .into_iter()
                .map(|(code, kind)| scope.spawn(move || chain(home, code, kind, now, publications)))
                .collect();
            making.into_iter().filter_map(|made| made.join().ok()).collect::<Result<Vec<_>, _>>()
        })?;
        let stamping = stamping(home, &chains, now, publications)?;
        Ok(Self { tls, infrastructure, chains, stamping })
    }

    /// The chain that issues certificates over this kind of key.
    #[must_use]
    pub fn chain_for(&self, kind: KeyKind) -> Option<&Chain> {
        self.chains.iter().find(|chain| {
            let issuer = chain.issuing.key().kind();
            issuer == kind || matches!((issuer, kind), (KeyKind::Rsa { .. }, KeyKind::Rsa { .. }))
        })
    }
}

fn root(
    home: &Home,
    name: &str,
    common_name: &str,
    kind: KeyKind,
    now: Millis,
) -> Result<Authority, CredentialError> {
    let subject = DistinguishedName::common_name(common_name).kazakhstan();
    let (from, until) = (now.seconds() - DAY, now.seconds() + 10 * YEAR);
    let profile = CertificateProfile::bare(1, subject, from, until).authority(None);
    obtain_authority(home, name, None, kind, &profile)
}

fn chain(
    home: &Home,
    code: &'static str,
    kind: KeyKind,
    now: Millis,
    publications: &str,
) -> Result<Chain, CredentialError> {
    let upper = code.to_uppercase();
    let root_name = format!("authority/root-{code}");
    let root = root(home, &root_name, &format!("NEGIZ DEMO ROOT ({upper})"), kind, now)?;
    let subject =
        DistinguishedName::common_name(&format!("NEGIZ DEMO SIGNING AUTHORITY ({upper})")).kazakhstan();
    let (from, until) = (now.seconds() - DAY, now.seconds() + 8 * YEAR);
    let (crl, ocsp, issuer) = addresses(publications, &format!("root-{code}"));
    let profile =
        CertificateProfile::bare(2, subject, from, until).authority(Some(0)).with_urls(&crl, &ocsp, &issuer);
    let issuing = obtain_authority(home, &format!("authority/issuing-{code}"), Some(&root), kind, &profile)?;
    let subject =
        DistinguishedName::common_name(&format!("NEGIZ DEMO OCSP RESPONDER ({upper})")).kazakhstan();
    let profile = CertificateProfile::bare(3, subject, from, until).ocsp_responder();
    let name = format!("authority/responder-{code}");
    let responder = obtain_authority(home, &name, Some(&issuing), KeyKind::P256, &profile)?;
    Ok(Chain { code, root, issuing, responder })
}

/// A time-stamping authority under the chain over curves (RFC 3161 §2.3).
fn stamping(
    home: &Home,
    chains: &[Chain],
    now: Millis,
    publications: &str,
) -> Result<Authority, CredentialError> {
    let issuing = chains.iter().find(|chain| chain.code == "ec").map(|chain| &chain.issuing);
    let subject = DistinguishedName::common_name("NEGIZ DEMO TIME-STAMPING AUTHORITY").kazakhstan();
    let (from, until) = (now.seconds() - DAY, now.seconds() + 8 * YEAR);
    let (crl, ocsp, issuer) = addresses(publications, "issuing-ec");
    let profile = CertificateProfile::bare(STAMPING, subject, from, until)
        .time_stamping()
        .with_urls(&crl, &ocsp, &issuer);
    obtain_authority(home, "authority/stamping", issuing, KeyKind::P256, &profile)
}

fn addresses(publications: &str, authority: &str) -> (String, String, String) {
    (
        format!("{publications}/crl/{authority}.crl"),
        format!("{publications}/ocsp/{authority}"),
        format!("{publications}/ca/{authority}.cer"),
    )
}

/// Issues an officer's signing certificate after the national profile.
///
/// # Errors
/// When the directory cannot be used.
pub fn officer(
    home: &Home,
    authorities: &Authorities,
    cast: &Cast,
    officer: &DemoOfficer,
    serial: u64,
    now: Millis,
    publications: &str,
) -> Result<Option<Credential>, CredentialError> {
    let (Some(chain), Some(agency)) = (authorities.chain_for(officer.key), cast.agency(officer.agency))
    else {
        return Ok(None);
    };
    let subject = DistinguishedName::common_name(&officer.name.to_uppercase())
        .iin(&officer.iin)
        .kazakhstan()
        .organization(agency.name)
        .bin(&agency.bin);
    let (from, until) = match officer.state {
        OfficerState::Expired => (now.seconds() - 30 * DAY, now.seconds() - DAY),
        _ => (now.seconds() - DAY, now.seconds() + YEAR),
    };
    let (crl, ocsp, issuer) = addresses(publications, &format!("issuing-{}", chain.code));
    let profile = CertificateProfile::bare(serial, subject, from, until)
        .signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE])
        .with_urls(&crl, &ocsp, &issuer);
    obtain(home, &format!("officers/{}", officer.code), &chain.issuing, officer.key, &profile).map(Some)
}

/// TLS credentials by name: servers', agency systems', console users', the gateway's own as a client.
///
/// # Errors
/// When the directory cannot be used.
pub fn channels(
    home: &Home,
    authorities: &Authorities,
    cast: &Cast,
    now: Millis,
) -> Result<BTreeMap<String, Credential>, CredentialError> {
    let (from, until) = (now.seconds() - DAY, now.seconds() + 2 * YEAR);
    let bare = |serial: u64, name: &str| {
        CertificateProfile::bare(serial, DistinguishedName::common_name(name).kazakhstan(), from, until)
    };
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let server = |serial, name| bare(serial, name).tls_server(&["localhost"], &loopback);
    let mut made = BTreeMap::new();
    let mut make = |name: String, issuer: &Authority, profile: &CertificateProfile| {
        obtain(home, &name, issuer, KeyKind::P256, profile).map(|credential| made.insert(name, credential))
    };
    make("tls/gateway".to_owned(), &authorities.tls, &server(10, "negiz.demo"))?;
    make("infra/registries".to_owned(), &authorities.infrastructure, &server(11, "registries.demo"))?;
    make("infra/gateway".to_owned(), &authorities.infrastructure, &bare(12, "negiz gateway").tls_client())?;
    for (serial, agency) in (100_u64..).zip(&cast.agencies) {
        let name = format!("{} exchange system", agency.code);
        make(format!("systems/{}", agency.code), &authorities.tls, &bare(serial, &name).tls_client())?;
    }
    for (serial, (name, _)) in (200_u64..).zip(OTHERS) {
        make(format!("systems/{name}"), &authorities.tls, &bare(serial, name).tls_client())?;
    }
    Ok(made)
}

/// Systems besides the agencies' exchange systems: case feed and console users, with the agency each belongs to.
pub const OTHERS: &[(&str, &str)] = &[
    ("case-feed", "operator"),
    ("console-operator", "operator"),
    ("console-security", "operator"),
    ("console-auditor", "operator"),
    ("console-police", "police"),
    ("console-prosecutor", "prosecutor"),
];
