//! The demonstration's OCSP responders: what an authority says of single certificates when asked.

use certs::issue::crl::Reason;
use certs::issue::ocsp::{CertId, Identity, Instants, Refusal, Request, Responder, State, refuse};

use crate::demo::publications::Published;

/// Seconds an answer is good for.
const VALIDITY: i64 = 600;

impl Published {
    /// Answers a DER `OCSPRequest` as of `now`: good for what was issued and not revoked, unknown for what was not issued.
    #[must_use]
    pub fn answer(&self, question: &[u8], now: i64) -> Vec<u8> {
        let Ok(request) = Request::parse(question) else { return refuse(Refusal::MalformedRequest) };
        let responder = Responder {
            authority: self.responder.as_ref().unwrap_or(&self.authority),
            identity: Identity::Name,
            attached: self.responder.is_some(),
        };
        let instants =
            Instants { produced: now, this_update: now, next_update: Some(now.saturating_add(VALIDITY)) };
        responder
            .respond(&request, instants, |certificate| self.state(certificate, now))
            .unwrap_or_else(|_| refuse(Refusal::InternalError))
    }

    fn state(&self, certificate: &CertId, now: i64) -> State {
        let listed =
            |serials: &[Vec<u8>]| serials.iter().any(|serial| trimmed(serial) == certificate.serial());
        if !certificate.is_of(&self.authority) || !listed(&self.issued) {
            State::Unknown
        } else if listed(&self.revoked) {
            State::Revoked { since: now.saturating_sub(3_600), reason: Some(Reason::KeyCompromise) }
        } else {
            State::Good
        }
    }
}

/// A serial number as it is asked about: without leading zeros.
fn trimmed(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    serial.get(zeros..).unwrap_or_default()
}
