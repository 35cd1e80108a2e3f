use std::collections::HashMap;
use std::sync::Arc;

use super::{Answer, AnswerError};
use crate::UnixTime;
use crate::path::Certificate;

/// Which certificate a statement is about: the issuing key's digest, the serial number's length, the serial number.
type Key = [u8; 53];

/// Parts that are copied when one statement is added to a store that others still read. With 64 of them, adding to a store of 10,000
/// statements copies 156.
const SHARDS: usize = 64;

/// Verified OCSP statements, the newest per certificate.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    shards: Vec<Arc<HashMap<Key, Arc<Answer>>>>,
}

impl Default for Answers {
    fn default() -> Self {
        Self { shards: vec![Arc::default(); SHARDS] }
    }
}

impl Answers {
    pub(super) fn hold(&mut self, answer: Arc<Answer>) -> Result<(), AnswerError> {
        let key = key(answer.issuer(), answer.serial());
        let Some(shard) = self.shards.get_mut(shard_of(&key)) else { return Ok(()) };
        match shard.get(&key) {
            Some(held) if held.window().from > answer.window().from => return Err(AnswerError::Superseded),
            Some(held) if held.digest() == answer.digest() => return Ok(()),
            _ => {}
        }
        Arc::make_mut(shard).insert(key, answer);
        Ok(())
    }

    /// The newest statement about `certificate`, issued by `issuer`.
    pub(super) fn find(&self, issuer: &Certificate, certificate: &Certificate) -> Option<&Arc<Answer>> {
        let key = key(issuer, certificate.serial());
        let answer = self.shards.get(shard_of(&key))?.get(&key)?;
        (answer.issuer().subject() == certificate.issuer()).then_some(answer)
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.len()).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Answer>> {
        self.shards.iter().flat_map(|shard| shard.values())
    }

    pub(super) fn prune(&mut self, at: UnixTime) {
        for shard in &mut self.shards {
            if shard.values().any(|answer| answer.window().until < at) {
                Arc::make_mut(shard).retain(|_, answer| answer.window().until >= at);
            }
        }
    }
}

fn key(issuer: &Certificate, serial: &[u8]) -> Key {
    let mut key = [0; 53];
    let length = [u8::try_from(serial.len()).unwrap_or(u8::MAX)];
    let octets = issuer.key_digest().iter().chain(&length).chain(serial);
    for (place, octet) in key.iter_mut().zip(octets) {
        *place = *octet;
    }
    key
}

/// Serial numbers are random where it matters; their last octets spread the statements.
fn shard_of(key: &Key) -> usize {
    key.iter().skip(33).fold(0_usize, |sum, octet| sum.wrapping_mul(31).wrapping_add(usize::from(*octet)))
        % SHARDS
}
