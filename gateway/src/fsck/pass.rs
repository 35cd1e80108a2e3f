//! One pass over the entries, a page at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use evidence::audit::{Audit, Audited, Row};
use evidence::node::stored_count;
use evidence::{Digest, Leaf, NodeHash};
use uuid::Uuid;

use crate::entry::{Claim, Kind, StoredEntry};
use crate::fsck::columns::{self, Granted};
use crate::fsck::{Fsck, PAGE, Wrong};
use crate::store::StoreError;
use crate::vault::DataKey;

/// The key of a case, as far as it is there.
#[derive(Clone)]
pub(super) enum CaseKey {
    Held(Arc<DataKey>),
    Destroyed,
    /// There is no row: not even that it was destroyed.
    Gone,
    /// The row is not one that the master key wrapped.
    Spoilt,
}

/// Entries with what belongs to them.
pub(super) struct Page {
    rows: Vec<StoredEntry>,
    nodes: BTreeMap<u64, NodeHash>,
    keys: HashMap<[u8; 32], CaseKey>,
    claims: BTreeSet<Claim>,
}

impl Page {
    /// The page from `from` on.
    pub(super) async fn read(fsck: &Fsck, from: u64, wrong: &mut Wrong) -> Result<Self, StoreError> {
        let rows = match fsck.store.entries(&fsck.origin, from, PAGE).await {
            Err(StoreError::Corrupt(_)) => one_by_one(fsck, from, wrong).await?,
            rows => rows?,
        };
        let (first, last) = (rows.first().map_or(from, |row| row.index), rows.last());
        let end = last.map_or(from, |row| row.index.saturating_add(1));
        let found = fsck.store.nodes_between(&fsck.origin, stored_count(first), stored_count(end)).await?;
        let nodes = found.into_iter().map(|(stored, hash)| (stored, NodeHash::from_bytes(hash))).collect();
        let mut keys = HashMap::new();
        for case in rows.iter().filter_map(|row| row.case_ref) {
            if let std::collections::hash_map::Entry::Vacant(place) = keys.entry(case) {
                place.insert(case_key(fsck, &case).await?);
            }
        }
        let granted = rows.iter().filter(|row| row.kind == Kind::Grant);
        let requests: Vec<Uuid> = granted.filter_map(|row| row.request).collect();
        let claims = fsck.store.claims_of(&requests).await?.into_iter().collect();
        Ok(Self { rows, nodes, keys, claims })
    }

    /// Where the next page begins; `None` after the last.
    pub(super) fn next(&self) -> Option<u64> {
        self.rows.last().map(|row| row.index.saturating_add(1))
    }
}

async fn case_key(fsck: &Fsck, case: &[u8; 32]) -> Result<CaseKey, StoreError> {
    Ok(match fsck.store.find_case_key(case).await? {
        None => CaseKey::Gone,
        Some(None) => CaseKey::Destroyed,
        Some(Some(wrapped)) => match fsck.vault.unwrap_key(case, &wrapped) {
            Ok(key) => CaseKey::Held(Arc::new(key)),
            Err(_) => CaseKey::Spoilt,
        },
    })
}

/// A page in which a row cannot be read: the others still are.
async fn one_by_one(fsck: &Fsck, from: u64, wrong: &mut Wrong) -> Result<Vec<StoredEntry>, StoreError> {
    let mut rows = Vec::new();
    let mut next = from;
    for _ in 0..PAGE {
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
    fsck: Arc<Fsck>,
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
    pub(super) fn new(fsck: Arc<Fsck>, audit: Audit, wrong: Wrong) -> Self {
        let (granted, mentioned) = (HashMap::new(), Mentioned::default());
        let (without_key, named) = (BTreeSet::new(), BTreeSet::new());
        Self { fsck, audit, wrong, granted, mentioned, without_key, named }
    }

    /// Checks a page.
    pub(super) fn take(mut self, page: &Page) -> Self {
        for row in &page.rows {
            let sealed = row.case_ref.as_ref().map(|_| Digest::of(&row.content));
            let nodes = self.nodes_of(row.index, &page.nodes);
            self.audit.entry(Row { index: row.index, leaf: &row.leaf, nodes: &nodes, sealed });
            // Bytes that are no leaf are the audit's to name.
            if let Ok(leaf) = Leaf::from_bytes(&row.leaf) {
                self.columns(row, &leaf, page);
            }
        }
        self
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

    fn columns(&mut self, row: &StoredEntry, leaf: &Leaf, page: &Page) {
        let index = row.index;
        let mut find = |words: String| self.wrong.find(format!("entry {index}: {words}"));
        columns::against_leaf(row, leaf, &mut find);
        if let Some(grant) = row.grant.and_then(|grant| self.granted.remove(&grant)) {
            columns::against_grant(row, &grant, &mut find);
        }
        if row.kind == Kind::Grant {
            self.granted.insert(index, Granted::of(row));
        }
        let Some(case) = &row.case_ref else { return };
        let key = match page.keys.get(case) {
            Some(CaseKey::Held(key)) => key,
            Some(CaseKey::Destroyed) => {
                self.without_key.insert(index);
                return;
            }
            Some(CaseKey::Spoilt) => {
                return find("the key of its case is not one of this deployment".to_owned());
            }
            Some(CaseKey::Gone) | None => {
                return find(
                    "the key of its case is gone, and nothing says that it was destroyed".to_owned(),
                );
            }
        };
        let opened = match columns::open(row, case, key, leaf) {
            Ok(opened) => opened,
            Err(words) => return find(words),
        };
        columns::against_statement(row, &opened.statement, &self.fsck.commitments, &mut find);
        if let Some(claim) = columns::claim(row, &opened.statement, &self.fsck.commitments)
            && !page.claims.contains(&claim)
        {
            find("the claim to its request id is missing, so the id could be used again".to_owned());
        }
        for digest in opened.common {
            self.mentioned.documents.entry(digest).or_insert(index);
        }
        self.named.extend(opened.statement.destroyed.map(|told| told.entries).unwrap_or_default());
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
