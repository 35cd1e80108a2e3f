//! What a certificate shall say.

use core::net::IpAddr;

use const_oid::db::{rfc5280, rfc6960};
use der::asn1::ObjectIdentifier;

use super::{DistinguishedName, IssueError, asn1};
use crate::UnixTime;

/// `id-ad-caIssuers` (RFC 5280 §4.2.2.1).
const CA_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
/// `id-ad-ocsp` (RFC 5280 §4.2.2.1).
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
/// `id-qt-cps` (RFC 5280 §4.2.1.4).
const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");

/// Bits of `KeyUsage` (RFC 5280 §4.2.1.3), to be or-ed.
#[allow(missing_docs, reason = "each constant is named by its standard name")]
pub mod usage {
    pub const DIGITAL_SIGNATURE: u16 = 1;
    pub const NON_REPUDIATION: u16 = 1 << 1;
    pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub const KEY_AGREEMENT: u16 = 1 << 4;
    pub const KEY_CERT_SIGN: u16 = 1 << 5;
    pub const CRL_SIGN: u16 = 1 << 6;
}

/// Extended key usages: the international ones, and the roles of the national register under 1.2.398.3.3.4.1.
#[allow(missing_docs, reason = "each constant is named by its standard name")]
pub mod purpose {
    use der::asn1::ObjectIdentifier as Oid;

    pub const SERVER_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.1");
    pub const CLIENT_AUTH: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.2");
    pub const EMAIL_PROTECTION: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
    pub const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");
    pub const OCSP_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.9");
    pub const INDIVIDUAL: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.1");
    pub const LEGAL_ENTITY: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2");
    pub const HEAD: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.1");
    pub const RIGHT_TO_SIGN: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.2");
    pub const EMPLOYEE: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.5");
    pub const INFORMATION_SYSTEM: Oid = Oid::new_unwrap("1.2.398.3.3.4.1.2.6");
}

/// What a certificate shall say, apart from whose key it is and who issues it.
///
/// Every field is open: what a verifier must refuse has to be made by somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateProfile {
    /// Serial number, big-endian, at most 20 octets; positive.
    pub serial: Vec<u8>,
    /// Subject.
    pub subject: DistinguishedName,
    /// First second of validity.
    pub not_before: UnixTime,
    /// Last second of validity.
    pub not_after: UnixTime,
    /// Whether this is an authority, and if so how many authorities may follow below it.
    pub authority: Option<PathLength>,
    /// Bits of [`usage`]; 0 leaves the extension out.
    pub key_usage: u16,
    /// Identifiers of [`purpose`]; none leaves the extension out.
    pub purposes: Vec<ObjectIdentifier>,
    /// RFC 3161 §2.3 wants the purpose of a time-stamping authority to be critical.
    pub purposes_critical: bool,
    /// DNS names the certificate is valid for.
    pub dns_names: Vec<String>,
    /// Addresses the certificate is valid for.
    pub ip_addresses: Vec<IpAddr>,
    /// Where the complete list is.
    pub crl_urls: Vec<String>,
    /// Where the delta list is.
    pub freshest_crl_urls: Vec<String>,
    /// Where to ask for the status.
    pub ocsp_urls: Vec<String>,
    /// Where the issuer's certificate is.
    pub issuer_urls: Vec<String>,
    /// Policies, each with the address of its practice statement.
    pub policies: Vec<(ObjectIdentifier, Option<String>)>,
    /// `id-pkix-ocsp-nocheck` (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
    /// Further extensions: identifier, whether critical, DER value.
    pub further: Vec<(ObjectIdentifier, bool, Vec<u8>)>,
}

/// `pathLenConstraint`: at most so many authorities below this one, or any number.
pub type PathLength = Option<u8>;

impl CertificateProfile {
    /// A certificate that says nothing but name, serial number and validity.
    #[must_use]
    pub fn bare(serial: u64, subject: DistinguishedName, not_before: UnixTime, not_after: UnixTime) -> Self {
        Self {
            serial: serial.to_be_bytes().to_vec(),
            subject,
            not_before,
            not_after,
            authority: None,
            key_usage: 0,
            purposes: Vec::new(),
            purposes_critical: false,
            dns_names: Vec::new(),
            ip_addresses: Vec::new(),
            crl_urls: Vec::new(),
            freshest_crl_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            issuer_urls: Vec::new(),
            policies: Vec::new(),
            ocsp_no_check: false,
            further: Vec::new(),
        }
    }

