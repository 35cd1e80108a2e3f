//! One witness, over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use evidence::checkpoint::{CheckpointMalformed, MAX_CHECKPOINT};
use evidence::proof::{NotProvable, consistency_nodes, prove_consistency};
use evidence::witness::{AddCheckpoint, conflict_size, cosigned_by};
use evidence::{Checkpoint, NodeHash, VerifierKey};
use http::{Request, Uri};
use http_body_util::Full;
use rustls_pki_types::ServerName;
use tokio::sync::Mutex;

use crate::store::{Store, StoreError};
use crate::upstream::{Limits, Line, LineError, Upstream};
use crate::witnesses::Target;

/// A witness is asked from where it is believed to stand, then from where it says it does; once more if it moved meanwhile.
const ATTEMPTS: usize = 3;

/// Where proofs from any earlier size come from.
#[derive(Debug)]
pub(super) struct History {
    pub(super) store: Arc<dyn Store>,
    pub(super) origin: String,
}

/// Why a witness did not cosign.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("it cannot be reached")]
    Unreachable(#[from] LineError),
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("it has cosigned {theirs} entries of this log, which has {ours}: the log was rolled back")]
    Ahead { theirs: u64, ours: u64 },
    #[error("it has cosigned another log of this name: the log is forked")]
    Forked,
    #[error("it answered {0}")]
    Refused(u16),
    #[error("its answer holds no cosignature by its key")]
    Unsigned,
    #[error("the checkpoint is no longer the newest")]
    Overtaken,
    #[error("the checkpoint cannot be read")]
    Checkpoint(#[from] CheckpointMalformed),
    #[error("the nodes of a proof cannot be read")]
    Store(#[from] StoreError),
    #[error("there is no proof")]
    Proof(#[from] NotProvable),
}

impl PostError {
    /// Whether the witness has seen another past than this log's: no fault of the network.
    #[must_use]
    pub const fn is_split(&self) -> bool {
        matches!(self, Self::Ahead { .. } | Self::Forked)
    }
}

/// A witness and what is known of it.
#[derive(Debug)]
pub(super) struct Post {
    key: VerifierKey,
    address: Uri,
    line: Line,
    /// The size it cosigned last, as far as known. One request at a time: the next begins where this one ended.
    stands: Mutex<Option<u64>>,
    /// Whether it failed last, so that only changes are told.
    faulty: AtomicBool,
}

impl Post {
    /// `None` if the address is none.
    pub(super) fn new(url: &str, key: VerifierKey, upstream: &Upstream) -> Option<Self> {
        let address: Uri = format!("{}/add-checkpoint", url.trim_end_matches('/')).parse().ok()?;
        let host = address.host()?.trim_matches(|c| matches!(c, '[' | ']')).to_owned();
        let line = upstream.open_line(ServerName::try_from(host).ok()?);
        Some(Self { key, address, line, stands: Mutex::default(), faulty: AtomicBool::new(false) })
    }

    /// The witness's name.
    pub(super) fn name(&self) -> &str {
        self.key.name()
    }

    /// The witness's cosignature line over the target.
    ///
    /// # Errors
    /// [`PostError`].
    pub(super) async fn cosign(
        &self,
        target: &Target,
        history: &History,
        newest: &AtomicU64,
        timeout: Duration,
    ) -> Result<String, PostError> {
        let asking = tokio::time::timeout(timeout, self.converse(target, history, newest, timeout));
        let answer = asking.await.unwrap_or(Err(PostError::Late(timeout)));
        self.tell(answer.as_ref().err());
        answer
    }

    async fn converse(
        &self,
        target: &Target,
        history: &History,
        newest: &AtomicU64,
        timeout: Duration,
    ) -> Result<String, PostError> {
        let mut stands = self.stands.lock().await;
        let ours = target.head.size;
        if newest.load(Ordering::Relaxed) > ours {
            return Err(PostError::Overtaken);
        }
        // Where it stands is not known until it answers: this may be dropped at the timeout.
        let mut old = stands.take().filter(|size| *size <= ours).unwrap_or(0);
        for _ in 0..ATTEMPTS {
            let checkpoint = Checkpoint::parse(&target.checkpoint)?;
            let proof = history.proof(target, old).await?;
            let request = AddCheckpoint { old, proof, checkpoint };
            let (status, body) = self.post(request.to_body(), timeout).await?;
            match (status, conflict_size(&body)) {
                (200, _) => {
                    *stands = Some(ours);
                    return self.line(&request.checkpoint, &body);
                }
                (409, Some(theirs)) if theirs > ours => return Err(PostError::Ahead { theirs, ours }),
                (409, Some(theirs)) if theirs == old => return Err(PostError::Forked),
                (409, Some(theirs)) => old = theirs,
                (422, _) => return Err(PostError::Forked),
                (other, _) => return Err(PostError::Refused(other)),
            }
        }
        Err(PostError::Refused(409))
    }

    async fn post(&self, body: String, deadline: Duration) -> Result<(u16, String), PostError> {
        let request = Request::post(self.address.clone()).body(Full::new(Bytes::from(body)));
        let request = request.map_err(|_| PostError::Refused(0))?;
        let answer = self.line.fetch(request, Limits { deadline, max_bytes: MAX_CHECKPOINT }).await?;
        Ok((answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// The one line of the answer that is this witness's, verified.
    fn line(&self, checkpoint: &Checkpoint, answer: &str) -> Result<String, PostError> {
        let cosigned = cosigned_by(checkpoint, answer, &self.key).ok_or(PostError::Unsigned)?;
        let line = cosigned.to_string().strip_prefix(&checkpoint.to_string()).map(str::to_owned);
        line.ok_or(PostError::Unsigned)
    }

    fn tell(&self, error: Option<&PostError>) {
        let witness = self.name();
        match error {
            Some(PostError::Overtaken) => {}
            Some(error) => {
                let before = self.faulty.swap(true, Ordering::Relaxed);
                if error.is_split() {
                    let error = error as &dyn std::error::Error;
                    tracing::error!(witness, error, "a witness has seen another past of this log");
                } else if !before {
                    tracing::warn!(
                        witness,
                        error = error as &dyn std::error::Error,
                        "a witness does not cosign"
                    );
                }
            }
            None => {
                if self.faulty.swap(false, Ordering::Relaxed) {
                    tracing::info!(witness, "the witness cosigns again");
                }
            }
        }
    }
}

impl History {
    /// The proof that the target's tree begins with the tree of `old` entries.
    async fn proof(&self, target: &Target, old: u64) -> Result<Vec<NodeHash>, PostError> {
        let size = target.head.size;
        if old == 0 || old == size {
            return Ok(Vec::new());
        }
        if old == target.base {
            return Ok(target.proof.clone());
        }
        let wanted = consistency_nodes(size, old)?;
        let found = self.store.nodes(&self.origin, &wanted).await?;
        let nodes: std::collections::BTreeMap<u64, NodeHash> =
            wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
        Ok(prove_consistency(size, old, &nodes)?)
    }
}
