//! How much one agency and one official may ask at a time, so that none can take the gateway from the others.
//!
//! Asked before anything is recorded: a request with a durable grant is never turned away for its number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};

use crate::config::Rates;
use crate::enrolment::Fingerprint;
use crate::refusal::{Code, Refusal};
use crate::telemetry::metrics::{self, Shed};

/// Between two sweeps of officials who have not asked for long, in checks.
const SWEEP_EVERY: usize = 4096;

/// A keyed commitment to an official's IIN, or anything else that tells officials apart without naming them.
pub type OfficerKey = [u8; 32];

/// SHA-256 of a system's client certificate.
type SystemKey = [u8; 32];

/// The limits and who is using them up.
pub struct Admission {
    agency_most: usize,
    agencies: Arc<Mutex<HashMap<Box<str>, usize>>>,
    officers: DefaultKeyedRateLimiter<OfficerKey>,
    refusals: DefaultKeyedRateLimiter<SystemKey>,
    clock: DefaultClock,
    checks: AtomicUsize,
}

/// A request of an agency in flight, until dropped.
#[must_use = "counted until dropped"]
#[derive(Debug)]
pub struct AgencyPermit {
    agency: Box<str>,
    agencies: Arc<Mutex<HashMap<Box<str>, usize>>>,
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission").field("agency_most", &self.agency_most).finish_non_exhaustive()
    }
}

impl Admission {
    /// `requests_per_agency` in flight at most, and officials and refusals at these rates.
    #[must_use]
    pub fn new(requests_per_agency: usize, rates: &Rates) -> Self {
        let quota = Quota::per_second(rates.officer_per_second).allow_burst(rates.burst);
        let refusals = Quota::per_second(rates.refusals_per_second).allow_burst(rates.refusals_burst);
        Self {
            agency_most: requests_per_agency,
            agencies: Arc::default(),
            officers: RateLimiter::dashmap(quota),
            refusals: RateLimiter::dashmap(refusals),
            clock: DefaultClock::default(),
            checks: AtomicUsize::new(0),
        }
    }

    /// One more request of the agency with this BIN. The permit goes with the request to its end, also when the client
    /// hangs up.
    ///
    /// # Errors
    /// `rate-limited` when the agency has as many in flight as it may.
    pub fn agency(&self, bin: &str) -> Result<AgencyPermit, Refusal> {
        let mut agencies = self.agencies.lock().unwrap_or_else(PoisonError::into_inner);
        let count = agencies.entry(bin.into()).or_default();
        if *count >= self.agency_most {
            metrics::shed(Shed::AgencyRequests);
            let detail = format!("the agency has {count} requests in flight, as many as it may");
            return Err(Refusal::new(Code::RateLimited, detail));
        }
        *count += 1;
        Ok(AgencyPermit { agency: bin.into(), agencies: Arc::clone(&self.agencies) })
    }

    /// One more request of this official.
    ///
    /// # Errors
    /// `rate-limited`, with the seconds after which the next one will be taken.
    pub fn officer(&self, officer: &OfficerKey) -> Result<(), Refusal> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            // Cells that are full again say nothing that a missing cell does not.
            self.officers.retain_recent();
            self.officers.shrink_to_fit();
        }
        self.officers.check_key(officer).map_err(|early| {
            metrics::shed(Shed::OfficerRate);
            self.too_fast("the signer asks faster than an official may", &early)
        })
    }

    /// One more refusal for the record of a system of which no registered user is known yet. Its log is everybody's disk: above the rate
    /// the system is told to slow down, and nothing is recorded.
    ///
    /// # Errors
    /// `rate-limited`, with the seconds after which the next one will be recorded.
    pub fn refusal(&self, system: &Fingerprint) -> Result<(), Refusal> {
        if self.refusals.len() > SWEEP_EVERY {
            self.refusals.retain_recent();
            self.refusals.shrink_to_fit();
        }
        self.refusals.check_key(&system.0).map_err(|early| {
            metrics::shed(Shed::RefusalRate);
            let detail = "the calling system is refused faster than refusals are recorded; this one is not";
            self.too_fast(detail, &early)
        })
    }

    fn too_fast(
        &self,
        detail: &str,
        early: &NotUntil<<DefaultClock as governor::clock::Clock>::Instant>,
    ) -> Refusal {
        let wait = early.wait_time_from(self.clock.now());
        let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX).max(1);
        Refusal::new(Code::RateLimited, detail).retry_after(seconds)
    }

    /// Officials and agencies that take up memory now.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let agencies = self.agencies.lock().unwrap_or_else(PoisonError::into_inner).len();
        (self.officers.len(), agencies)
    }
}

impl Drop for AgencyPermit {
    fn drop(&mut self) {
        let mut agencies = self.agencies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = agencies.get_mut(&self.agency) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                agencies.remove(&self.agency);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn admission(per_agency: usize, per_second: u32, burst: u32) -> Admission {
        let number = |n| NonZeroU32::new(n).unwrap();
        let (officer_per_second, burst) = (number(per_second), number(burst));
        let (refusals_per_second, refusals_burst) = (number(1), number(2));
        Admission::new(per_agency, &Rates { officer_per_second, burst, refusals_per_second, refusals_burst })
    }

    #[test]
    fn an_agency_at_its_limit_waits_for_its_own_requests_only() {
        let admission = admission(2, 1, 1);
        let first = admission.agency("940740000003").unwrap();
        let _second = admission.agency("940740000003").unwrap();
        let refusal = admission.agency("940740000003").unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (Code::RateLimited, Some(1)));
        let _other = admission.agency("050440000011").unwrap();
        drop(first);
        let _third = admission.agency("940740000003").unwrap();
    }

    #[test]
    fn forgets_agencies_without_requests() {
        let admission = admission(1, 1, 1);
        drop(admission.agency("940740000003").unwrap());
        assert_eq!(admission.held().1, 0);
    }

    #[test]
    fn an_official_who_asks_too_fast_is_told_when_to_come_back() {
        let per_minute = admission(1, 1, 3);
        for _ in 0..3 {
            per_minute.officer(&[1; 32]).unwrap();
        }
        let refusal = per_minute.officer(&[1; 32]).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (Code::RateLimited, Some(1)));
        per_minute.officer(&[2; 32]).unwrap();
    }

    /// SLS 16-1(1)¶1: anyone with a certificate can be refused; what is kept of it is bounded.
    #[test]
    fn a_system_that_is_refused_too_fast_is_not_recorded() {
        let admission = admission(1, 1, 1);
        let (one, other) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        admission.refusal(&one).unwrap();
        admission.refusal(&one).unwrap();
        let refusal = admission.refusal(&one).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after), (Code::RateLimited, Some(1)));
        admission.refusal(&other).unwrap();
    }

    #[test]
    fn forgets_officials_who_may_ask_freely_again() {
        let admission = admission(1, 1_000_000, 1);
        for n in 0..3 * SWEEP_EVERY {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&n.to_be_bytes());
            admission.officer(&key).unwrap();
        }
        assert!(admission.held().0 <= SWEEP_EVERY, "{} cells", admission.held().0);
    }
}
