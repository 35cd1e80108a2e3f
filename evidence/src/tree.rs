//! The growing edge of the log: appends batches of leaves without reading the tree.
//!
//! A tree of n leaves is a row of complete subtrees, one for each bit that is set in n (RFC 6962 section 2.1). Their roots,
//! the peaks, are all that appending needs. A batch yields the nodes to store in the same transaction, the new head, and
//! the inclusion proof of each of its leaves: every left sibling on the way from a new leaf to the root is either a peak of
//! the old tree or was made by the batch.

use crate::node::{MAX_SIZE, NodeHash, NodeSource, stored_index};
use crate::proof::prove_consistency;

/// The size and root of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head {
    /// The number of leaves.
    pub size: u64,
    /// The Merkle tree hash over them.
    pub root: NodeHash,
}

impl Head {
    /// The head of a log without leaves.
    pub const EMPTY: Self = Self { size: 0, root: NodeHash::EMPTY };
}

/// A batch does not fit: the log would exceed [`MAX_SIZE`] leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log of {size} leaves cannot take {added} more: the limit is {MAX_SIZE}")]
pub struct LogFull {
    /// Leaves now.
    pub size: u64,
    /// Leaves in the batch.
    pub added: usize,
}

/// A tree cannot be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRestored {
    /// A stored node that the edge needs is not there.
    #[error("stored node {0} is missing")]
    Missing(u64),
    /// No log is this large.
    #[error("a log of {0} leaves exceeds the limit of {MAX_SIZE}")]
    Size(u64),
}

/// The edge of a tree: its size and peaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// By level; `Some` exactly where the bit of `size` is set.
    peaks: Vec<Option<NodeHash>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// The stored indexes that [`Tree::restore`] reads: one for each bit set in `size`.
    #[must_use]
    pub fn edge(size: u64) -> Vec<u64> {
        set_bits(size).filter_map(|level| stored_index(level, (size >> level) - 1)).collect()
    }

    /// The tree of `size` leaves whose nodes are in `nodes`. Compare [`Tree::head`] with the stored head before use.
    ///
    /// # Errors
    /// [`NotRestored`].
    pub fn restore(size: u64, nodes: &(impl NodeSource + ?Sized)) -> Result<Self, NotRestored> {
        if size > MAX_SIZE {
            return Err(NotRestored::Size(size));
        }
        let mut tree = Self { size, peaks: Vec::new() };
        for level in set_bits(size) {
            let stored = stored_index(level, (size >> level) - 1).ok_or(NotRestored::Size(size))?;
            let peak = nodes.node(stored).ok_or(NotRestored::Missing(stored))?;
            tree.set_peak(usize::from(level), Some(peak));
        }
        Ok(tree)
    }

    /// The number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The size and root.
    #[must_use]
    pub fn head(&self) -> Head {
        let join = |right: Option<NodeHash>, peak: &NodeHash| match right {
            None => Some(*peak),
            Some(right) => Some(NodeHash::of_children(*peak, right)),
        };
        let root = self.peaks.iter().flatten().fold(None, join);
        Head { size: self.size, root: root.unwrap_or(NodeHash::EMPTY) }
    }

    /// Adds one leaf, handing each node that becomes complete to `store`, with its level, in the order of stored indexes.
    ///
    /// # Errors
    /// [`LogFull`].
    pub fn push(&mut self, leaf: NodeHash, mut store: impl FnMut(usize, NodeHash)) -> Result<(), LogFull> {
        if self.size >= MAX_SIZE {
            return Err(LogFull { size: self.size, added: 1 });
        }
        let (mut node, mut level) = (leaf, 0);
        store(level, node);
        while let Some(left) = self.peaks.get_mut(level).and_then(Option::take) {
            node = NodeHash::of_children(left, node);
            level += 1;
            store(level, node);
        }
        self.set_peak(level, Some(node));
        self.size += 1;
        Ok(())
    }

    /// The tree with a batch of leaves appended. This tree is not changed: take [`Appended::tree`] once the batch is durable.
    ///
    /// # Errors
    /// [`LogFull`].
    pub fn append(&self, leaves: &[NodeHash]) -> Result<Appended, LogFull> {
        let full = LogFull { size: self.size, added: leaves.len() };
        let added = u64::try_from(leaves.len()).map_err(|_| full)?;
        if added > MAX_SIZE - self.size {
            return Err(full);
        }
        let base = stored_index(0, self.size).unwrap_or_default();
        let mut grown = Grown { first: self.size, base, peaks: self.peaks.clone(), nodes: Vec::new() };
        grown.nodes.reserve(leaves.len().saturating_mul(2));
        let mut tree = self.clone();
        let mut stored = base;
        for leaf in leaves {
            tree.push(*leaf, |_, node| {
                grown.nodes.push((stored, node));
                stored += 1;
            })?;
        }
        let edge = grown.right_edge(tree.size);
        let root = edge.last().map_or_else(|| tree.head().root, |root| *root);
        Ok(Appended { head: Head { size: tree.size, root }, grown, edge, tree })
    }

    fn set_peak(&mut self, level: usize, peak: Option<NodeHash>) {
        if self.peaks.len() <= level {
            self.peaks.resize(level + 1, None);
        }
        if let Some(place) = self.peaks.get_mut(level) {
            *place = peak;
        }
    }
}

