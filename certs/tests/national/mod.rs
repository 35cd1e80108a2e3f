//! Signed things of the national authorities, taken apart just far enough to check the bare signature.
#![allow(dead_code, reason = "each test program uses some of it")]

use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode};
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifierRef;

use certs::gost::{self, GostError};

/// Octets, the algorithm and the signature over them, and the keys that came along.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) message: Vec<u8>,
    pub(crate) algorithm: ObjectIdentifier,
    pub(crate) identifier: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) keys: Vec<Vec<u8>>,
}

impl Signed {
    pub(crate) fn verify(&self, key: &[u8]) -> Result<(), GostError> {
        gost::verify(key, &self.algorithm, &self.message, &self.signature)
    }
}

/// A file by its path inside the crate, as DER.
pub(crate) fn read(path: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let octets = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if !octets.starts_with(b"-----") {
        return octets;
    }
    // Some files wrap lines at other lengths than RFC 7468 has it.
    let text = String::from_utf8(octets).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body.trim()).unwrap()
}

/// Keys of all authorities, of production and of tests.
pub(crate) fn authorities() -> Vec<Vec<u8>> {
    let folders = ["anchors", "tests/vectors/nca/ca/test"];
    let mut keys = Vec::new();
    for folder in folders {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in std::fs::read_dir(path).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if [".cer", ".crt", ".pem"].iter().any(|end| name.ends_with(end)) {
                keys.push(key(&read(&format!("{folder}/{name}"))));
            }
        }
    }
    keys.sort();
    keys.dedup();
    keys
}

fn key(certificate: &[u8]) -> Vec<u8> {
    Certificate::from_der(certificate).unwrap().tbs_certificate.subject_public_key_info.to_der().unwrap()
}

/// `SIGNED{…}`: a certificate, a list or a basic OCSP answer; what follows the signature is skipped.
pub(crate) fn signed(der: &[u8]) -> Signed {
    let parts: Vec<AnyRef<'_>> = Vec::from_der(der).unwrap();
    let identifier = parts[1].to_der().unwrap();
    Signed {
        message: parts[0].to_der().unwrap(),
        algorithm: AlgorithmIdentifierRef::from_der(&identifier).unwrap().oid,
        identifier,
        signature: parts[2].decode_as::<BitStringRef<'_>>().unwrap().as_bytes().unwrap().to_vec(),
        keys: Vec::new(),
    }
}

/// The signature on an OCSP answer, and those on the responders' certificates inside.
pub(crate) fn ocsp_answer(der: &[u8]) -> Vec<Signed> {
    // OCSPResponse { status, [0] { SEQUENCE { type, OCTET STRING } } }
    let outer: Vec<AnyRef<'_>> = Vec::from_der(der).unwrap();
    let inner: Vec<AnyRef<'_>> = Vec::from_der(outer[1].value()).unwrap();
    let basic = inner[1].decode_as::<OctetStringRef<'_>>().unwrap().as_bytes();
    let parts: Vec<AnyRef<'_>> = Vec::from_der(basic).unwrap();
    let mut all = vec![signed(basic)];
    if let Some(certificates) = parts.get(3) {
        let certificates: Vec<AnyRef<'_>> = Vec::from_der(certificates.value()).unwrap();
        for certificate in certificates {
            let der = certificate.to_der().unwrap();
            all[0].keys.push(key(&der));
            all.push(signed(&der));
        }
    }
    all
}

/// The signatures of a CMS message and those on the certificates inside. `detached` is the content if the message has none.
pub(crate) fn cms_signers(der: &[u8], detached: &[u8]) -> Vec<Signed> {
    let data: SignedData = ContentInfo::from_der(der).unwrap().content.decode_as().unwrap();
    let mut all = Vec::new();
    let mut keys = Vec::new();
    for choice in data.certificates.iter().flat_map(|set| set.0.iter()) {
        let CertificateChoices::Certificate(certificate) = choice else { panic!("not a certificate") };
        let der = certificate.to_der().unwrap();
        keys.push(key(&der));
        all.push(signed(&der));
    }
    let content = data.encap_content_info.econtent.map_or(detached.to_vec(), |any| any.value().to_vec());
    for signer in data.signer_infos.0.iter() {
        let message =
            signer.signed_attrs.as_ref().map_or(content.clone(), |attributes| attributes.to_der().unwrap());
        all.push(Signed {
            message,
            algorithm: signer.signature_algorithm.oid,
            identifier: signer.signature_algorithm.to_der().unwrap(),
            signature: signer.signature.as_bytes().to_vec(),
            keys: keys.clone(),
        });
    }
    all
}
