//! What a file is, whatever it is wrapped in.

use core::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;

use crate::cms::{self, oid};
use crate::path::Malformed;
use crate::path::cursor::{Cursor, tag};

/// Wrapped files come with and without padding; their octets are judged, not their wrapping.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Blocks of one PEM file: a certificate with its chain.
const MOST_BLOCKS: usize = 16;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An X.509 certificate.
    Certificate,
    /// A signed message (RFC 5652).
    Cms,
    /// A compact JWS (RFC 7515).
    Jws,
    /// A revocation list (RFC 5280 §5).
    Crl,
    /// An OCSP answer (RFC 6960 §4.2).
    Ocsp,
    /// A time-stamp token, or the answer of an authority that has one (RFC 3161 §2.4.2).
    Timestamp,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Cms => "cms",
            Self::Jws => "jws",
            Self::Crl => "crl",
            Self::Ocsp => "ocsp",
            Self::Timestamp => "timestamp",
        })
    }
}

/// A file without its wrapping.
pub(super) struct Exhibit {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// Whatever else was in the same file.
    pub(super) chain: Vec<Vec<u8>>,
}

/// Takes the wrapping off and says what is in it. `None` if it is nothing that is known here.
pub(super) fn read(file: &[u8]) -> Option<Exhibit> {
    let text = file.trim_ascii();
    if is_compact_jws(text) {
        return Some(Exhibit { kind: Kind::Jws, bytes: text.to_vec(), chain: Vec::new() });
    }
    let mut blocks = blocks(file).into_iter();
    let bytes = blocks.next()?;
    Some(Exhibit { kind: kind(&bytes)?, bytes, chain: blocks.collect() })
}

/// The first thing in the file, without its wrapping.
pub(super) fn unarmoured(file: &[u8]) -> Vec<u8> {
    blocks(file).into_iter().next().unwrap_or_default()
}

/// Three parts of base64url, the first of which begins like a JSON object; or none so exact, but nothing else either.
fn is_compact_jws(text: &[u8]) -> bool {
    let url_safe = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'=');
    text.starts_with(b"eyJ") || (text.contains(&b'.') && text.iter().all(url_safe))
}

/// PEM blocks, one of base64, or the octets as they are.
fn blocks(file: &[u8]) -> Vec<Vec<u8>> {
    if file.first() == Some(&tag::SEQUENCE) {
        return vec![file.to_vec()];
    }
    let Ok(text) = core::str::from_utf8(file) else { return vec![file.to_vec()] };
    if text.contains("-----BEGIN ") {
        return pem(text);
    }
    vec![decode(text).unwrap_or_else(|| file.to_vec())]
}

/// RFC 7468, lines of any length, whatever the labels say.
fn pem(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for begun in text.split("-----BEGIN ").skip(1).take(MOST_BLOCKS) {
        let inside = begun.split_once("-----").and_then(|(_, rest)| rest.split_once("-----END "));
        found.extend(inside.and_then(|(body, _)| decode(body)));
    }
    found
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let dense: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    BASE64.decode(dense).ok()
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    shape(bytes).or_else(|_| shape(&cms::to_der(bytes).map_err(|_| Malformed::Truncated)?)).ok().flatten()
}

/// Told apart by what comes first: each of the six begins otherwise.
fn shape(der: &[u8]) -> Result<Option<Kind>, Malformed> {
    let mut outer = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
    match outer.peek() {
        Some(tag::OID) => signed_data(outer).map(Some),
        Some(tag::ENUMERATED) => Ok(Some(Kind::Ocsp)),
        Some(tag::SEQUENCE) => {
            let first = outer.next()?.value;
            if outer.is_empty() || holds_signed_data(&mut outer) {
                return Ok(Some(Kind::Timestamp));
            }
            Ok(Some(if is_list(first) { Kind::Crl } else { Kind::Certificate }))
        }
        _ => Ok(None),
    }
}

/// `ContentInfo`: a message, or a token if what it signs is a `TSTInfo`.
fn signed_data(mut info: Cursor<'_>) -> Result<Kind, Malformed> {
    info.oid()?;
    let content_type = || -> Result<_, Malformed> {
        let mut data = info.enter(tag::constructed(0))?.sequence()?;
        data.expect(tag::INTEGER)?;
        data.expect(tag::SET)?;
        data.sequence()?.oid()
    };
    let mut content_type = content_type;
    Ok(if content_type().is_ok_and(|found| found == oid::TST_INFO) { Kind::Timestamp } else { Kind::Cms })
}

/// The second part of a `TimeStampResp` is a `ContentInfo`; that of a certificate or list is an algorithm.
fn holds_signed_data(rest: &mut Cursor<'_>) -> bool {
    rest.sequence().and_then(|mut second| second.oid()).is_ok_and(|found| found == oid::SIGNED_DATA)
}

/// A list has its instants among its parts; a certificate has them in a part of their own.
fn is_list(signed: &[u8]) -> bool {
    let mut parts = Cursor::new(signed);
    while let Ok(part) = parts.next() {
        if matches!(part.tag, tag::UTC_TIME | tag::GENERALIZED_TIME) {
            return true;
        }
    }
    false
}
