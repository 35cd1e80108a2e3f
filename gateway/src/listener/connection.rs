//! One connection, from the accept to the last byte.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::AlertDescription;
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::activity::{Activity, Stage};
use super::pending::Ticket;
use super::service::Requests;
use super::watched::Watched;
use super::{House, Peer};
use crate::config::Limits;
use crate::enrolment::Fingerprint;
use crate::telemetry::metrics::{self, Handshake, Shed};

/// HTTP/2 receive window of a connection; a stream's is that of its body limit, at most this.
const WINDOW: u32 = 1024 * 1024;

/// Streams a client may open and reset before we have seen them (CVE-2023-44487); h2's own default, made explicit.
const RESETS: usize = 20;

/// Streams we may have to reset for a client's faults before it has to go (CVE-2025-8671).
const FAULTS: usize = 64;

/// What a connection may buffer for HTTP/1; a header must fit, a body passes through.
const BUFFER: usize = 64 * 1024;

/// Serves one accepted connection until it ends.
pub(super) async fn serve(
    house: Arc<House>,
    stream: TcpStream,
    address: SocketAddr,
    number: u64,
    ticket: Ticket,
) {
    let _open = metrics::Ongoing::connection(house.name);
    // Without it an answer in two writes waits for the client's delayed acknowledgement: 44 ms.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // Each stage is a box of its own: ten thousand idle connections should not carry the largest stage's size around.
    match &house.tls {
        None => {
            drop(ticket);
            let activity = Activity::new(&house.limits, false);
            let requests = Requests::new(Arc::clone(&house), None, Arc::clone(&activity));
            let connection = Box::pin(http1(&house.limits, stream, &activity, requests));
            drive(&house, connection, &activity).await;
        }
        Some(tls) => {
            let acceptor = TlsAcceptor::from(tls.load_full());
            let stream = Box::pin(shake_hands(&house, acceptor, stream, ticket)).await;
            if let Some(stream) = stream {
                Box::pin(serve_tls(house, stream, address, number)).await;
            }
        }
    }
}

/// The handshake; `None` if it came to nothing.
async fn shake_hands(
    house: &House,
    acceptor: TlsAcceptor,
    stream: TcpStream,
    mut ticket: Ticket,
) -> Option<Box<TlsStream<TcpStream>>> {
    let _ongoing = metrics::Ongoing::handshake(house.name);
    let time = house.limits.handshake_seconds.duration();
    let accepted = tokio::select! {
        () = ticket.shed() => Err(Handshake::Shed),
        accepted = tokio::time::timeout(time, acceptor.accept(stream)) => match accepted {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(culprit(&error)),
            Err(_) => Err(Handshake::TimedOut),
        },
    };
    let outcome = accepted.as_ref().err().copied().unwrap_or(Handshake::Completed);
    metrics::handshake(house.name, outcome);
    if outcome != Handshake::Completed {
        // The error's own words may quote a certificate, and a certificate names a person.
        tracing::debug!(listener = house.name, outcome = outcome.name(), "handshake failed");
    }
    accepted.ok()
}

fn culprit(error: &std::io::Error) -> Handshake {
    let rustls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match rustls {
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Handshake::Untrusted
        }
        Some(rustls::Error::AlertReceived(AlertDescription::UnknownCA)) => Handshake::Untrusted,
        _ => Handshake::Failed,
    }
}

async fn serve_tls(house: Arc<House>, stream: Box<TlsStream<TcpStream>>, address: SocketAddr, number: u64) {
    let (_, session) = stream.get_ref();
    // The verifier lets nobody in without one.
    let Some(chain) = session.peer_certificates() else { return };
    let Some(certificate) = chain.first() else { return };
    if let Some(group) = session.negotiated_key_exchange_group() {
        metrics::key_exchange(house.name, group.name().as_str().unwrap_or("other"));
    }
    let multiplexed = session.alpn_protocol() == Some(b"h2");
    let peer = Peer {
        fingerprint: Fingerprint::of(certificate),
        chain: chain.iter().cloned().map(CertificateDer::into_owned).collect(),
        address,
        connection: number,
    };
    let counted = house.connections.count(peer.fingerprint);
    let activity = Activity::new(&house.limits, multiplexed);
    let mut requests = Requests::new(Arc::clone(&house), Some(peer), Arc::clone(&activity));
    if counted.is_none() {
        // It gets one clear answer instead of a closed door.
        metrics::shed(Shed::SystemConnections);
        requests = requests.turning_away();
    }
    if multiplexed {
        drive(&house, Box::pin(http2(&house.limits, stream, &activity, requests)), &activity).await;
    } else {
        drive(&house, Box::pin(http1(&house.limits, stream, &activity, requests)), &activity).await;
    }
}

