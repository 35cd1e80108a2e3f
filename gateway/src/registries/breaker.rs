//! A breaker that stops asking a registry which does not answer, so that its silence does not hold up everything else.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::catalogue::BreakerSettings;
use crate::clock::Millis;

/// Where a breaker stands, for metrics and readiness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Questions pass.
    Closed,
    /// No question passes.
    Open,
    /// One question is out to try the registry.
    HalfOpen,
}

impl State {
    /// As metrics and readiness spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open => "open",
            State::HalfOpen => "half-open",
        }
    }
}

/// Stands for an officer.
pub type Officer = [u8; 32];

/// What a failure may be due to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The registry alone: nobody's question got as far as being read.
    Registry,
    /// Perhaps this officer's question: one that is slow to answer, or that the registry stumbles over.
    Question(Officer),
}

/// Whose questions failed in a row. One officer's alone say nothing of what others would be told.
#[derive(Clone, Copy, Debug)]
enum Affected {
    One(Officer),
    All,
}

impl Affected {
    fn with(self, blame: Blame) -> Self {
        match (self, blame) {
            (Self::One(one), Blame::Question(other)) if one == other => self,
            _ => Self::All,
        }
    }

    const fn by(blame: Blame) -> Self {
        match blame {
            Blame::Registry => Self::All,
            Blame::Question(officer) => Self::One(officer),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Position {
    Closed { failures: u32, affected: Option<Affected> },
    Open { since: Millis },
    HalfOpen,
}

/// Opens after a number of failures in a row that are not one officer's alone, lets one question through after a while, closes when that one is answered.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    position: Mutex<Position>,
}

const CLOSED: Position = Position::Closed { failures: 0, affected: None };

/// The breaker is open: seconds until a question may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tripped {
    pub retry_after: u32,
}

/// Leave to ask once. Must be settled; one that is dropped (its task ended) counts as no attempt.
#[derive(Debug)]
pub struct Passage<'a> {
    breaker: &'a Breaker,
    trial: Option<Millis>,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Self {
        Self { settings, position: Mutex::new(CLOSED) }
    }

    /// Leave to ask now.
    ///
    /// # Errors
    /// [`Tripped`] while open, and while another question is out to try the registry.
    pub fn pass(&self, now: Millis) -> Result<Passage<'_>, Tripped> {
        let mut position = self.lock();
        match *position {
            Position::Closed { .. } => Ok(Passage { breaker: self, trial: None }),
            Position::HalfOpen => Err(Tripped { retry_after: 1 }),
            Position::Open { since } => {
                let rest = i64::from(self.settings.open_seconds)
                    .saturating_mul(1000)
                    .saturating_sub(now.since(since));
                // A clock set back would keep the breaker open for as long as it was set back: try instead.
                if rest <= 0 || now < since {
                    *position = Position::HalfOpen;
                    return Ok(Passage { breaker: self, trial: Some(since) });
                }
                let seconds = rest.saturating_add(999).div_euclid(1000);
                Err(Tripped { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX) })
            }
        }
    }

    /// Where the breaker stands. An open one whose time is over still reads open until a question tries it.
    #[must_use]
    pub fn state(&self) -> State {
        match *self.lock() {
            Position::Closed { .. } => State::Closed,
            Position::Open { .. } => State::Open,
            Position::HalfOpen => State::HalfOpen,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Position> {
        // The position is a plain value: a panic elsewhere cannot have left it half written.
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage<'_> {
    /// The registry answered, whatever it said.
    pub fn answered(mut self) {
        let trial = self.trial.take().is_some();
        let mut position = self.breaker.lock();
        // A late answer from before the breaker opened says nothing of now: only the trial closes it.
        if trial || matches!(*position, Position::Closed { .. }) {
            *position = CLOSED;
        }
    }

    /// The registry did not answer, or not as a working registry does.
    pub fn failed(mut self, now: Millis, blame: Blame) {
        let trial = self.trial.take().is_some();
        let mut position = self.breaker.lock();
        match *position {
            Position::Closed { failures, affected } => {
                let failures = failures.saturating_add(1);
                let affected = affected.map_or_else(|| Affected::by(blame), |before| before.with(blame));
                let enough = failures >= self.breaker.settings.failures;
                *position = match (enough, affected) {
                    (true, Affected::All) => Position::Open { since: now },
                    _ => Position::Closed { failures, affected: Some(affected) },
                };
            }
            _ if trial => *position = Position::Open { since: now },
            _ => {}
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        // A trial nobody finished must not keep the breaker half-open for ever.
        if let Some(since) = self.trial.take() {
            *self.breaker.lock() = Position::Open { since };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerSettings { failures: 2, open_seconds: 10 })
    }

    fn tripped() -> Breaker {
        let breaker = breaker();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        breaker.pass(Millis(0)).unwrap().failed(Millis(1_000), Blame::Registry);
        breaker
    }

    #[test]
    fn opens_only_after_failures_in_a_row() {
        let breaker = breaker();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        breaker.pass(Millis(0)).unwrap().answered();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        assert_eq!(breaker.state(), State::Closed);
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        assert_eq!(breaker.state(), State::Open);
    }

    #[test]
    fn says_when_to_come_back() {
        assert_eq!(tripped().pass(Millis(1_001)).unwrap_err(), Tripped { retry_after: 10 });
        assert_eq!(tripped().pass(Millis(10_999)).unwrap_err(), Tripped { retry_after: 1 });
    }

    #[test]
    fn lets_exactly_one_question_try_and_closes_on_its_answer() {
        let breaker = tripped();
        let trial = breaker.pass(Millis(11_000)).unwrap();
        assert_eq!(breaker.state(), State::HalfOpen);
        assert!(breaker.pass(Millis(11_000)).is_err());
        trial.answered();
        assert_eq!(breaker.state(), State::Closed);
    }

    #[test]
    fn opens_again_when_the_trial_fails() {
        let breaker = tripped();
        breaker.pass(Millis(11_000)).unwrap().failed(Millis(12_000), Blame::Registry);
        assert_eq!(breaker.pass(Millis(21_000)).unwrap_err(), Tripped { retry_after: 1 });
    }

    #[test]
    fn an_abandoned_trial_can_be_tried_again() {
        let breaker = tripped();
        drop(breaker.pass(Millis(11_000)).unwrap());
        assert_eq!(breaker.state(), State::Open);
        assert!(breaker.pass(Millis(11_000)).is_ok());
    }

    #[test]
    fn a_late_answer_does_not_close_an_open_breaker() {
        let breaker = breaker();
        let late = breaker.pass(Millis(0)).unwrap();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Registry);
        late.answered();
        assert_eq!(breaker.state(), State::Open);
    }

    #[test]
    fn a_clock_set_back_does_not_keep_it_open() {
        assert!(tripped().pass(Millis(-1_000_000)).is_ok());
    }

    #[test]
    fn one_officers_failures_leave_it_closed_and_anothers_open_it() {
        let breaker = breaker();
        for _ in 0..10 {
            breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Question([1; 32]));
        }
        assert_eq!(breaker.state(), State::Closed);
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Question([2; 32]));
        assert_eq!(breaker.state(), State::Open);
    }

    #[test]
    fn an_answer_to_anybody_ends_the_row() {
        let breaker = breaker();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Question([1; 32]));
        breaker.pass(Millis(0)).unwrap().answered();
        breaker.pass(Millis(0)).unwrap().failed(Millis(0), Blame::Question([2; 32]));
        assert_eq!(breaker.state(), State::Closed);
    }
}
