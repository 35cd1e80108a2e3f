//! What can be said of one entry without those before it: most of the work, and so for all cores at once.

use std::num::NonZeroUsize;
use std::thread;

use evidence::{Digest, Leaf};

use crate::commitment::Commitments;
use crate::entry::StoredEntry;
use crate::fsck::columns;
use crate::fsck::pass::{CaseKey, Page};

/// One entry, opened and held against itself.
#[derive(Default)]
pub(super) struct Examined {
    /// What the row holds, as the log commits to it.
    pub sealed: Option<Digest>,
    /// What is wrong.
    pub words: Vec<String>,
    /// Documents it relies on that are kept once for all entries.
    pub common: Vec<Digest>,
    /// Of a destruction: the entries it names.
    pub destroyed: Vec<u64>,
    /// Its key is destroyed.
    pub without_key: bool,
}

/// Examines the rows of a page, in their order; `None` if that ended early.
pub(super) fn rows(page: &Page, commitments: &Commitments) -> Option<Vec<Examined>> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let share = page.rows.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let examine = |rows: &[StoredEntry]| -> Vec<Examined> {
            rows.iter().map(|row| Examined::of(row, page, commitments)).collect()
        };
        let parts: Vec<_> = page.rows.chunks(share).map(|rows| scope.spawn(move || examine(rows))).collect();
        let mut all = Vec::with_capacity(page.rows.len());
        for part in parts {
            all.extend(part.join().ok()?);
        }
        Some(all)
    })
}

impl Examined {
    fn of(row: &StoredEntry, page: &Page, commitments: &Commitments) -> Self {
        let sealed = row.case_ref.as_ref().map(|_| Digest::of(&row.content));
        let mut examined = Self { sealed, ..Self::default() };
        // Bytes that are no leaf are the audit's to name.
        if let Ok(leaf) = Leaf::from_bytes(&row.leaf) {
            columns::against_leaf(row, &leaf, &mut |words| examined.words.push(words));
            examined.content(row, &leaf, page, commitments);
        }
        examined
    }

    fn content(&mut self, row: &StoredEntry, leaf: &Leaf, page: &Page, commitments: &Commitments) {
        let Some(case) = &row.case_ref else { return };
        let key = match page.keys.get(case) {
            Some(CaseKey::Held(key)) => key,
            Some(CaseKey::Destroyed) => {
                self.without_key = true;
                return;
            }
            Some(CaseKey::Spoilt) => {
                return self.find("the key of its case is not one of this deployment");
            }
            None => {
                return self.find("the key of its case is gone, and nothing says that it was destroyed");
            }
        };
        let opened = match columns::open(row, case, key, leaf) {
            Ok(opened) => opened,
            Err(words) => return self.words.push(words),
        };
        let statement = opened.statement;
        columns::against_statement(row, &statement, commitments, &mut |words| self.words.push(words));
        if let Some(claim) = columns::claim(row, &statement, commitments)
            && !page.claims.contains(&claim)
        {
            self.find("the claim to its request id is missing, so the id could be used again");
        }
        self.common = opened.common;
        self.destroyed = statement.destroyed.map(|told| told.entries).unwrap_or_default();
    }

    fn find(&mut self, words: &str) {
        self.words.push(words.to_owned());
    }
}
