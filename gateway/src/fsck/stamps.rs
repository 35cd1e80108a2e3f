//! Time-stamped checkpoints: each must be one that this log has had, and its time-stamp one that an authority made over it.

use evidence::signature_check::{SignatureCheck as _, StampedBytes};
use evidence::statement::Role;
use evidence::{Checkpoint, Digest};

use crate::entry::StampedHead;
use crate::fsck::{Fsck, Wrong, stated};
use crate::store::StoreError;

/// Time-stamps read at a time.
const PAGE: u32 = 64;

/// Adds the stamped checkpoints to those the log must agree with. Gives how many time-stamps verify.
pub(super) async fn check(
    fsck: &Fsck,
    checkpoints: &mut Vec<Checkpoint>,
    wrong: &mut Wrong,
) -> Result<usize, StoreError> {
    let (mut covered, mut sound) = (0, 0);
    loop {
        let page = match fsck.store.stamps(&fsck.origin, covered, PAGE).await {
            Err(StoreError::Corrupt(why)) => {
                wrong.find(format!("the time-stamps beyond entry {covered} cannot be read: {why}"));
                break;
            }
            page => page?,
        };
        let Some(last) = page.last() else { break };
        covered = last.head.size;
        for stamp in &page {
            let size = stamp.head.size;
            let Some(checkpoint) =
                stated(&format!("time-stamped head of {size} entries"), &stamp.head, wrong)
            else {
                continue;
            };
            match verify(fsck, stamp, &checkpoint).await? {
                Ok(()) => sound += 1,
                Err(why) => wrong.find(format!("the time-stamp on the head of {size} entries: {why}")),
            }
            checkpoints.push(checkpoint);
        }
    }
    Ok(sound)
}

async fn verify(
    fsck: &Fsck,
    stamp: &StampedHead,
    checkpoint: &Checkpoint,
) -> Result<Result<(), String>, StoreError> {
    let mut held: Vec<(Role, Vec<u8>)> = Vec::with_capacity(stamp.relied_on.len());
    for item in &stamp.relied_on {
        match fsck.store.document(item.digest.as_bytes()).await? {
            Some(bytes) if Digest::of(&bytes) == item.digest => held.push((item.role, bytes)),
            Some(_) => return Ok(Err(format!("the document {} is not what was kept", item.digest))),
            None => return Ok(Err(format!("the document {} that it relies on is missing", item.digest))),
        }
    }
    let Some(signatures) = &fsck.signatures else { return Ok(Ok(())) };
    let relied_on = held.iter().map(|(role, bytes)| (*role, bytes.as_slice())).collect();
    let stamped = StampedBytes { token: &stamp.token, stamped: checkpoint.body(), relied_on };
    Ok(signatures.time_stamp(&stamped).map(|_| ()))
}
