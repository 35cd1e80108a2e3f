//! Attributes of a signer (RFC 5652 §5.3, §11).

use const_oid::ObjectIdentifier;

use super::{MalformedCms, oid};
use crate::UnixTime;
use crate::path::Malformed;
use crate::path::cursor::{Cursor, tag};
use crate::path::name::encode;

/// More attributes than this no signer has; the longest CAdES profile defines about twenty.
const MOST: usize = 64;

/// Attributes under the signature, each that is used here there at most once.
#[derive(Clone, Copy, Debug)]
pub(super) struct SignedAttributes<'a> {
    /// Content of the SET: all attributes as they stand in the message.
    raw: &'a [u8],
    pub(super) content_type: ObjectIdentifier,
    pub(super) message_digest: &'a [u8],
    pub(super) signing_time: Option<UnixTime>,
    /// Content of `SigningCertificate` (RFC 2634), with SHA-1.
    pub(super) certificate: Option<&'a [u8]>,
    /// Content of `SigningCertificateV2` (RFC 5035).
    pub(super) certificate_v2: Option<&'a [u8]>,
}

/// The value of `attribute`, which may be there once at most, with exactly one value.
fn single<'a>(
    attributes: &[Attribute<'a>],
    which: &ObjectIdentifier,
    name: &'static str,
) -> Result<Option<Cursor<'a>>, MalformedCms> {
    let mut found = attributes.iter().filter(|attribute| attribute.kind == *which);
    let Some(attribute) = found.next() else { return Ok(None) };
    let mut values = Cursor::new(attribute.values);
    let value = values.next()?;
    if found.next().is_some() || !values.is_empty() {
        return Err(MalformedCms::Attribute { attribute: name });
    }
    Ok(Some(Cursor::new(value.raw)))
}

struct Attribute<'a> {
    kind: ObjectIdentifier,
    values: &'a [u8],
    raw: &'a [u8],
}

fn list(content: &[u8]) -> Result<Vec<Attribute<'_>>, MalformedCms> {
    let mut cursor = Cursor::new(content);
    let mut attributes = Vec::new();
    while !cursor.is_empty() {
        let whole = cursor.expect_tlv(tag::SEQUENCE)?;
        let mut attribute = Cursor::new(whole.value);
        let kind = attribute.oid()?;
        let values = attribute.expect(tag::SET)?;
        attribute.finish()?;
        if attributes.len() == MOST {
            return Err(Malformed::TooLarge { size: attributes.len().saturating_add(1), limit: MOST }.into());
        }
        attributes.push(Attribute { kind, values, raw: whole.raw });
    }
    Ok(attributes)
}

impl<'a> SignedAttributes<'a> {
    /// Reads the content of `[0] IMPLICIT SignedAttributes`.
    pub(super) fn parse(raw: &'a [u8]) -> Result<Self, MalformedCms> {
        let all = list(raw)?;
        let missing = |attribute| MalformedCms::Attribute { attribute };
        let mut content_type =
            single(&all, &oid::CONTENT_TYPE, "contentType")?.ok_or_else(|| missing("contentType"))?;
        let mut message_digest =
            single(&all, &oid::MESSAGE_DIGEST, "messageDigest")?.ok_or_else(|| missing("messageDigest"))?;
        let signing_time = single(&all, &oid::SIGNING_TIME, "signingTime")?;
        let sequence =
            |found: Option<Cursor<'a>>| found.map(|mut cursor| cursor.expect(tag::SEQUENCE)).transpose();
        Ok(Self {
            raw,
            content_type: content_type.oid()?,
            message_digest: message_digest.expect(tag::OCTET_STRING)?,
            signing_time: signing_time.map(|mut cursor| cursor.time()).transpose()?,
            certificate: sequence(single(&all, &oid::SIGNING_CERTIFICATE, "signingCertificate")?)?,
            certificate_v2: sequence(single(&all, &oid::SIGNING_CERTIFICATE_V2, "signingCertificateV2")?)?,
        })
    }

    /// What the signature is over: the attributes as a SET OF (RFC 5652 §5.4), as they stand in the message.
    pub(super) fn as_sent(&self) -> Vec<u8> {
        encode(tag::SET, self.raw)
    }

    /// The same in the order of DER, if they stand otherwise in the message: RFC 5652 §5.4 signs the DER form even when BER is sent.
    pub(super) fn in_order(&self) -> Option<Vec<u8>> {
        let mut sorted: Vec<&[u8]> = list(self.raw).ok()?.iter().map(|attribute| attribute.raw).collect();
        sorted.sort_unstable();
        let sorted = sorted.concat();
        (sorted != self.raw).then(|| encode(tag::SET, &sorted))
    }
}

/// The one time-stamp token among unsigned attributes (RFC 3161 appendix A), if there is one.
pub(super) fn time_stamp(raw: &[u8]) -> Result<Option<&[u8]>, MalformedCms> {
    let all = list(raw)?;
    let token = single(&all, &oid::TIME_STAMP_TOKEN, "timeStampToken")?;
    Ok(token.map(|mut cursor| cursor.expect_tlv(tag::SEQUENCE)).transpose()?.map(|tlv| tlv.raw))
}

/// Whether `content` is a SET that holds both attributes every set of signed attributes has.
pub(super) fn looks_like_attributes(content: &[u8]) -> bool {
    let Ok(inner) = Cursor::only(content, tag::SET) else { return false };
    list(inner).is_ok_and(|attributes| {
        [oid::CONTENT_TYPE, oid::MESSAGE_DIGEST]
            .iter()
            .all(|needed| attributes.iter().any(|attribute| attribute.kind == *needed))
    })
}
