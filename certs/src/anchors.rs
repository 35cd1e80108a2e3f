//! Whom the verifier trusts: anchors, and the issuing authorities it knows under them.

mod shipped;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::Deserialize;

use crate::path::{Certificate, Malformed, Name, NameKey};

/// Certificates of one set of anchors. The Web PKI's root programmes hold about 150.
pub const MAX_ANCHOR_FILES: usize = 1_024;

/// The version of `manifest.json` this reads.
const MANIFEST_VERSION: u32 = 1;

/// Anchors end paths; authorities are issuing certificates under them, known beforehand so that they are read and checked once.
#[derive(Debug, Default)]
pub struct Anchors {
    anchors: HashMap<NameKey, Vec<Arc<Certificate>>>,
    authorities: HashMap<NameKey, Vec<Arc<Certificate>>>,
    roles: BTreeMap<[u8; 32], Role>,
}

/// What a certificate of the set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Ends paths.
    Anchor,
    /// Issues under an anchor.
    Authority,
}

/// Why a folder of anchors is not taken. None of it is: half a set of anchors is another set.
#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    /// A file is no certificate in DER or PEM.
    #[error("{file} holds no readable certificate")]
    Unreadable {
        /// Which.
        file: String,
        /// Why, if a certificate was there.
        #[source]
        error: Option<Malformed>,
    },
    /// `manifest.json` is not what it must be.
    #[error("the manifest cannot be read")]
    Manifest(#[source] serde_json::Error),
    /// A manifest of another time.
    #[error("the manifest is of version {found}, this reads version {MANIFEST_VERSION}")]
    Version {
        /// Found.
        found: u32,
    },
    /// The manifest lists what is not there.
    #[error("{file} is listed in the manifest but missing")]
    Missing {
        /// Which.
        file: String,
    },
    /// Something is there that the manifest does not list.
    #[error("{file} is not listed in the manifest")]
    Unlisted {
        /// Which.
        file: String,
    },
    /// The file is another certificate than the manifest says.
    #[error("{file} has fingerprint {found}, the manifest says {listed}")]
    Fingerprint {
        /// Which.
        file: String,
        /// SHA-256 of the certificate there, hexadecimal.
        found: String,
        /// SHA-256 in the manifest.
        listed: String,
    },
    /// An anchor or authority that may not sign certificates.
    #[error("{file} is not an authority's certificate")]
    NotAnAuthority {
        /// Which.
        file: String,
    },
    /// More than [`MAX_ANCHOR_FILES`].
    #[error("{count} files are more than {MAX_ANCHOR_FILES}")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// Nothing to trust.
    #[error("there is no anchor")]
    Empty,
}

/// `manifest.json`: which certificates belong to the set, by SHA-256 of their DER.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: u32,
    #[serde(rename = "description")]
    _description: Option<String>,
    certificates: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    file: String,
    sha256: String,
    role: Role,
    #[serde(rename = "subject")]
    _subject: Option<String>,
    #[serde(rename = "origin")]
    _origin: Option<String>,
}

impl Anchors {
    /// A set made of certificates already read.
    #[must_use]
    pub fn new(certificates: impl IntoIterator<Item = (Arc<Certificate>, Role)>) -> Self {
        let mut set = Self::default();
        for (certificate, role) in certificates {
            if set.roles.contains_key(certificate.fingerprint()) {
                continue;
            }
            set.roles.insert(*certificate.fingerprint(), role);
            let by_name = match role {
                Role::Anchor => &mut set.anchors,
                Role::Authority => &mut set.authorities,
            };
            by_name.entry(certificate.subject().key()).or_default().push(certificate);
        }
        set
    }

