//! One pass over the entries, a page at a time. Pages are read and opened side by side, and followed in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use evidence::audit::{Audit, Audited, Row};
use evidence::node::stored_count;
use evidence::{Digest, NodeHash};
use uuid::Uuid;

use crate::entry::{Claim, Kind, StoredEntry};
use crate::fsck::columns::{self, Granted};
use crate::fsck::examined::{self, Examined};
use crate::fsck::{Fsck, PAGE, Wrong};
use crate::store::StoreError;
use crate::vault::DataKey;

/// The key of a case, as far as it is there.
#[derive(Clone)]
pub(super) enum CaseKey {
    Held(Arc<DataKey>),
    Destroyed,
    /// The row is not one that the master key wrapped.
    Spoilt,
}

/// Entries with what belongs to them.
pub(super) struct Page {
    pub(super) rows: Vec<StoredEntry>,
    nodes: BTreeMap<u64, NodeHash>,
    /// None of a case: there is no row, not even that it was destroyed.
    pub(super) keys: HashMap<[u8; 32], CaseKey>,
    pub(super) claims: BTreeSet<Claim>,
    /// What could not be read.
    misread: Wrong,
}

impl Page {
    /// The page of the entries from `span.start` on; none beyond `span.end`.
    async fn read(fsck: &Fsck, span: Range<u64>) -> Result<Self, StoreError> {
        let (from, mut misread) = (span.start, Wrong::default());
        let mut rows = match fsck.store.entries(&fsck.origin, from, PAGE).await {
            Err(StoreError::Corrupt(_)) => one_by_one(fsck, span.clone(), &mut misread).await?,
            rows => rows?,
        };
        rows.retain(|row| row.index < span.end);
        let (first, last) = (rows.first().map_or(from, |row| row.index), rows.last());
        let end = last.map_or(from, |row| row.index.saturating_add(1));
        let found = fsck.store.nodes_between(&fsck.origin, stored_count(first), stored_count(end)).await?;
        let nodes = found.into_iter().map(|(stored, hash)| (stored, NodeHash::from_bytes(hash))).collect();
        let cases: BTreeSet<[u8; 32]> = rows.iter().filter_map(|row| row.case_ref).collect();
        let keys = case_keys(fsck, cases.into_iter().collect()).await?;
        let granted = rows.iter().filter(|row| row.kind == Kind::Grant);
        let requests: Vec<Uuid> = granted.filter_map(|row| row.request).collect();
        let claims = fsck.store.claims_of(&requests).await?.into_iter().collect();
        Ok(Self { rows, nodes, keys, claims, misread })
    }

    /// Where the next page begins; `None` after the last.
    pub(super) fn next(&self) -> Option<u64> {
        self.rows.last().map(|row| row.index.saturating_add(1))
    }
}

/// A page whose entries are opened, each held against itself.
pub(super) struct Opened {
    pub(super) page: Page,
    examined: Vec<Examined>,
}

impl Opened {
    /// Reads a page and opens its entries, on a core of its own.
    pub(super) async fn read(fsck: Arc<Fsck>, span: Range<u64>) -> Result<Self, StoreError> {
        let page = Page::read(&fsck, span).await?;
        let opening = tokio::task::spawn_blocking(move || {
            let examined = examined::rows(&page, &fsck.commitments);
            Self { page, examined }
        });
        opening.await.map_err(|_| StoreError::Corrupt("the check ended early".to_owned()))
    }
}

async fn case_keys(fsck: &Fsck, cases: Vec<[u8; 32]>) -> Result<HashMap<[u8; 32], CaseKey>, StoreError> {
    let found = fsck.store.find_case_keys(&cases).await?;
    let held = |(case, wrapped): ([u8; 32], Option<Vec<u8>>)| {
        let key = match wrapped.map(|wrapped| fsck.vault.unwrap_key(&case, &wrapped)) {
            None => CaseKey::Destroyed,
            Some(Ok(key)) => CaseKey::Held(Arc::new(key)),
            Some(Err(_)) => CaseKey::Spoilt,
        };
        (case, key)
    };
    Ok(found.into_iter().map(held).collect())
}

