//! Request ids that need not be looked for before they are taken.
//!
//! Whether an id is free was asked with everything else a request is held against ([`Known`](super::Known)). That still holds when the
//! grant is written, unless it was long ago or this node tried to take the id since: then it is asked again, before a head is
//! signed over entries that would not come to stand. Against other nodes the database decides.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::append::{key, key_order};
use crate::entry::Claim;

/// How long it holds that an id was free.
const HOLDS: Duration = Duration::from_secs(1);

/// A request id and the commitment to its signer.
pub(super) type Key = (Uuid, [u8; 32]);

/// The ids this node tried to take lately, one batch after another.
#[derive(Debug, Default)]
pub(super) struct Tried {
    newer: HashSet<Key>,
    /// Those tried before the newer ones, and not before the last batch that ended [`HOLDS`] ago.
    older: HashSet<Key>,
    turned: Option<Instant>,
}

impl Tried {
    /// The ids to be asked for before these claims are written, in key order, each once; and takes note that all are tried now.
    pub(super) fn doubtful(&mut self, claims: &[Claim], now: Instant) -> Vec<Key> {
        let holds = |since: &Instant| now.saturating_duration_since(*since) < HOLDS;
        let is_certain = |claim: &&Claim| {
            claim.unclaimed.as_ref().is_some_and(holds)
                && !self.newer.contains(&key(claim))
                && !self.older.contains(&key(claim))
        };
        let certain: HashSet<Key> = claims.iter().filter(is_certain).map(key).collect();
        let mut keys = key_order(claims);
        // A batch may take long: what was tried in it is kept for two turns, and the next begins only after it has ended.
        if !self.turned.as_ref().is_some_and(holds) {
            self.older = std::mem::take(&mut self.newer);
            self.turned = Some(now);
        }
        self.newer.extend(&keys);
        keys.retain(|key| !certain.contains(key));
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(900);

    fn claim(request: u128, unclaimed: Option<Instant>) -> Claim {
        Claim { signer: [1; 32], request: Uuid::from_u128(request), unclaimed }
    }

    fn of_one(request: u128) -> Key {
        (Uuid::from_u128(request), [1; 32])
    }

    #[test]
    fn asks_for_what_nobody_looked_at_or_long_ago() {
        let now = Instant::now();
        let mut tried = Tried::default();
        let claims = [claim(3, None), claim(2, Some(now)), claim(1, Some(now))];
        assert_eq!(tried.doubtful(&claims, now + SOON), [of_one(3)]);
        assert_eq!(tried.doubtful(&[claim(4, Some(now))], now + HOLDS), [of_one(4)]);
    }

    #[test]
    fn asks_for_what_was_tried_since_however_long_that_took() {
        let mut now = Instant::now();
        let mut tried = Tried::default();
        assert!(tried.doubtful(&[claim(1, Some(now))], now).is_empty());
        let looked = now;
        // The batch with the first took long; one turn, and another look at the id that came before it ended.
        now += 12 * HOLDS;
        let looked_late = now;
        assert!(tried.doubtful(&[claim(2, Some(now))], now).is_empty());
        assert_eq!(
            tried.doubtful(&[claim(1, Some(looked_late)), claim(1, Some(looked))], now + SOON),
            [of_one(1)]
        );
    }

    #[test]
    fn of_two_that_claim_one_id_together_neither_needs_to_be_asked_for() {
        let now = Instant::now();
        let twice = [claim(1, Some(now)), claim(1, Some(now))];
        assert!(Tried::default().doubtful(&twice, now).is_empty());
    }

    #[test]
    fn forgets_what_was_tried_long_ago() {
        let mut now = Instant::now();
        let mut tried = Tried::default();
        for request in 0..100 {
            let _ = tried.doubtful(&[claim(request, Some(now))], now);
            now += HOLDS;
        }
        assert_eq!((tried.newer.len(), tried.older.len()), (1, 1));
    }
}
