//! The load generator: HTTP/1.1 over mutual TLS, on connections that are kept.
//!
//! Latency counts from the instant a request was due, not from when it could be sent: a server that stalls pays for all
//! that waited meanwhile (no coordinated omission). In a closed loop a request is due when the answer before it came.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hdrhistogram::Histogram;
use http::{Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Fault;
use crate::tls::Offer;

/// What is sent again and again, each time with something else in it.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// As the body of a POST.
    Body { path: &'static str, media_type: &'static str },
    /// In a header of a GET: `auth_request` shows the verifier no body.
    Header { path: &'static str, name: &'static str },
    /// Nothing: a full mutual handshake, and the end.
    Handshake(Clients, Offer),
}

/// Who shakes hands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Clients {
    /// One that comes back.
    Known,
    /// Each for the first time.
    New,
}

impl Form {
    fn request(&self, signed: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
        let builder = Request::builder().header("host", "localhost");
        match self {
            Self::Body { path, media_type } => builder
                .method("POST")
                .uri(Uri::from_static(path))
                .header("content-type", *media_type)
                .body(Full::new(signed)),
            Self::Header { path, name } => builder
                .uri(Uri::from_static(path))
                .header(*name, http::HeaderValue::from_maybe_shared(signed)?)
                .body(Full::default()),
            Self::Handshake(..) => builder.body(Full::default()),
        }
    }
}

/// When requests are due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pace {
    /// As fast as answers come.
    Closed,
    /// So many a second, whether answers come or not.
    Open(u32),
}

/// Whom to ask, and how to get there.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) place: SocketAddr,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) form: Form,
}

/// What came of a load.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Microseconds.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) wall: Duration,
    pub(crate) statuses: BTreeMap<u16, u64>,
}

impl Outcome {
    fn empty() -> Result<Self, Fault> {
        // One microsecond to one minute, three digits.
        let latencies = Histogram::new_with_bounds(1, 60_000_000, 3)?;
        Ok(Self { latencies, wall: Duration::ZERO, statuses: BTreeMap::new() })
    }

    fn note(&mut self, status: u16, due: Instant) {
        let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(micros);
        *self.statuses.entry(status).or_default() += 1;
    }

    fn add(&mut self, other: &Self) -> Result<(), Fault> {
        self.latencies.add(&other.latencies)?;
        for (status, count) in &other.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        Ok(())
    }

    pub(crate) fn requests(&self) -> u64 {
        self.statuses.values().sum()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.requests() as f64 / self.wall.as_secs_f64()
    }

    /// Milliseconds within which this share of the requests was answered.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1000.0
    }

    /// A figure over answers that were not the expected ones would be a figure of something else.
    pub(crate) fn expect(&self, status: u16) -> Result<(), Fault> {
        match self.statuses.keys().find(|other| **other != status) {
            None => Ok(()),
            Some(_) => Err(format!("expected {status} throughout, got {:?}", self.statuses).into()),
        }
    }
}

/// Connects with a full handshake, as agency systems do.
pub(crate) async fn connect(target: &Target) -> Result<TlsStream<TcpStream>, Fault> {
    let socket = TcpStream::connect(target.place).await?;
    socket.set_nodelay(true)?;
    let name = ServerName::try_from("localhost")?;
    Ok(TlsConnector::from(Arc::clone(&target.tls)).connect(name, socket).await?)
}

/// So many full handshakes, by so many at once.
pub(crate) async fn shake_hands(target: &Target, count: usize, at_once: usize) -> Result<Outcome, Fault> {
    let (begun, next) = (Instant::now(), Arc::new(AtomicUsize::new(0)));
    let mut working = JoinSet::new();
    for _ in 0..at_once {
        let (target, next) = (target.clone(), Arc::clone(&next));
        working.spawn(async move {
            let mut outcome = Outcome::empty()?;
            while next.fetch_add(1, Ordering::Relaxed) < count {
                let due = Instant::now();
                let stream = connect(&target).await?;
                outcome.note(SHAKEN, due);
                part(stream).await?;
            }
            Ok::<_, Fault>(outcome)
        });
    }
    let mut total = Outcome::empty()?;
    while let Some(done) = working.join_next().await {
        total.add(&done??)?;
    }
    total.wall = begun.elapsed();
    Ok(total)
}

/// What stands for a status where none is given: under TLS 1.3 the client is done before the server has judged its certificate, so
/// that only [`part`] shows that it was let in.
pub(crate) const SHAKEN: u16 = 0;

/// Says goodbye and waits for the same: by then the server has done all that a handshake takes.
async fn part(mut stream: TlsStream<TcpStream>) -> Result<(), Fault> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    stream.shutdown().await?;
    let mut rest = [0; 64];
    match tokio::time::timeout(PARTING, stream.read(&mut rest)).await {
        Ok(Ok(0)) => Ok(()),
        Ok(Ok(_)) => Err("the server spoke before it was asked".into()),
        // A server may close without a word.
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(()),
        Ok(Err(error)) => Err(format!("the server did not let a client in: {error}").into()),
        Err(_) => Err("the server does not end a connection that its client ended".into()),
    }
}

const PARTING: Duration = Duration::from_secs(5);