type Io<S> = TokioIo<Watched<S>>;

fn http1<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    limits: &Limits,
    stream: S,
    activity: &Arc<Activity>,
    requests: Requests,
) -> http1::Connection<Io<S>, Requests> {
    let io = TokioIo::new(Watched::new(stream, Arc::clone(activity)));
    http1::Builder::new()
        .timer(TokioTimer::new())
        // Counted by `Activity`: hyper's own counts the pause between two requests as part of the header.
        .header_read_timeout(None)
        // A client may close its side after the request and still wait for the answer.
        .half_close(true)
        .max_headers(limits.headers.get())
        .max_header_size(usize::try_from(limits.header_bytes.get()).unwrap_or(BUFFER))
        .max_buf_size(BUFFER)
        .serve_connection(io, requests)
}

fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    limits: &Limits,
    stream: S,
    activity: &Arc<Activity>,
    requests: Requests,
) -> http2::Connection<Io<S>, Requests, TokioExecutor> {
    let io = TokioIo::new(Watched::new(stream, Arc::clone(activity)));
    let window = u32::try_from(limits.body.get()).unwrap_or(WINDOW).clamp(u32::from(u16::MAX), WINDOW);
    http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams.get())
        .max_header_list_size(limits.header_bytes.get())
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(FAULTS)
        .initial_stream_window_size(window)
        .initial_connection_window_size(WINDOW)
        .serve_connection(io, requests)
}

/// What `http1` and `http2` connections have in common.
trait Connection: Future<Output = hyper::Result<()>> {
    /// Finishes what is in flight, then closes: no keep-alive (HTTP/1), GOAWAY (HTTP/2).
    fn close(self: Pin<&mut Self>);
}

impl<S: AsyncRead + AsyncWrite + Unpin + 'static> Connection for http1::Connection<Io<S>, Requests> {
    fn close(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Connection
    for http2::Connection<Io<S>, Requests, TokioExecutor>
{
    fn close(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Drives a connection to its end: its own, the drain's, or that of its client's time.
async fn drive(house: &House, mut connection: Pin<Box<impl Connection>>, activity: &Activity) {
    let mut draining = pin!(house.drain.begun());
    let mut timer = pin!(tokio::time::sleep_until(activity.deadline().0));
    let mut closing = false;
    let overdue = poll_fn(|cx| {
        if !closing && draining.as_mut().poll(cx).is_ready() {
            activity.retire();
        }
        loop {
            if !closing && activity.is_retired() {
                closing = true;
                connection.as_mut().close();
            }
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if !closing && activity.is_retired() {
                continue;
            }
            match overdue(timer.as_mut(), activity, cx) {
                Poll::Pending => return Poll::Pending,
                // An idle connection is told to close, and polled once more to say so.
                Poll::Ready(Stage::Idle) if !closing => activity.retire(),
                Poll::Ready(stage) => return Poll::Ready(Some(stage)),
            }
        }
    })
    .await;
    if let Some(stage) = overdue {
        metrics::overdue(house.name, stage.name());
    }
}

/// Ready when the current stage has lasted too long. The timer is moved only to earlier instants; when it fires early,
/// it is set anew. So a busy connection does not touch it at every request.
fn overdue(mut timer: Pin<&mut Sleep>, activity: &Activity, cx: &mut Context<'_>) -> Poll<Stage> {
    loop {
        let (deadline, stage) = activity.deadline();
        if deadline < timer.deadline() {
            timer.as_mut().reset(deadline);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if deadline <= Instant::now() {
            return Poll::Ready(stage);
        }
        timer.as_mut().reset(deadline);
    }
}
