//! The tables beside the entries: nodes, claims, documents; and that none has more than belongs there.

use evidence::Digest;
use evidence::node::stored_count;

use crate::fsck::pass::Mentioned;
use crate::fsck::{Fsck, Wrong};
use crate::store::StoreError;

/// Documents read at a time: lists of revoked certificates are large.
const PAGE: u32 = 64;

pub(super) async fn check(fsck: &Fsck, mentioned: &Mentioned, wrong: &mut Wrong) -> Result<(), StoreError> {
    tallies(fsck, wrong).await?;
    documents(fsck, mentioned, wrong).await
}

async fn tallies(fsck: &Fsck, wrong: &mut Wrong) -> Result<(), StoreError> {
    let tallies = fsck.store.tallies(&fsck.origin).await?;
    let (size, nodes) = (tallies.size, stored_count(tallies.size));
    if tallies.entries != size {
        wrong.find(format!("{} entries are stored, the head says {size}", tallies.entries));
    }
    if tallies.nodes != nodes {
        wrong.find(format!("{} nodes are stored, a log of {size} entries has {nodes}", tallies.nodes));
    }
    if tallies.claims != tallies.grants {
        let (claims, grants) = (tallies.claims, tallies.grants);
        wrong.find(format!("{claims} request ids are claimed by {grants} grants of all logs here"));
    }
    Ok(())
}

async fn documents(fsck: &Fsck, mentioned: &Mentioned, wrong: &mut Wrong) -> Result<(), StoreError> {
    let mut missing = mentioned.documents.clone();
    let mut after = None;
    loop {
        let page = fsck.store.documents_after(after.as_ref(), PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (digest, bytes) in &page {
            let digest = Digest::from_bytes(*digest);
            if Digest::of(bytes) == digest {
                missing.remove(&digest);
            } else {
                wrong.find(format!("the document {digest} is not what was kept under this digest"));
            }
        }
    }
    for (digest, index) in missing {
        wrong.find(format!("entry {index}: the document {digest} that it relies on is missing"));
    }
    Ok(())
}
