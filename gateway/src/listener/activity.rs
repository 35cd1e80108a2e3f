//! What a connection is doing, and until when it may go on doing it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::Limits;

/// How long a connection that was told to close may take to do so.
const FAREWELL: Duration = Duration::from_secs(5);

/// What a connection was doing when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Between two requests.
    Idle,
    /// In the middle of a header.
    Header,
    /// A request is being worked on, or its answer is not taken.
    Request,
    /// It was told to close.
    Farewell,
}

impl Stage {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Header => "header",
            Self::Request => "request",
            Self::Farewell => "farewell",
        }
    }
}

/// The state of one connection, shared by its stream, its requests and the loop that drives it.
pub(super) struct Activity {
    header: Duration,
    request: Duration,
    idle: Duration,
    /// HTTP/2 sends control frames between requests; the time of a header cannot be told from outside.
    multiplexed: bool,
    state: Mutex<State>,
}

struct State {
    /// Beginning of each request in flight. HTTP/1 has one; HTTP/2 at most the limit of streams.
    requests: Vec<(u64, Instant)>,
    next: u64,
    header_since: Option<Instant>,
    idle_since: Instant,
    retired: bool,
}

/// A request in flight, until dropped: with the last of its answer.
pub(super) struct Ongoing {
    number: u64,
    activity: Arc<Activity>,
}

impl Activity {
    pub(super) fn new(limits: &Limits, multiplexed: bool) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            header: limits.header_seconds.duration(),
            request: limits.request_seconds.duration(),
            idle: limits.idle_seconds.duration(),
            multiplexed,
            state: Mutex::new(State {
                requests: Vec::new(),
                next: 0,
                header_since: None,
                idle_since: now,
                retired: false,
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn bytes_arrived(&self) {
        if self.multiplexed {
            return;
        }
        let mut state = self.state();
        if state.requests.is_empty() && state.header_since.is_none() {
            state.header_since = Some(Instant::now());
        }
    }

    /// A request's header is complete.
    pub(super) fn begin(self: &Arc<Self>) -> Ongoing {
        let mut state = self.state();
        let number = state.next;
        state.next = number.wrapping_add(1);
        state.header_since = None;
        state.requests.push((number, Instant::now()));
        Ongoing { number, activity: Arc::clone(self) }
    }

    /// Whether no request is in flight on an HTTP/1 connection: what is written then is none of ours.
    pub(super) fn answers_nobody(&self) -> bool {
        !self.multiplexed && self.state().requests.is_empty()
    }

    /// The connection is to close after what is in flight.
    pub(super) fn retire(&self) {
        let mut state = self.state();
        state.retired = true;
        state.idle_since = Instant::now();
    }

    pub(super) fn is_retired(&self) -> bool {
        self.state().retired
    }

    /// When the current stage must be over, and which it is.
    pub(super) fn deadline(&self) -> (Instant, Stage) {
        let state = self.state();
        // In order of arrival, so the first is the oldest.
        if let Some((_, since)) = state.requests.first() {
            return (*since + self.request, Stage::Request);
        }
        if state.retired {
            return (state.idle_since + FAREWELL, Stage::Farewell);
        }
        match state.header_since {
            Some(since) => (since + self.header, Stage::Header),
            None => (state.idle_since + self.idle, Stage::Idle),
        }
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.requests.retain(|(number, _)| *number != self.number);
        if state.requests.is_empty() {
            state.idle_since = Instant::now();
        }
    }
}