    /// Makes it an authority that signs certificates and lists: a root, or an issuing authority below one.
    #[must_use]
    pub fn authority(mut self, path_length: PathLength) -> Self {
        self.authority = Some(path_length);
        self.with_usage(usage::KEY_CERT_SIGN | usage::CRL_SIGN)
    }

    /// Makes it a person's signing certificate: usages and `emailProtection` as the national authorities write them, and `roles`.
    #[must_use]
    pub fn signing(self, roles: &[ObjectIdentifier]) -> Self {
        self.with_usage(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION)
            .with_purposes(&[purpose::EMAIL_PROTECTION])
            .with_purposes(roles)
    }

    /// Makes it a person's authentication certificate, which must not sign documents.
    #[must_use]
    pub fn authentication(self, roles: &[ObjectIdentifier]) -> Self {
        self.with_usage(usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT)
            .with_purposes(&[purpose::CLIENT_AUTH])
            .with_purposes(roles)
    }

    /// Makes it a TLS server's.
    #[must_use]
    pub fn tls_server(mut self, dns_names: &[&str], ip_addresses: &[IpAddr]) -> Self {
        self.dns_names.extend(dns_names.iter().map(|name| (*name).to_owned()));
        self.ip_addresses.extend_from_slice(ip_addresses);
        self.with_usage(usage::DIGITAL_SIGNATURE).with_purposes(&[purpose::SERVER_AUTH])
    }

    /// Makes it a TLS client's.
    #[must_use]
    pub fn tls_client(self) -> Self {
        self.with_usage(usage::DIGITAL_SIGNATURE).with_purposes(&[purpose::CLIENT_AUTH])
    }

    /// Makes it a signer of lists that is not itself an authority.
    #[must_use]
    pub fn crl_signer(self) -> Self {
        self.with_usage(usage::CRL_SIGN)
    }

    /// Makes it a delegated OCSP responder (RFC 6960 §4.2.2.2).
    #[must_use]
    pub fn ocsp_responder(mut self) -> Self {
        self.ocsp_no_check = true;
        self.with_usage(usage::DIGITAL_SIGNATURE).with_purposes(&[purpose::OCSP_SIGNING])
    }

    /// Makes it a time-stamping authority (RFC 3161 §2.3).
    #[must_use]
    pub fn time_stamping(mut self) -> Self {
        self.purposes_critical = true;
        self.with_usage(usage::DIGITAL_SIGNATURE | usage::NON_REPUDIATION)
            .with_purposes(&[purpose::TIME_STAMPING])
    }

    /// Adds bits of [`usage`].
    #[must_use]
    pub fn with_usage(mut self, bits: u16) -> Self {
        self.key_usage |= bits;
        self
    }

    /// Adds identifiers of [`purpose`].
    #[must_use]
    pub fn with_purposes(mut self, purposes: &[ObjectIdentifier]) -> Self {
        self.purposes.extend_from_slice(purposes);
        self
    }

    /// Adds a policy.
    #[must_use]
    pub fn with_policy(mut self, policy: ObjectIdentifier, practice_statement: Option<&str>) -> Self {
        self.policies.push((policy, practice_statement.map(str::to_owned)));
        self
    }

    /// Adds the addresses of the complete list, of the responder and of the issuer's certificate; an empty text adds none.
    #[must_use]
    pub fn with_urls(mut self, crl: &str, ocsp: &str, issuer: &str) -> Self {
        let lists = [(&mut self.crl_urls, crl), (&mut self.ocsp_urls, ocsp), (&mut self.issuer_urls, issuer)];
        for (urls, url) in lists {
            if !url.is_empty() {
                urls.push(url.to_owned());
            }
        }
        self
    }