/// The levels of the bits set in `size`, lowest first.
fn set_bits(size: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |level| size >> level & 1 == 1)
}

/// A batch that was appended.
#[derive(Debug, Clone)]
pub struct Appended {
    head: Head,
    grown: Grown,
    /// The last node of each level up to the root.
    edge: Vec<NodeHash>,
    tree: Tree,
}

impl Appended {
    /// The index of the batch's first leaf.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.grown.first
    }

    /// The head after the batch.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The nodes the batch completed, to be stored in the same transaction: dense, in ascending order of stored index.
    #[must_use]
    pub fn nodes(&self) -> &[(u64, NodeHash)] {
        &self.grown.nodes
    }

    /// The tree after the batch.
    #[must_use]
    pub fn tree(self) -> Tree {
        self.tree
    }

    /// The proof that a leaf of this batch is in the new head's tree (RFC 6962 section 2.1.1), sibling first. `None` for a leaf
    /// of another batch.
    #[must_use]
    pub fn proof(&self, index: u64) -> Option<Vec<NodeHash>> {
        if index < self.grown.first || index >= self.head.size {
            return None;
        }
        let mut proof = Vec::with_capacity(self.edge.len());
        for (level, ragged) in (0_u8..).zip(&self.edge) {
            let sibling = (index >> level) ^ 1;
            let last = (self.head.size - 1) >> level;
            if last == 0 {
                break;
            }
            match sibling.cmp(&last) {
                std::cmp::Ordering::Less => proof.push(self.grown.node(level, sibling)?),
                std::cmp::Ordering::Equal => proof.push(*ragged),
                // The node is the last of its level and is taken up as it is.
                std::cmp::Ordering::Greater => {}
            }
        }
        Some(proof)
    }
}

impl Appended {
    /// The proof that the new head's tree begins with the tree before the batch (RFC 6962 section 2.1.2): what a witness that stands
    /// there asks for.
    #[must_use]
    pub fn consistency(&self) -> Option<Vec<NodeHash>> {
        prove_consistency(self.head.size, self.grown.first, &self.grown).ok()
    }
}

/// The nodes a batch can be asked for: the peaks of the tree before it, and those it completed.
#[derive(Debug, Clone)]
struct Grown {
    first: u64,
    /// The stored index of the first new node.
    base: u64,
    peaks: Vec<Option<NodeHash>>,
    nodes: Vec<(u64, NodeHash)>,
}

impl Grown {
    fn node(&self, level: u8, number: u64) -> Option<NodeHash> {
        // Nodes that were complete before end at the old size; of these only the last of a level can be asked for, its peak.
        if number < self.first >> level {
            return self.peaks.get(usize::from(level)).copied().flatten();
        }
        let at = stored_index(level, number)?.checked_sub(self.base)?;
        self.nodes.get(usize::try_from(at).ok()?).map(|(_, node)| *node)
    }

    /// The peak of the tree before that is stored at this index.
    fn peak(&self, stored: u64) -> Option<NodeHash> {
        let number = |level: u8| (self.first >> level).checked_sub(1);
        let level = set_bits(self.first)
            .find(|level| number(*level).and_then(|number| stored_index(*level, number)) == Some(stored))?;
        self.peaks.get(usize::from(level)).copied().flatten()
    }

    /// The last node of each level, complete or not: over the leaves from its first to the end of the tree.
    fn right_edge(&self, size: u64) -> Vec<NodeHash> {
        let mut edge = Vec::with_capacity(self.peaks.len() + 1);
        let Some(last) = size.checked_sub(1) else { return edge };
        let Some(mut node) = self.node(0, last) else { return edge };
        edge.push(node);
        for level in 0_u8.. {
            let number = last >> level;
            if number == 0 {
                break;
            }
            if number & 1 == 1 {
                let Some(left) = self.node(level, number - 1) else { break };
                node = NodeHash::of_children(left, node);
            }
            edge.push(node);
        }
        edge
    }
}

impl NodeSource for Grown {
    fn node(&self, stored: u64) -> Option<NodeHash> {
        match stored.checked_sub(self.base) {
            Some(at) => self.nodes.get(usize::try_from(at).ok()?).map(|(_, node)| *node),
            None => self.peak(stored),
        }
    }
}
