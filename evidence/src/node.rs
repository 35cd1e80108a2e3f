//! Nodes of the tree: RFC 6962 section 2.1 hashes and where they are stored.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tlog_tiles::{Error, Hash, HashReader};

/// The hash of a leaf or of an interior node. Text form: padded standard base64 (RFC 4648 section 4), as in all C2SP formats.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeHash([u8; 32]);

impl NodeHash {
    /// The root of the empty tree: SHA-256 of nothing.
    pub const EMPTY: Self = Self(tlog_tiles::EMPTY_HASH.0);

    /// The hash of a leaf: SHA-256(0x00 ‖ leaf).
    #[must_use]
    pub fn of_leaf(leaf: &[u8]) -> Self {
        tlog_tiles::record_hash(leaf).into()
    }

    /// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
    #[must_use]
    pub fn of_children(left: Self, right: Self) -> Self {
        tlog_tiles::node_hash(left.into(), right.into()).into()
    }

    /// A hash that was stored or sent.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the text form; `None` if it is not the one spelling of 32 bytes.
    #[must_use]
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for NodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Hash> for NodeHash {
    fn from(hash: Hash) -> Self {
        Self(hash.0)
    }
}

impl From<NodeHash> for Hash {
    fn from(hash: NodeHash) -> Self {
        Self(hash.0)
    }
}

/// No log grows larger. The limit keeps every stored index below 2^63 (the range of an SQL `BIGINT`) and every sum in the
/// arithmetic of proofs from overflowing. At 10,000 leaves a second it is reached after 890 years.
pub const MAX_SIZE: u64 = 1 << 48;

/// Where complete nodes are stored: the n-th node at a level, numbered in the order in which appending completes them. See
/// [`tlog_tiles::stored_hash_index`]. A tree of n leaves has fewer than 2n stored nodes, densely numbered from 0.
///
/// `None` beyond a tree of [`MAX_SIZE`] leaves.
#[must_use]
pub fn stored_index(level: u8, number: u64) -> Option<u64> {
    let leaves = number.checked_add(1)?.checked_mul(1_u64.checked_shl(u32::from(level))?)?;
    (leaves <= MAX_SIZE).then(|| tlog_tiles::stored_hash_index(level, number))
}

/// How many nodes a tree of `size` leaves has stored.
#[must_use]
pub fn stored_count(size: u64) -> u64 {
    tlog_tiles::stored_hash_count(size.min(MAX_SIZE))
}

/// Stored nodes, by stored index.
///
/// A set fetched with one query, or the whole tree in memory: proofs say first which nodes they need.
pub trait NodeSource {
    /// The node at this stored index, if it is there.
    fn node(&self, stored: u64) -> Option<NodeHash>;
}

impl<S: BuildHasher> NodeSource for HashMap<u64, NodeHash, S> {
    fn node(&self, stored: u64) -> Option<NodeHash> {
        self.get(&stored).copied()
    }
}

impl NodeSource for BTreeMap<u64, NodeHash> {
    fn node(&self, stored: u64) -> Option<NodeHash> {
        self.get(&stored).copied()
    }
}

/// All nodes of a tree, in the order of their stored indexes.
impl NodeSource for [NodeHash] {
    fn node(&self, stored: u64) -> Option<NodeHash> {
        self.get(usize::try_from(stored).ok()?).copied()
    }
}

impl NodeSource for Vec<NodeHash> {
    fn node(&self, stored: u64) -> Option<NodeHash> {
        self.as_slice().node(stored)
    }
}

/// Lets the library's proof functions read from a [`NodeSource`], remembering which node was not there.
pub(crate) struct Reading<'a, S: ?Sized> {
    source: &'a S,
    missing: std::cell::Cell<Option<u64>>,
}

impl<'a, S: NodeSource + ?Sized> Reading<'a, S> {
    pub(crate) const fn new(source: &'a S) -> Self {
        Self { source, missing: std::cell::Cell::new(None) }
    }

    pub(crate) const fn missing(&self) -> Option<u64> {
        self.missing.get()
    }
}

impl<S: NodeSource + ?Sized> HashReader for Reading<'_, S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        let read = |index: &u64| {
            self.source.node(*index).map(Hash::from).ok_or_else(|| {
                self.missing.set(Some(*index));
                Error::IndexesNotInTree
            })
        };
        indexes.iter().map(read).collect()
    }
}

/// Notes which nodes the library's proof functions ask for. The hashes it hands out are never looked at.
#[derive(Default)]
pub(crate) struct Asking(std::cell::RefCell<Vec<u64>>);

impl Asking {
    pub(crate) fn into_indexes(self) -> Vec<u64> {
        self.0.into_inner()
    }
}

impl HashReader for Asking {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, Error> {
        self.0.borrow_mut().extend_from_slice(indexes);
        Ok(vec![tlog_tiles::EMPTY_HASH; indexes.len()])
    }
}
