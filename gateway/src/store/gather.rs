//! Lookups that wait together are asked together.
//!
//! A statement costs more than the row it finds: a hop to another thread on SQLite, a round trip on PostgreSQL. While one
//! question is on its way, the keys of others gather and go out as the next. Before it goes out, every task that can run
//! has its turn: under load more keys come along; when nobody else is at work, a key goes out at once, for there is no
//! lingering. Nothing is kept: an answer is never older than the question.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use crate::turn;

/// Keys in one question.
const MOST: usize = 256;

type Answer<V> = Result<Option<V>, StoreError>;
type Waiting<K, V> = (K, oneshot::Sender<Answer<V>>);

/// A kind of lookup: keys in, values out.
pub(super) struct Gather<K, V> {
    questions: mpsc::UnboundedSender<Waiting<K, V>>,
}

impl<K, V> std::fmt::Debug for Gather<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gather")
    }
}

impl<K, V> Gather<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Starts to ask with `lookup`, which gives the values of the keys that have one.
    pub(super) fn new<F, Q>(lookup: F) -> Self
    where
        F: Fn(Vec<K>) -> Q + Send + Sync + 'static,
        Q: Future<Output = Result<HashMap<K, V>, StoreError>> + Send,
    {
        let (questions, mut waiting) = mpsc::unbounded_channel::<Waiting<K, V>>();
        tokio::spawn(async move {
            while let Some(first) = waiting.recv().await {
                let batch = turn::batch(first, MOST, || waiting.try_recv().ok()).await;
                answer(&lookup, batch).await;
            }
        });
        Self { questions }
    }

    /// The value of one key.
    pub(super) async fn ask(&self, key: K) -> Answer<V> {
        let (answer, answered) = oneshot::channel();
        self.questions.send((key, answer)).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Asks for all keys of a batch at once and tells each who waits.
async fn answer<K, V, F, Q>(lookup: &F, batch: Vec<Waiting<K, V>>)
where
    K: Eq + Hash + Clone,
    V: Clone,
    F: Fn(Vec<K>) -> Q,
    Q: Future<Output = Result<HashMap<K, V>, StoreError>>,
{
    let mut keys: Vec<K> = batch.iter().map(|(key, _)| key.clone()).collect();
    if keys.len() > 1 {
        let mut seen = HashSet::with_capacity(keys.len());
        keys.retain(|key| seen.insert(key.clone()));
    }
    let several = keys.len() > 1;
    match lookup(keys).await {
        // A row that cannot be read is nobody's trouble but his who asked for it.
        Err(StoreError::Corrupt(_)) if several => {
            for (key, waiting) in batch {
                let found = lookup(vec![key.clone()]).await;
                drop(waiting.send(found.map(|mut found| found.remove(&key))));
            }
        }
        found => {
            let found = found.map_err(Arc::new);
            for (key, waiting) in batch {
                let answer = match &found {
                    Ok(found) => Ok(found.get(&key).cloned()),
                    Err(error) => Err(StoreError::Shared(Arc::clone(error))),
                };
                // Whoever asked may have gone away.
                drop(waiting.send(answer));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Knows every even number; cannot read 13.
    fn even(asked: &Arc<AtomicUsize>) -> Gather<u32, u32> {
        let asked = Arc::clone(asked);
        Gather::new(move |keys: Vec<u32>| {
            asked.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                if keys.contains(&13) {
                    return Err(StoreError::Corrupt("thirteen".to_owned()));
                }
                Ok(keys.into_iter().filter(|key| key % 2 == 0).map(|key| (key, key * 10)).collect())
            }
        })
    }

    #[tokio::test]
    async fn keys_that_wait_together_go_out_together() {
        let asked = Arc::default();
        let gather = Arc::new(even(&asked));
        let asking = (0..100_u32).filter(|key| *key != 13).map(|key| {
            let gather = Arc::clone(&gather);
            tokio::spawn(async move { (key, gather.ask(key).await.unwrap()) })
        });
        for answered in asking.collect::<Vec<_>>() {
            let (key, found) = answered.await.unwrap();
            assert_eq!(found, (key % 2 == 0).then_some(key * 10));
        }
        assert!(asked.load(Ordering::SeqCst) <= 3, "99 keys took {} questions", asked.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_fails_only_who_asked_for_it() {
        let asked = Arc::default();
        let gather = even(&asked);
        let (two, thirteen, odd) = tokio::join!(gather.ask(2), gather.ask(13), gather.ask(7));
        assert_eq!(two.unwrap(), Some(20));
        assert!(matches!(thirteen, Err(StoreError::Corrupt(_))), "{thirteen:?}");
        assert_eq!(odd.unwrap(), None);
    }
}
