//! Opinions on revocation lists and OCSP answers.

use std::sync::Arc;

use super::certificate::read_all;
use super::{Examiner, Kind, Opinion, Signatory, words};
use crate::UnixTime;
use crate::instant::Utc;
use crate::path::{Certificate, Path};
use crate::revocation::{Answer, AnswerError, ListError, Nonce, RevocationStore, Status};

impl Examiner {
    pub(super) fn crl(&self, bytes: Vec<u8>, chain: &[Vec<u8>]) -> Opinion {
        let mut extra = read_all(chain);
        let (store, left_out) = self.store(&extra);
        extra.extend(self.known.iter().cloned());
        let mut opinion = Opinion::undecided(Kind::Crl);
        // Out of its time a list says nothing. Whether it was ever one is worth knowing all the same.
        let found = store.verify_crl(bytes.clone(), &extra, self.at);
        let found = match (found, self.at) {
            (
                Err(ListError::NotYet { this_update: then, .. } | ListError::Stale { next_update: then, .. }),
                at,
            ) if then != at => store.verify_crl(bytes, &extra, then).map(|list| (list, false)),
            (found, _) => found.map(|list| (list, true)),
        };
        match found {
            Ok((list, current)) => {
                opinion.signers.push(Signatory::authority(list.signer().leaf(), list.window().from));
                opinion.reasons.push(format!(
                    "the list of {} was made at {}, is relied on until {} and names {} certificates",
                    list.issuer().readable(),
                    Utc(list.window().from),
                    Utc(list.window().until),
                    list.len()
                ));
                self.signer(&mut opinion, &store, list.signer());
                self.in_time(&mut opinion, current);
            }
            Err(error) => {
                opinion.count(Some(error.code()));
                opinion.reasons.push(words::whole(&error));
            }
        }
        opinion.reasons.extend(left_out);
        opinion
    }

    pub(super) fn ocsp(&self, bytes: &[u8], chain: &[Vec<u8>]) -> Opinion {
        let mut extra = read_all(chain);
        let (store, left_out) = self.store(&extra);
        extra.extend(self.known.iter().cloned());
        let mut opinion = Opinion::undecided(Kind::Ocsp);
        let accept = |at| store.clone().accept_ocsp(bytes, &extra, Nonce::Unchecked, at);
        let found = match accept(self.at) {
            Err(AnswerError::NotYet { this_update: then, .. } | AnswerError::Stale { until: then, .. }) => {
                accept(then).map(|answers| (answers, false))
            }
            // Another answer given besides may be newer, which makes this one no worse as an exhibit.
            Err(AnswerError::Superseded) => self.alone(bytes, &extra).map(|answers| (answers, true)),
            found => found.map(|answers| (answers, true)),
        };
        match found {
            Ok((answers, current)) => {
                for answer in &answers {
                    opinion.signers.push(Signatory::authority(signer(answer), answer.window().from));
                    opinion.reasons.push(statement(answer));
                    if let Some(responder) = answer.responder() {
                        opinion
                            .reasons
                            .push("it was signed by a responder that the authority named".to_owned());
                        self.signer(&mut opinion, &store, responder);
                    }
                }
                self.in_time(&mut opinion, current);
            }
            Err(error) => {
                opinion.count(Some(error.code()));
                opinion.reasons.push(words::whole(&error));
            }
        }
        opinion.reasons.extend(left_out);
        opinion
    }

    fn alone(&self, bytes: &[u8], extra: &[Arc<Certificate>]) -> Result<Vec<Arc<Answer>>, AnswerError> {
        let mut store = RevocationStore::new(Arc::clone(&self.anchors), self.terms());
        store.accept_ocsp(bytes, extra, Nonce::Unchecked, self.at)
    }

    /// A signer known to be revoked spoils what it signed. One of whom nothing is known does not: lists and answers are what one learns it from.
    fn signer(&self, opinion: &mut Opinion, store: &RevocationStore, path: &Path) {
        opinion
            .reasons
            .extend(words::chain(path.certificates().iter().chain([path.anchor()]).map(AsRef::as_ref)));
        for (depth, status) in store.statuses(path, self.at).into_iter().enumerate() {
            match status {
                Status::Good { sources } => opinion.reasons.extend(words::sources(&sources)),
                Status::Revoked { at, .. } => {
                    opinion.count(Some("certificate-revoked"));
                    opinion.reasons.push(format!(
                        "the certificate at depth {depth} of its signer was revoked at {}",
                        Utc(at)
                    ));
                }
                Status::Unknown { .. } if depth == 0 && path.leaf().extensions().ocsp_no_check => {}
                Status::Unknown { why } => opinion.reasons.push(format!(
                    "whether the certificate at depth {depth} of its signer is revoked was not looked into: {why}"
                )),
            }
        }
    }

    fn in_time(&self, opinion: &mut Opinion, current: bool) {
        if !current {
            opinion.count(Some("revocation-unknown"));
            opinion.reasons.insert(0, format!("it is genuine, but says nothing as of {}", Utc(self.at)));
        }
    }
}

fn signer(answer: &Answer) -> &Certificate {
    answer.responder().map_or_else(|| answer.issuer(), |path| path.leaf())
}

fn statement(answer: &Arc<Answer>) -> String {
    let serial = answer.serial().iter().fold(String::new(), |text, octet| format!("{text}{octet:02x}"));
    let of = |instant: UnixTime| Utc(instant);
    let says = match answer.status() {
        Status::Good { .. } => "is not revoked".to_owned(),
        Status::Revoked { at, reason: Some(reason), .. } => format!("was revoked at {} ({reason:?})", of(at)),
        Status::Revoked { at, .. } => format!("was revoked at {}", of(at)),
        Status::Unknown { .. } => "is not known to the authority".to_owned(),
    };
    let window = answer.window();
    format!(
        "the certificate of {} with serial number {serial} {says}, as of {}; relied on until {}",
        answer.issuer().subject().readable(),
        of(window.from),
        of(window.until)
    )
}
