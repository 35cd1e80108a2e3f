//! The witnesses of this node's log: enough of them must have cosigned a checkpoint before a receipt over it leaves.
//!
//! So neither a database that was rolled back nor a log that tells two stories goes unseen: each would need as many witnesses
//! to have forgotten. The judgement is theirs (`witness.rs` is one); here the log is shown to them.

mod group;
mod post;
mod rounds;
mod standing;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use evidence::{Head, NodeHash, Quorum};
use tokio::sync::mpsc;

use crate::config::{self, ConfigError};
use crate::store::Store;
use crate::upstream::{Upstream, causes};
use crate::witnesses::post::{History, Post};

pub use group::{Committed, Waiting};
pub use post::PostError;
pub use rounds::Rounds;
pub use standing::Standing;

/// A checkpoint to be cosigned.
#[derive(Debug)]
pub struct Target {
    pub head: Head,
    pub checkpoint: Arc<str>,
    /// A size from which the proof is at hand, and the proof. From others it is read from the database.
    pub base: u64,
    pub proof: Vec<NodeHash>,
}

/// The witnesses and how to reach them.
#[derive(Debug)]
pub struct Witnesses {
    posts: Vec<Arc<Post>>,
    needed: usize,
    timeout: Duration,
    history: Arc<History>,
    /// The size of the newest target: an older one need not be cosigned any more.
    newest: Arc<AtomicU64>,
}

/// A configuration of witnesses that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WitnessesError {
    #[error("witnesses.witness.{0}.url is no address of a witness")]
    Address(usize),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Too few witnesses cosigned: what each that did not has to say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} of {needed} witnesses cosigned: {}", faults.join("; "))]
pub struct NoQuorum {
    pub found: usize,
    pub needed: usize,
    pub faults: Vec<String>,
}

impl Witnesses {
    /// The witnesses of the log `origin`.
    ///
    /// # Errors
    /// When an address cannot be used.
    pub fn new(
        settings: &config::Witnesses,
        quorum: &Quorum,
        upstream: &Upstream,
        store: Arc<dyn Store>,
        origin: &str,
    ) -> Result<Self, WitnessesError> {
        let mut posts = Vec::with_capacity(settings.witness.len());
        for (index, (witness, key)) in settings.witness.iter().zip(quorum.witnesses()).enumerate() {
            let post =
                Post::new(&witness.url, key.clone(), upstream).ok_or(WitnessesError::Address(index))?;
            posts.push(Arc::new(post));
        }
        let history = Arc::new(History { store, origin: origin.to_owned() });
        let timeout = settings.timeout_seconds.duration();
        Ok(Self { posts, needed: quorum.needed(), timeout, history, newest: Arc::default() })
    }

    /// Shows a checkpoint to each of them and waits for all, for whoever wants to know what each has seen.
    pub async fn survey(&self, target: &Arc<Target>) -> Vec<(String, Result<String, PostError>)> {
        let asking = self.posts.iter().map(|post| async {
            let newest = AtomicU64::new(target.head.size);
            let answer = post.cosign(target, &self.history, &newest, self.timeout).await;
            (post.name().to_owned(), answer)
        });
        futures_util::future::join_all(asking).await
    }

    /// Shows a checkpoint to all of them at once, and gives it back with the cosignatures of the first that make a quorum. The others
    /// are left to finish: what they stand at is then known.
    ///
    /// # Errors
    /// [`NoQuorum`], after the timeout at the latest.
    pub async fn ask(&self, target: Arc<Target>) -> Result<Arc<str>, NoQuorum> {
        self.newest.store(target.head.size, Ordering::Relaxed);
        let (send, mut answers) = mpsc::channel(self.posts.len().max(1));
        for post in &self.posts {
            let (post, target, send) = (Arc::clone(post), Arc::clone(&target), send.clone());
            let (history, newest, timeout) =
                (Arc::clone(&self.history), Arc::clone(&self.newest), self.timeout);
            tokio::spawn(async move {
                let answer = post.cosign(&target, &history, &newest, timeout).await;
                let _ = send.send((post, answer)).await;
            });
        }
        drop(send);
        let (mut cosigned, mut found, mut faults) = (target.checkpoint.to_string(), 0, Vec::new());
        while let Some((post, answer)) = answers.recv().await {
            match answer {
                Ok(line) => {
                    cosigned.push_str(&line);
                    found += 1;
                    if found >= self.needed {
                        return Ok(Arc::from(cosigned));
                    }
                }
                Err(error) => faults.push(format!("{}: {}", post.name(), causes(&error))),
            }
        }
        Err(NoQuorum { found, needed: self.needed, faults })
    }
}
