//! Checkpoints of this node's log, time-stamped by an authority on a schedule (RFC 3161): by a clock of somebody else, the log was then
//! as it was.
//!
//! What is stamped is the text that the log signed, and the witnesses cosigned where there are any. Who made the time-stamp is
//! verified before it is kept, and all that says so is kept with it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use certs::Untrusted;
use certs::algorithm::AlgorithmError;
use certs::timestamp::{MalformedToken, StampRequest, TimeStamp, extract};
use evidence::Checkpoint;
use evidence::checkpoint::CheckpointMalformed;
use evidence::statement::Item;
use http::header::CONTENT_TYPE;
use http::{Request, Uri};
use http_body_util::Full;
use rustls_pki_types::ServerName;

use crate::clock::{Clock, Millis};
use crate::config::TimeStamps;
use crate::entry::{Head, StampedHead};
use crate::paper::Paper;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics;
use crate::trust::Trust;
use crate::upstream::{Limits, Line, LineError, Upstream};
use crate::witnesses::Standing;

/// An authority answers at once or not at all.
const LIMITS: Limits = Limits { deadline: Duration::from_secs(10), max_bytes: 64 * 1024 };
/// How soon it is asked again after a failure, unless the schedule is closer.
const RETRY: Duration = Duration::from_secs(60);
/// Random octets of a request.
const NONCE: usize = 16;
/// How far the authority's clock may be from this node's, in seconds. Beyond it one of the two is wrong, and a token proves little.
const CLOCKS_DIFFER: u64 = 300;

/// Why a checkpoint was not time-stamped. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the checkpoint cannot be read")]
    Checkpoint(#[from] CheckpointMalformed),
    #[error("the request cannot be made")]
    Request,
    #[error("the digest is not available")]
    Digest(#[from] AlgorithmError),
    #[error("the authority cannot be reached")]
    Line(#[from] LineError),
    #[error("the authority answered {0}")]
    Status(u16),
    #[error("the authority's answer is no time-stamp")]
    Malformed(#[from] MalformedToken),
    #[error("the time-stamp answers another request")]
    Nonce,
    #[error("the authority says {stated}, the clock here {now}")]
    Clocks { stated: String, now: String },
    #[error("the time-stamp is not believed")]
    Untrusted(#[from] Untrusted),
}

/// Has one log time-stamped.
#[derive(Debug)]
pub struct Stamper {
    pub address: Uri,
    pub line: Line,
    pub every: Duration,
    pub origin: Arc<str>,
    pub store: Arc<dyn Store>,
    pub standing: Arc<Standing>,
    pub trust: Arc<Trust>,
    pub clock: Arc<dyn Clock>,
}

/// Where requests go, and the connections to it; `None` if the address is none.
#[must_use]
pub fn reach(settings: &TimeStamps, upstream: &Upstream) -> Option<(Uri, Line)> {
    let address: Uri = settings.url.parse().ok()?;
    let host = address.host()?.trim_matches(|c| matches!(c, '[' | ']')).to_owned();
    Some((address, upstream.open_line(ServerName::try_from(host).ok()?)))
}

impl Stamper {
    /// Has it stamped for ever.
    pub async fn run(self) {
        loop {
            let pause = match self.round().await {
                Ok(true) => self.every,
                Ok(false) => self.every.min(RETRY),
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the log was not time-stamped");
                    metrics::time_stamp_failed();
                    self.every.min(RETRY)
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Has the newest checkpoint stamped, if the log grew since the last one; `false` if it did not.
    ///
    /// # Errors
    /// [`StampError`]; nothing is kept then.
    pub async fn round(&self) -> Result<bool, StampError> {
        let head = match self.standing.is_asked() {
            true => self.store.cosigned(&self.origin).await?,
            false => self.store.head(&self.origin).await?,
        };
        let last = self.store.newest_stamp(&self.origin).await?.map_or(0, |stamp| stamp.head.size);
        let Some(head) = head.filter(|head| head.size > last) else { return Ok(false) };
        let (stamp, instant, papers) = self.stamp(head).await?;
        // What it names must be there before it.
        self.store.keep_documents(&papers).await?;
        self.store.put_stamp(&self.origin, &stamp).await?;
        metrics::time_stamped(instant);
        Ok(true)
    }

    async fn stamp(&self, head: Head) -> Result<(StampedHead, i64, Documents), StampError> {
        let checkpoint = Checkpoint::parse(&head.checkpoint)?;
        let (token, nonce) = self.ask(checkpoint.body()).await?;
        let read = TimeStamp::parse(&token)?;
        if read.nonce() != Some(nonce.as_slice()) {
            return Err(StampError::Nonce);
        }
        let (instant, now) = (read.instant(), self.clock.now());
        if now.seconds().abs_diff(instant) > CLOCKS_DIFFER {
            let stated = Millis(instant.saturating_mul(1000)).rfc3339();
            return Err(StampError::Clocks { stated, now: now.rfc3339() });
        }
        // As of the instant it states, as everybody will who checks it later.
        let stamped = self.trust.current().verify_time_stamp(&token, Some(checkpoint.body()), instant)?;
        let (mut relied_on, mut documents) = (Vec::new(), Vec::new());
        for item in stamped.into_items() {
            let paper = Paper::relied(&item, &[0; 32]);
            relied_on.push(Item {
                role: paper.role,
                media_type: paper.media_type.to_owned(),
                digest: paper.digest,
            });
            documents.push((*paper.digest.as_bytes(), item.bytes().to_vec()));
        }
        Ok((StampedHead { head, token, relied_on }, instant, documents))
    }

    /// The token for `stamped`, and the nonce it must repeat.
    async fn ask(&self, stamped: &[u8]) -> Result<(Vec<u8>, Vec<u8>), StampError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StampError::Request)?;
        let question = StampRequest::new(stamped, &nonce)?;
        let request = Request::post(self.address.clone()).header(CONTENT_TYPE, "application/timestamp-query");
        let request = request.body(Full::new(Bytes::copy_from_slice(question.der())));
        let answer = self.line.fetch(request.map_err(|_| StampError::Request)?, LIMITS).await?;
        if !answer.status.is_success() {
            return Err(StampError::Status(answer.status.as_u16()));
        }
        Ok((extract(&answer.body)?, question.nonce().to_vec()))
    }
}

/// Documents with their digests.
type Documents = Vec<([u8; 32], Vec<u8>)>;