    /// DER `Extensions`, for a key named `subject_key` issued by the holder of `issuer_key`.
    pub(super) fn extensions(&self, subject_key: &[u8], issuer_key: &[u8]) -> Result<Vec<u8>, IssueError> {
        let mut all = Vec::new();
        if let Some(path_length) = self.authority {
            all.push(extension(&rfc5280::ID_CE_BASIC_CONSTRAINTS, true, &basic_constraints(path_length)));
        }
        if self.key_usage != 0 {
            all.push(extension(&rfc5280::ID_CE_KEY_USAGE, true, &asn1::named_bits(self.key_usage.into())));
        }
        if !self.purposes.is_empty() {
            let purposes: Vec<_> = self.purposes.iter().map(asn1::oid).collect();
            let id = &rfc5280::ID_CE_EXT_KEY_USAGE;
            all.push(extension(id, self.purposes_critical, &asn1::sequence(&purposes)));
        }
        let subject_key = asn1::octet_string(subject_key);
        all.push(extension(&rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, false, &subject_key));
        all.push(authority_key_identifier(issuer_key));
        if !(self.dns_names.is_empty() && self.ip_addresses.is_empty()) {
            all.push(extension(&rfc5280::ID_CE_SUBJECT_ALT_NAME, false, &self.alternative_names()?));
        }
        if !self.policies.is_empty() {
            all.push(extension(&rfc5280::ID_CE_CERTIFICATE_POLICIES, false, &self.policies()?));
        }
        for (id, urls) in [
            (&rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS, &self.crl_urls),
            (&rfc5280::ID_CE_FRESHEST_CRL, &self.freshest_crl_urls),
        ] {
            if !urls.is_empty() {
                all.push(extension(id, false, &distribution_points(urls)?));
            }
        }
        if !(self.ocsp_urls.is_empty() && self.issuer_urls.is_empty()) {
            all.push(extension(&rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, false, &self.access()?));
        }
        if self.ocsp_no_check {
            all.push(extension(&rfc6960::ID_PKIX_OCSP_NOCHECK, false, &asn1::null()));
        }
        all.extend(self.further.iter().map(|(id, critical, value)| extension(id, *critical, value)));
        Ok(asn1::sequence(&all))
    }

    fn alternative_names(&self) -> Result<Vec<u8>, IssueError> {
        let mut names = Vec::new();
        for name in &self.dns_names {
            names.push(asn1::tagged_primitive(2, ia5(name)?));
        }
        for address in &self.ip_addresses {
            names.push(match address {
                IpAddr::V4(address) => asn1::tagged_primitive(7, &address.octets()),
                IpAddr::V6(address) => asn1::tagged_primitive(7, &address.octets()),
            });
        }
        Ok(asn1::sequence(&names))
    }

    fn policies(&self) -> Result<Vec<u8>, IssueError> {
        let mut policies = Vec::new();
        for (policy, statement) in &self.policies {
            let mut parts = vec![asn1::oid(policy)];
            if let Some(url) = statement {
                let url = asn1::value(asn1::IA5_STRING, ia5(url)?);
                parts.push(asn1::sequence(&[asn1::sequence(&[asn1::oid(&CPS), url])]));
            }
            policies.push(asn1::sequence(&parts));
        }
        Ok(asn1::sequence(&policies))
    }

    fn access(&self) -> Result<Vec<u8>, IssueError> {
        let mut descriptions = Vec::new();
        for (method, urls) in [(&CA_ISSUERS, &self.issuer_urls), (&OCSP, &self.ocsp_urls)] {
            for url in urls {
                descriptions.push(asn1::sequence(&[asn1::oid(method), uri(url)?]));
            }
        }
        Ok(asn1::sequence(&descriptions))
    }
}

fn basic_constraints(path_length: PathLength) -> Vec<u8> {
    let mut parts = vec![asn1::boolean_true()];
    parts.extend(path_length.map(|length| asn1::integer(&[length])));
    asn1::sequence(&parts)
}

/// `Extension` (RFC 5280 §4.1).
pub(super) fn extension(id: &ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![asn1::oid(id)];
    if critical {
        parts.push(asn1::boolean_true());
    }
    parts.push(asn1::octet_string(value));
    asn1::sequence(&parts)
}

/// The extension that names the issuer's key.
pub(super) fn authority_key_identifier(key: &[u8]) -> Vec<u8> {
    let value = asn1::sequence(&[asn1::tagged_primitive(0, key)]);
    extension(&rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &value)
}

/// `CRLDistributionPoints` with one point per address.
fn distribution_points(urls: &[String]) -> Result<Vec<u8>, IssueError> {
    let mut points = Vec::new();
    for url in urls {
        points.push(asn1::sequence(&[asn1::tagged(0, &[asn1::tagged(0, &[uri(url)?])])]));
    }
    Ok(asn1::sequence(&points))
}

/// `GeneralName` of an address.
pub(super) fn uri(url: &str) -> Result<Vec<u8>, IssueError> {
    Ok(asn1::tagged_primitive(6, ia5(url)?))
}

fn ia5(text: &str) -> Result<&[u8], IssueError> {
    if text.is_ascii() { Ok(text.as_bytes()) } else { Err(IssueError::Text) }
}
