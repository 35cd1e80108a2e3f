//! Opinions on signed messages and time-stamps.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Examiner, Kind, Opinion, Signatory, words};
use crate::cms::{self, MalformedCms, SignedData};
use crate::envelope::MalformedEnvelope;
use crate::jws::Jws;
use crate::path::Certificate;
use crate::relied::Relied;
use crate::signer::Signer;
use crate::timestamp::{self, TimeStamp};
use crate::trust::Inspected;

impl Examiner {
    pub(super) fn cms(&self, bytes: &[u8]) -> Opinion {
        let (trust, left_out) = self.trust(&certificates_of(bytes, &cms::oid::DATA));
        let content = self.content.as_deref();
        let inspected = match trust.inspect_cms(bytes, content, self.at) {
            // Attached and given besides: one text, or no single message.
            Err(MalformedEnvelope::Cms(MalformedCms::Attached)) if self.holds_the_content(bytes) => {
                trust.inspect_cms(bytes, None, self.at)
            }
            Err(MalformedEnvelope::Cms(MalformedCms::Attached)) => {
                let reason = "the content in the message is another than the one given".to_owned();
                return Opinion::refused(Some(Kind::Cms), "signature-invalid", reason);
            }
            inspected => inspected,
        };
        match inspected {
            Ok(inspected) => opinion_of(Kind::Cms, inspected, left_out),
            Err(error) => Opinion::refused(Some(Kind::Cms), error.code(), words::whole(&error)),
        }
    }

    fn holds_the_content(&self, bytes: &[u8]) -> bool {
        let Ok(der) = cms::to_der(bytes) else { return false };
        SignedData::parse(&der, cms::oid::DATA)
            .is_ok_and(|data| Some(data.content()) == self.content.as_deref())
    }

    pub(super) fn jws(&self, bytes: &[u8]) -> Opinion {
        let whole = match self.with_payload(bytes) {
            Ok(whole) => whole,
            Err(reason) => return Opinion::refused(Some(Kind::Jws), "signature-invalid", reason),
        };
        let pool = Jws::parse(&whole).map(|jws| super::certificate::read_all(jws.certificates()));
        let (trust, left_out) = self.trust(&pool.unwrap_or_default());
        match trust.inspect_jws(&whole, self.at) {
            Ok(inspected) => opinion_of(Kind::Jws, vec![inspected], left_out),
            Err(error) => Opinion::refused(Some(Kind::Jws), error.code(), words::whole(&error)),
        }
    }

    /// RFC 7515 appendix F: a detached payload is put back in its place. One that is there must be the one given.
    fn with_payload(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let parts: Vec<&[u8]> = bytes.split(|octet| *octet == b'.').collect();
        let (Some(content), [header, payload, signature]) = (&self.content, parts.as_slice()) else {
            return Ok(bytes.to_vec());
        };
        let given = URL_SAFE_NO_PAD.encode(content);
        if payload.is_empty() || *payload == given.as_bytes() {
            return Ok([header, given.as_bytes(), signature].join(&b'.'));
        }
        Err("the payload in the JWS is another than the one given".to_owned())
    }

    pub(super) fn time_stamp(&self, bytes: &[u8]) -> Opinion {
        let kind = Some(Kind::Timestamp);
        let token = match timestamp::extract(bytes) {
            Ok(token) => token,
            Err(error) => return Opinion::refused(kind, "malformed-signature", words::whole(&error)),
        };
        let parsed = match TimeStamp::parse(&token) {
            Ok(parsed) => parsed,
            Err(error) => return Opinion::refused(kind, "malformed-signature", words::whole(&error)),
        };
        let pool: Vec<_> =
            parsed.certificates().iter().filter_map(|der| Certificate::parse(der).ok()).collect();
        let (trust, left_out) = self.trust(&pool);
        let mut opinion = Opinion::undecided(Kind::Timestamp);
        let named = parsed.named(&pool).or_else(|| parsed.named(&self.known));
        opinion.signers.extend(named.map(|signer| Signatory::authority(signer, parsed.instant())));
        match trust.verify_time_stamp(&token, self.content.as_deref(), self.at) {
            Ok(stamped) => {
                opinion.reasons.push(format!("made under policy {}", stamped.policy()));
                opinion.reasons.extend(words::vouched(stamped.vouched()));
                opinion.reasons.push(match self.content {
                    Some(_) => "it is over the content given".to_owned(),
                    None => "what it is over was not given and not compared".to_owned(),
                });
            }
            Err(untrusted) => {
                opinion.count(Some(untrusted.code()));
                opinion.reasons.push(words::whole(&untrusted));
            }
        }
        opinion.reasons.extend(left_out);
        opinion
    }
}

fn certificates_of(bytes: &[u8], kind: &const_oid::ObjectIdentifier) -> Vec<Arc<Certificate>> {
    let Ok(der) = cms::to_der(bytes) else { return Vec::new() };
    // Whether the content is there makes no difference to what came along.
    let data = SignedData::parse(&der, *kind).or_else(|_| SignedData::parse_detached(&der, *kind, &[]));
    let found = data.map(|data| data.certificates().to_vec()).unwrap_or_default();
    found.into_iter().filter_map(|der| Certificate::parse(der).ok()).collect()
}

fn opinion_of(kind: Kind, inspected: Vec<Inspected>, left_out: Vec<String>) -> Opinion {
    let mut opinion = Opinion::undecided(kind);
    let several = inspected.len() > 1;
    for (number, Inspected { verdict, claimed }) in (1..).zip(inspected) {
        let reasons = match verdict {
            Ok((signer, relied)) => {
                let reasons = believed(&signer, &relied);
                opinion.signers.push(signatory(&signer));
                reasons
            }
            Err(untrusted) => {
                opinion.count(Some(untrusted.code()));
                let nobody = Signatory { iin: None, bin: None, algorithm: None, signed_at: None };
                opinion.signers.push(claimed.map_or(nobody, Into::into));
                vec![words::whole(&untrusted)]
            }
        };
        let place = |reason| if several { format!("signer {number}: {reason}") } else { reason };
        opinion.reasons.extend(reasons.into_iter().map(place));
    }
    opinion.reasons.extend(left_out);
    opinion
}

fn signatory(signer: &Signer) -> Signatory {
    Signatory {
        iin: signer.iin().cloned(),
        bin: signer.bin().cloned(),
        algorithm: Some(signer.key().to_string()),
        signed_at: signer.signed_at(),
    }
}

fn believed(signer: &Signer, relied: &Relied) -> Vec<String> {
    let statement = relied.statement();
    let found = |digest| relied.find(digest);
    let path = statement.path.iter().filter_map(found).filter_map(|item| item.as_certificate());
    let mut reasons = vec![format!("signed with {}", signer.algorithm())];
    reasons.extend(words::chain(path.map(AsRef::as_ref)));
    let sources = statement.revocation.iter().filter_map(found).filter_map(|item| item.as_source());
    reasons.extend(words::sources(sources));
    if let Some(stamp) = &statement.time_stamp {
        let instant = crate::instant::Utc(stamp.instant);
        reasons.push(format!(
            "a time-stamp says the signature existed at {instant}, under policy {}",
            stamp.policy
        ));
    }
    reasons
}
