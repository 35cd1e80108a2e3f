//! The audit of a whole log from its stored rows: every leaf, node, reference and checkpoint.
//!
//! What it finds it names and goes on, so that one run tells all. It reads the rows in order and keeps little: one byte per
//! entry, and what is still open.

use std::collections::HashMap;
use std::fmt;

use crate::checkpoint::{Checkpoint, CheckpointRefused};
use crate::commitment::Commitment;
use crate::digest::Digest;
use crate::instant::UnixMillis;
use crate::key::VerifierKey;
use crate::leaf::{Event, Kind, Leaf};
use crate::leaf_bytes::LeafMalformed;
use crate::node::{NodeHash, stored_count};
use crate::tree::{Head, Tree};

/// No more findings than this are kept; the rest are counted. One changed entry spoils every later checkpoint.
pub const MAX_FINDINGS: usize = 1000;

/// One entry as stored.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its index, as stored.
    pub index: u64,
    /// The leaf's bytes.
    pub leaf: &'a [u8],
    /// The nodes stored for it: the leaf's own, then those it completed ([`Row::nodes_of`] many).
    pub nodes: &'a [NodeHash],
    /// The digest of its stored ciphertext; `None` if there is none, as after destruction.
    pub sealed: Option<Digest>,
}

impl Row<'_> {
    /// How many nodes the entry at `index` completes, and so has stored from [`crate::node::stored_count`]`(index)` on.
    #[must_use]
    pub const fn nodes_of(index: u64) -> u32 {
        1 + index.trailing_ones()
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Rows are missing, repeated or out of order.
    Index {
        /// The index that should be next.
        expected: u64,
        /// The index that was stored.
        found: u64,
    },
    /// The bytes are no leaf.
    Leaf {
        /// The entry.
        index: u64,
        /// What is wrong with them.
        why: LeafMalformed,
    },
    /// A stored node is not the one that follows from the leaves.
    Node {
        /// The entry that completes it.
        index: u64,
        /// Its stored index.
        stored: u64,
        /// Whether there is another node in its place, or none.
        missing: bool,
    },
    /// More nodes are stored for an entry than it completes.
    Surplus {
        /// The entry.
        index: u64,
    },
    /// The entry is older than the one before it.
    Time {
        /// The entry.
        index: u64,
        /// The time before it.
        before: UnixMillis,
        /// Its own.
        time: UnixMillis,
    },
    /// The outcome refers to an entry that is not an open grant: not a grant, of another request, or later.
    Grant {
        /// The outcome.
        index: u64,
        /// What it refers to.
        grant: u64,
        /// Why that cannot be.
        why: GrantMismatch,
    },
    /// The stored ciphertext is not the one that was logged.
    Sealed {
        /// The entry.
        index: u64,
    },
    /// A checkpoint is not signed by the log.
    Checkpoint {
        /// Its size, as stated.
        size: u64,
        /// Why.
        why: CheckpointRefused,
    },
    /// A checkpoint has another root than the leaves: rows were changed, or the log was forked.
    Root {
        /// Its size.
        size: u64,
        /// The root that was signed.
        signed: NodeHash,
        /// The root over the stored leaves.
        computed: NodeHash,
    },
    /// A checkpoint is larger than the log: rows were removed or rolled back.
    Shorter {
        /// The checkpoint's size.
        size: u64,
        /// The number of stored entries.
        entries: u64,
    },
}

/// Why an outcome cannot belong to the entry it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantMismatch {
    /// There is no earlier entry of that index.
    NoEntry,
    /// It is of another kind.
    NotGrant,
    /// The grant had its outcome already.
    Settled,
    /// It speaks of another request.
    OtherRequest,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index { expected, found } => write!(f, "entry {expected} is missing: the next is {found}"),
            Self::Leaf { index, why } => write!(f, "entry {index} is no leaf: {why}"),
            Self::Node { index, stored, missing: true } => {
                write!(f, "node {stored}, completed by entry {index}, is missing")
            }
            Self::Node { index, stored, missing: false } => {
                write!(f, "node {stored}, completed by entry {index}, is not the hash of what it stands for")
            }
            Self::Surplus { index } => write!(f, "entry {index} has more nodes than it completes"),
            Self::Time { index, before, time } => {
                write!(f, "entry {index} is of {time}, the one before it of {before}")
            }
            Self::Grant { index, grant, why } => {
                let why = match why {
                    GrantMismatch::NoEntry => "is not an earlier entry",
                    GrantMismatch::NotGrant => "is no grant",
                    GrantMismatch::Settled => "had its outcome already",
                    GrantMismatch::OtherRequest => "speaks of another request",
                };
                write!(f, "entry {index} is the outcome of entry {grant}, which {why}")
            }
            Self::Sealed { index } => write!(f, "the stored content of entry {index} is not what was logged"),
            Self::Checkpoint { size, why } => {
                write!(f, "the checkpoint of size {size} does not verify: {why}")
            }
            Self::Root { size, signed, computed } => {
                write!(f, "the first {size} entries have the root {computed}, the log signed {signed}")
            }
            Self::Shorter { size, entries } => {
                write!(f, "the log signed {size} entries, {entries} are stored")
            }
        }
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// What is wrong, in the order it was found. Empty: nothing.
    pub findings: Vec<Finding>,
    /// How many findings there were beyond [`MAX_FINDINGS`].
    pub more: u64,
    /// The head over the stored entries.
    pub head: Head,
    /// Grants without an outcome, by index: requests in flight, or to be marked interrupted.
    pub open: Vec<u64>,
    /// Entries whose logged content is no longer stored, by index: destroyed, or lost. The caller knows which were destroyed.
    pub without_content: Vec<u64>,
    /// How many checkpoints agreed.
    pub checkpoints: usize,
}