    /// Reads a folder's files, given as name and content; certificates in DER or PEM, several per PEM file. With a `manifest.json` among
    /// them, exactly the certificates it lists are taken. Without one, a certificate whose issuer is in the folder is an authority, any
    /// other an anchor: national test authorities have no published root. Files that are no certificates (notes, keys) are passed over.
    ///
    /// # Errors
    /// [`AnchorError`]; then nothing is taken.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, AnchorError> {
        let mut manifest = None;
        let mut certificates = Vec::new();
        for (file, content) in files {
            if file == "manifest.json" {
                manifest = Some(serde_json::from_slice::<Manifest>(content).map_err(AnchorError::Manifest)?);
                continue;
            }
            if !is_certificate(content) {
                continue;
            }
            for certificate in read_certificates(file, content)? {
                if !certificate.is_authority() {
                    return Err(AnchorError::NotAnAuthority { file: file.to_owned() });
                }
                certificates.push((file, certificate));
            }
            if certificates.len() > MAX_ANCHOR_FILES {
                return Err(AnchorError::TooMany { count: certificates.len() });
            }
        }
        let set = match manifest {
            Some(manifest) => Self::new(listed(&manifest, &certificates)?),
            None => Self::new(unlisted(certificates)),
        };
        if set.anchors.is_empty() { Err(AnchorError::Empty) } else { Ok(set) }
    }

    /// The real national authorities that are shipped with this crate: roots and issuing authorities of the National Certifying Center and
    /// of state bodies, by fingerprint.
    ///
    /// # Errors
    /// [`AnchorError`] if the shipped files were changed after the manifest.
    pub fn national() -> Result<Self, AnchorError> {
        Self::from_files(shipped::FILES.iter().map(|(name, content)| (*name, *content)))
    }

    /// Anchors with this name.
    pub fn named(&self, name: &Name) -> impl Iterator<Item = &Arc<Certificate>> {
        self.anchors.get(&name.key()).into_iter().flatten()
    }

    /// Known authorities with this name.
    pub fn authorities_named(&self, name: &Name) -> impl Iterator<Item = &Arc<Certificate>> {
        self.authorities.get(&name.key()).into_iter().flatten()
    }

    /// The anchor with this fingerprint.
    #[must_use]
    pub fn find(&self, fingerprint: &[u8; 32]) -> Option<&Arc<Certificate>> {
        if self.roles.get(fingerprint) != Some(&Role::Anchor) {
            return None;
        }
        self.anchors.values().flatten().find(|anchor| anchor.fingerprint() == fingerprint)
    }

    /// Everything in the set, anchors first.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<Certificate>, Role)> {
        let anchors = self.anchors.values().flatten().map(|certificate| (certificate, Role::Anchor));
        anchors.chain(self.authorities.values().flatten().map(|certificate| (certificate, Role::Authority)))
    }
}

/// Whether the file means to be a certificate: then it is read, or the whole folder is refused.
#[must_use]
pub fn is_certificate(content: &[u8]) -> bool {
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";
    content.first() == Some(&0x30) || content.windows(PEM.len()).any(|window| window == PEM)
}

/// Every certificate of a DER or PEM file; at least one.
///
/// # Errors
/// [`AnchorError::Unreadable`].
pub fn read_certificates(file: &str, content: &[u8]) -> Result<Vec<Arc<Certificate>>, AnchorError> {
    let unreadable = |error| AnchorError::Unreadable { file: file.to_owned(), error };
    if content.first() == Some(&0x30) {
        return Ok(vec![Certificate::parse(content).map_err(|error| unreadable(Some(error)))?]);
    }
    let mut found = Vec::new();
    for item in CertificateDer::pem_slice_iter(content) {
        let der = item.map_err(|_| unreadable(None))?;
        found.push(Certificate::parse(&der).map_err(|error| unreadable(Some(error)))?);
    }
    if found.is_empty() { Err(unreadable(None)) } else { Ok(found) }
}

fn listed(
    manifest: &Manifest,
    found: &[(&str, Arc<Certificate>)],
) -> Result<Vec<(Arc<Certificate>, Role)>, AnchorError> {
    if manifest.version != MANIFEST_VERSION {
        return Err(AnchorError::Version { found: manifest.version });
    }
    let mut taken = Vec::with_capacity(found.len());
    for (file, certificate) in found {
        let fingerprint = hexadecimal(certificate.fingerprint());
        let mut entries = manifest.certificates.iter().filter(|entry| entry.file == *file).peekable();
        let first =
            entries.peek().ok_or_else(|| AnchorError::Unlisted { file: (*file).to_owned() })?.sha256.clone();
        let entry = entries.find(|entry| entry.sha256 == fingerprint).ok_or_else(|| {
            AnchorError::Fingerprint { file: (*file).to_owned(), found: fingerprint.clone(), listed: first }
        })?;
        taken.push((certificate.clone(), entry.role));
    }
    let absent =
        |entry: &&Listed| !taken.iter().any(|(found, _)| hexadecimal(found.fingerprint()) == entry.sha256);
    match manifest.certificates.iter().find(absent) {
        Some(entry) => Err(AnchorError::Missing { file: entry.file.clone() }),
        None => Ok(taken),
    }
}

fn unlisted(found: Vec<(&str, Arc<Certificate>)>) -> Vec<(Arc<Certificate>, Role)> {
    let certificates: Vec<_> = found.into_iter().map(|(_, certificate)| certificate).collect();
    let role = |certificate: &Arc<Certificate>| {
        let issued = certificates.iter().any(|other| {
            other != certificate
                && other.key_digest() != certificate.key_digest()
                && certificate.names_as_issuer(other)
        });
        if issued && !certificate.is_self_issued() { Role::Authority } else { Role::Anchor }
    };
    certificates.iter().map(|certificate| (certificate.clone(), role(certificate))).collect()
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        text.push_str(&format!("{octet:02x}"));
        text
    })
}
