//! What the witnesses say of a log: only they can tell that it was rolled back as a whole.

use std::sync::Arc;

use crate::entry::Head;
use crate::store::{Store, StoreError};
use crate::upstream::causes;
use crate::witnesses::{PostError, Target, Witnesses};

/// A log that grows meanwhile is asked about anew; so often and no more.
const ATTEMPTS: usize = 5;

/// Shows the stored head to each witness. Gives back what is wrong, and what could not be found out.
///
/// # Errors
/// When the head cannot be read.
pub async fn survey(
    store: &dyn Store,
    origin: &str,
    witnesses: &Witnesses,
) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for _ in 0..ATTEMPTS {
        (wrong, unknown) = (Vec::new(), Vec::new());
        let Some(head) = store.head(origin).await? else { break };
        for (name, answer) in witnesses.survey(&Arc::new(target(&head))).await {
            match answer {
                Ok(_) => {}
                Err(error) if error.is_split() => wrong.push((name, error)),
                Err(error) => {
                    unknown.push(format!("the witness {name} could not be asked: {}", causes(&error)));
                }
            }
        }
        let now = store.head(origin).await?.map_or(0, |head| head.size);
        let outgrown = |error: &PostError| matches!(error, PostError::Ahead { theirs, .. } if *theirs <= now);
        if !wrong.iter().any(|(_, error)| outgrown(error)) {
            break;
        }
    }
    let words = wrong.into_iter().map(|(name, error)| format!("the witness {name}: {error}"));
    Ok((words.collect(), unknown))
}

fn target(head: &Head) -> Target {
    let stated = evidence::Head { size: head.size, root: evidence::NodeHash::from_bytes(head.root) };
    Target { head: stated, checkpoint: Arc::from(head.checkpoint.as_str()), base: 0, proof: Vec::new() }
}