/// An audit in progress.
#[derive(Debug)]
pub struct Audit {
    tree: Tree,
    /// The index that should come next.
    next: u64,
    /// Rows are missing, so that nodes above the leaves can no longer be computed.
    torn: bool,
    /// By size, largest first: the next one is at the end.
    expected: Vec<Head>,
    agreed: usize,
    time: UnixMillis,
    kinds: Vec<u8>,
    open: HashMap<u64, Commitment>,
    without_content: Vec<u64>,
    findings: Vec<Finding>,
    more: u64,
}

impl Audit {
    /// Begins an audit against checkpoints of the log: the stored ones, and any that were kept elsewhere.
    #[must_use]
    pub fn new(checkpoints: &[Checkpoint], keys: &[VerifierKey]) -> Self {
        let (mut expected, mut findings) = (Vec::new(), Vec::new());
        for checkpoint in checkpoints {
            match checkpoint.verify(keys) {
                Ok(signed) => expected.push(*signed.head()),
                Err(why) => findings.push(Finding::Checkpoint { size: checkpoint.stated().size, why }),
            }
        }
        expected.sort_by_key(|head| std::cmp::Reverse(head.size));
        let mut audit = Self {
            tree: Tree::new(),
            next: 0,
            torn: false,
            expected,
            agreed: 0,
            time: UnixMillis::new(0),
            kinds: Vec::new(),
            open: HashMap::new(),
            without_content: Vec::new(),
            findings,
            more: 0,
        };
        audit.compare_head();
        audit
    }

    /// Takes the next entry, in the order of indexes.
    pub fn entry(&mut self, row: Row<'_>) {
        let index = row.index;
        if index != self.next {
            self.find(Finding::Index { expected: self.next, found: index });
            self.torn = true;
        }
        self.next = index.saturating_add(1);
        self.nodes(&row);
        match Leaf::from_bytes(row.leaf) {
            Ok(leaf) => self.leaf(index, &leaf, row.sealed),
            Err(why) => {
                self.find(Finding::Leaf { index, why });
                self.kinds.push(0);
            }
        }
        self.compare_head();
    }

    /// Ends the audit.
    #[must_use]
    pub fn finish(mut self) -> Audited {
        let head = self.tree.head();
        while let Some(beyond) = self.expected.pop() {
            self.find(Finding::Shorter { size: beyond.size, entries: head.size });
        }
        let mut open: Vec<u64> = self.open.into_keys().collect();
        open.sort_unstable();
        let (without_content, checkpoints) = (self.without_content, self.agreed);
        Audited { findings: self.findings, more: self.more, head, open, without_content, checkpoints }
    }

    fn find(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS { self.findings.push(finding) } else { self.more += 1 }
    }

    fn nodes(&mut self, row: &Row<'_>) {
        let (index, mut stored) = (row.index, stored_count(row.index));
        let mut completed = Vec::with_capacity(2);
        let pushed = self.tree.push(NodeHash::of_leaf(row.leaf), |_, node| completed.push(node));
        if self.torn {
            completed.truncate(1);
        }
        for (at, node) in completed.iter().enumerate() {
            let kept = row.nodes.get(at);
            if kept != Some(node) {
                self.find(Finding::Node { index, stored, missing: kept.is_none() });
            }
            stored += 1;
        }
        let surplus = u32::try_from(row.nodes.len()).is_ok_and(|given| given > Row::nodes_of(index));
        if pushed.is_err() || surplus {
            self.find(Finding::Surplus { index });
        }
    }

    fn leaf(&mut self, index: u64, leaf: &Leaf, sealed: Option<Digest>) {
        let kind = leaf.event.kind();
        if leaf.time < self.time {
            self.find(Finding::Time { index, before: self.time, time: leaf.time });
        }
        self.time = self.time.max(leaf.time);
        if let (Some(grant), Some(request)) = (leaf.event.grant(), leaf.event.request())
            && let Some(why) = self.settle(grant, request)
        {
            self.find(Finding::Grant { index, grant, why });
        }
        if let Event::Grant(grant) = &leaf.event {
            self.open.insert(index, grant.request);
        }
        self.kinds.push(kind.number());
        match (leaf.event.content().and_then(|content| content.sealed), sealed) {
            (Some(_), None) => self.without_content.push(index),
            (logged, stored) if logged != stored => self.find(Finding::Sealed { index }),
            _ => {}
        }
    }

    fn settle(&mut self, grant: u64, request: &Commitment) -> Option<GrantMismatch> {
        let kind = usize::try_from(grant).ok().and_then(|at| self.kinds.get(at));
        match (kind, self.open.get(&grant)) {
            // What is not there any more cannot be told from what never was.
            (_, None) if self.torn => None,
            (None, None) => Some(GrantMismatch::NoEntry),
            (Some(kind), None) if *kind != Kind::Grant.number() => Some(GrantMismatch::NotGrant),
            (Some(_), None) => Some(GrantMismatch::Settled),
            (_, Some(granted)) if granted != request => Some(GrantMismatch::OtherRequest),
            (_, Some(_)) => {
                self.open.remove(&grant);
                None
            }
        }
    }

    fn compare_head(&mut self) {
        while let Some(expected) = self.expected.pop_if(|expected| expected.size <= self.tree.size()) {
            let computed = self.tree.head().root;
            if expected.root == computed {
                self.agreed += 1;
            } else {
                let (size, signed) = (expected.size, expected.root);
                self.find(Finding::Root { size, signed, computed });
            }
        }
    }
}