/// A page in which a row cannot be read: the others still are.
async fn one_by_one(
    fsck: &Fsck,
    span: Range<u64>,
    wrong: &mut Wrong,
) -> Result<Vec<StoredEntry>, StoreError> {
    let mut rows = Vec::new();
    let mut next = span.start;
    for _ in 0..PAGE {
        if next >= span.end {
            break;
        }
        match fsck.store.entries(&fsck.origin, next, 1).await {
            Ok(mut one) => match one.pop() {
                Some(row) => {
                    next = row.index.saturating_add(1);
                    rows.push(row);
                }
                None => break,
            },
            Err(StoreError::Corrupt(why)) => {
                wrong.find(format!("entry {next} cannot be read: {why}"));
                next = next.saturating_add(1);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(rows)
}

/// What entries mention that is kept in other tables.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    /// Documents kept once for all, each with an entry that relies on it.
    pub documents: BTreeMap<Digest, u64>,
    /// Entries whose content is destroyed, as the log says.
    pub destroyed: usize,
}

/// The pass: everything that is carried from one entry to the next.
pub(super) struct Pass {
    audit: Audit,
    pub(super) wrong: Wrong,
    /// Grants that wait for their outcome.
    granted: HashMap<u64, Granted>,
    mentioned: Mentioned,
    /// Entries whose key is destroyed, and those that a destruction names.
    without_key: BTreeSet<u64>,
    named: BTreeSet<u64>,
}

impl Pass {
    pub(super) fn new(audit: Audit, wrong: Wrong) -> Self {
        let (granted, mentioned) = (HashMap::new(), Mentioned::default());
        let (without_key, named) = (BTreeSet::new(), BTreeSet::new());
        Self { audit, wrong, granted, mentioned, without_key, named }
    }

    /// Takes the next page.
    pub(super) fn take(&mut self, opened: Opened) {
        let Opened { page, examined } = opened;
        page.misread.words.into_iter().for_each(|words| self.wrong.find(words));
        self.wrong.more = self.wrong.more.saturating_add(page.misread.more);
        for (row, examined) in page.rows.iter().zip(examined) {
            let nodes = self.nodes_of(row.index, &page.nodes);
            self.audit.entry(Row {
                index: row.index,
                leaf: &row.leaf,
                nodes: &nodes,
                sealed: examined.sealed,
            });
            self.follow(row, examined);
        }
    }

    /// Holds an entry against those before it, and keeps what those behind it are held against.
    fn follow(&mut self, row: &StoredEntry, examined: Examined) {
        let index = row.index;
        let mut find = |words: String| self.wrong.find(format!("entry {index}: {words}"));
        examined.words.into_iter().for_each(&mut find);
        if let Some((index, grant)) = row.grant.and_then(|grant| self.granted.remove_entry(&grant)) {
            // What was under way when the key of its case went is closed under the key of the day.
            let moved = row.kind == Kind::Interrupted && self.without_key.contains(&index);
            columns::against_grant(row, &grant, moved, &mut find);
        }
        if row.kind == Kind::Grant {
            self.granted.insert(index, Granted::of(row));
        }
        if examined.without_key {
            self.without_key.insert(index);
        }
        for digest in examined.common {
            self.mentioned.documents.entry(digest).or_insert(index);
        }
        self.named.extend(examined.destroyed);
    }

    fn nodes_of(&mut self, index: u64, found: &BTreeMap<u64, NodeHash>) -> Vec<NodeHash> {
        let mut nodes = Vec::with_capacity(2);
        for stored in stored_count(index)..stored_count(index.saturating_add(1)) {
            if !found.contains_key(&stored) {
                self.wrong.find(format!("node {stored}, completed by entry {index}, is missing"));
            }
            nodes.push(found.get(&stored).copied().unwrap_or(NodeHash::EMPTY));
        }
        nodes
    }

    /// Ends the pass.
    pub(super) fn finish(mut self) -> (Audited, Wrong, Mentioned) {
        for index in self.without_key.difference(&self.named) {
            self.wrong.find(format!("entry {index}: its key was destroyed, and no entry of the log says so"));
        }
        self.mentioned.destroyed = self.without_key.intersection(&self.named).count();
        (self.audit.finish(), self.wrong, self.mentioned)
    }
}