/// Connections that stand.
pub(crate) struct Crew {
    form: Form,
    senders: Vec<SendRequest<Full<Bytes>>>,
}

impl Crew {
    pub(crate) async fn connect(target: &Target, connections: usize) -> Result<Self, Fault> {
        let mut senders = Vec::with_capacity(connections);
        for _ in 0..connections {
            let stream = connect(target).await?;
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            tokio::spawn(connection);
            senders.push(sender);
        }
        Ok(Self { form: target.form.clone(), senders })
    }

    /// Sends everything, at that pace, and waits for all answers.
    pub(crate) async fn send(&mut self, signed: Vec<Bytes>, pace: Pace) -> Result<Outcome, Fault> {
        let signed: Vec<Request<Full<Bytes>>> =
            signed.into_iter().map(|one| self.form.request(one)).collect::<Result<_, _>>()?;
        let queue = Queue::new(signed, pace);
        let mut working = JoinSet::new();
        let begun = Instant::now();
        for sender in self.senders.drain(..) {
            working.spawn(work(sender, Arc::clone(&queue)));
        }
        let pacing = queue.pace(pace);
        let mut total = Outcome::empty()?;
        while let Some(done) = working.join_next().await {
            let (sender, outcome) = done??;
            total.add(&outcome)?;
            self.senders.push(sender);
        }
        total.wall = begun.elapsed();
        pacing.map_or(Ok(()), |thread| thread.join().map_err(|_| "the pacemaker stopped"))?;
        Ok(total)
    }
}

type Sent = Request<Full<Bytes>>;

/// Requests that wait for a connection.
struct Queue {
    requests: Vec<std::sync::Mutex<Option<Sent>>>,
    next: AtomicUsize,
    /// One permit for each request that is due; all at once in a closed loop.
    due: tokio::sync::Semaphore,
    begun: Instant,
    every: Option<Duration>,
}

impl Queue {
    fn new(requests: Vec<Sent>, pace: Pace) -> Arc<Self> {
        let (at_once, every) = match pace {
            Pace::Closed => (requests.len(), None),
            Pace::Open(rate) => (0, Some(Duration::from_secs(1) / rate.max(1))),
        };
        Arc::new(Self {
            requests: requests.into_iter().map(|one| std::sync::Mutex::new(Some(one))).collect(),
            next: AtomicUsize::new(0),
            due: tokio::sync::Semaphore::new(at_once),
            begun: Instant::now(),
            every,
        })
    }

    /// A thread of its own lets requests become due: the runtime's timers only tick every millisecond.
    fn pace(self: &Arc<Self>, pace: Pace) -> Option<std::thread::JoinHandle<()>> {
        matches!(pace, Pace::Open(_)).then(|| {
            let queue = Arc::clone(self);
            std::thread::spawn(move || {
                for at in 0..queue.requests.len() {
                    std::thread::sleep(queue.due_at(at).saturating_duration_since(Instant::now()));
                    queue.due.add_permits(1);
                }
            })
        })
    }

    fn due_at(&self, at: usize) -> Instant {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        self.every.map_or_else(Instant::now, |every| self.begun + every * at)
    }

    async fn take(&self) -> Option<(Sent, Instant)> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = self.requests.get(at)?;
        self.due.acquire().await.ok()?.forget();
        let request = slot.lock().ok()?.take()?;
        Some((request, self.due_at(at)))
    }
}

async fn work(
    mut sender: SendRequest<Full<Bytes>>,
    queue: Arc<Queue>,
) -> Result<(SendRequest<Full<Bytes>>, Outcome), Fault> {
    let mut outcome = Outcome::empty()?;
    while let Some((request, due)) = queue.take().await {
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            frame?;
        }
        outcome.note(status, due);
    }
    Ok((sender, outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_waited_is_counted_from_when_it_was_due() {
        let queue =
            Queue::new(vec![Request::new(Full::default()), Request::new(Full::default())], Pace::Open(10));
        assert_eq!(queue.due_at(1).duration_since(queue.due_at(0)), Duration::from_millis(100));
        let mut outcome = Outcome::empty().unwrap_or_else(|error| unreachable_outcome(&error));
        outcome.note(200, Instant::now() - Duration::from_millis(250));
        assert!(outcome.quantile(0.5) >= 249.0, "{}", outcome.quantile(0.5));
        assert!(outcome.expect(200).is_ok());
        assert!(outcome.expect(403).is_err());
    }

    #[allow(clippy::panic, reason = "tests")]
    fn unreachable_outcome(error: &Fault) -> Outcome {
        panic!("{error}")
    }

    #[tokio::test]
    async fn an_open_loop_lets_nothing_become_due_early() {
        let requests = (0..20).map(|_| Request::new(Full::default())).collect();
        let queue = Queue::new(requests, Pace::Open(200));
        let pacing = queue.pace(Pace::Open(200));
        let mut taken = 0;
        while let Some((_, due)) = queue.take().await {
            assert!(Instant::now() >= due);
            taken += 1;
        }
        assert_eq!(taken, 20);
        assert!(queue.begun.elapsed() >= Duration::from_millis(95));
        assert!(pacing.is_some_and(|thread| thread.join().is_ok()));
    }
}
