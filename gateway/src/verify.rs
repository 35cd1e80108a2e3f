//! Checking receipts and evidence bundles offline, trusting a few public keys and nothing else.

use std::sync::Arc;

use certs::anchors::Anchors;
use certs::path::Certificate;
use certs::revocation::{AnswerError, ListError, Nonce, RevocationStore, Terms};
use certs::timestamp::{TimeStamp, extract};
use certs::{Envelope, EnvelopeKind, Profile, Trust as Verifier};
use evidence::signature_check::{Signatory, SignatureCheck, SignedRequest, StampedBytes};
use evidence::statement::Role;

use crate::clock::Millis;
use crate::upstream::causes;

/// Verifies the signed request in a bundle as of the instant it was accepted, from the documents in the bundle and the
/// verifier's own anchors.
#[derive(Debug)]
pub struct Signatures {
    pub anchors: Arc<Anchors>,
    /// Name of the certificate profile.
    pub profile: String,
}

impl SignatureCheck for Signatures {
    fn signed_request(&self, request: &SignedRequest<'_>) -> Result<Signatory, String> {
        let at = i64::try_from(request.at.seconds()).map_err(|_| "the instant is out of range".to_owned())?;
        let kind = EnvelopeKind::from_media_type(request.media_type)
            .ok_or_else(|| format!("the media type {} is not known", request.media_type))?;
        let known = certificates(&request.relied_on)?;
        let verifier = self.verifier(&request.relied_on, known, at)?;
        let envelope = Envelope::parse(kind, request.bytes).map_err(|error| error.to_string())?;
        let signed = envelope.read(|content| Ok::<_, String>(content.to_vec()))?;
        let verified = verifier.verify(signed, at).map_err(|error| error.to_string())?;
        let signer = verified.signer();
        let iin = signer.iin().ok_or("the certificate names no person")?.as_str().to_owned();
        let words = vec![
            format!("the signature is of kind {}, the key {}", signer.algorithm(), signer.key()),
            "the certificate led to an anchor of yours and was not revoked, by the lists and answers shown"
                .to_owned(),
        ];
        Ok(Signatory { content: verified.content().to_vec(), iin, words })
    }

    fn time_stamp(&self, stamp: &StampedBytes<'_>) -> Result<String, String> {
        let token = extract(stamp.token).map_err(|error| causes(&error))?;
        let at = TimeStamp::parse(&token).map_err(|error| causes(&error))?.instant();
        let known = certificates(&stamp.relied_on)?;
        let verifier = self.verifier(&stamp.relied_on, known, at)?;
        let stamped = verifier.verify_time_stamp(&token, Some(stamp.stamped), at);
        let stamped = stamped.map_err(|error| causes(&error))?;
        let when = Millis(at.saturating_mul(1000)).rfc3339();
        let path = stamped.vouched().path();
        let authority = path.certificates().first().map(|own| own.subject().readable()).unwrap_or_default();
        Ok(format!("{when}, by the clock of {authority}, under the policy {}", stamped.policy()))
    }
}

impl Signatures {
    fn verifier(
        &self,
        relied_on: &[(Role, &[u8])],
        known: Vec<Arc<Certificate>>,
        at: i64,
    ) -> Result<Verifier, String> {
        let profile = Profile::named(&self.profile).map_err(|error| error.to_string())?;
        let mut revocation = RevocationStore::new(Arc::clone(&self.anchors), Terms::default());
        for (role, bytes) in relied_on {
            match role {
                Role::Crl => match revocation.accept_crl(bytes.to_vec(), &known, at) {
                    // A sanction beside the request may have been verified by an older one.
                    Ok(_) | Err(ListError::Superseded) => {}
                    Err(error) => return Err(causes(&error)),
                },
                Role::Ocsp => match revocation.accept_ocsp(bytes, &known, Nonce::Unchecked, at) {
                    Ok(_) | Err(AnswerError::Superseded) => {}
                    Err(error) => return Err(causes(&error)),
                },
                _ => {}
            }
        }
        Ok(Verifier::new(Arc::clone(&self.anchors), profile, revocation).with_known(known))
    }
}

fn certificates(relied_on: &[(Role, &[u8])]) -> Result<Vec<Arc<Certificate>>, String> {
    let shown = relied_on.iter().filter(|(role, _)| *role == Role::Certificate);
    shown.map(|(_, der)| Certificate::parse(der).map_err(|error| error.to_string())).collect()
}
