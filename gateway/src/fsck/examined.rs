//! What can be said of one entry without those before it: most of the work, and so of several pages at once.

use evidence::outline::outline;
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

/// Examines the rows of a page, in their order.
pub(super) fn rows(page: &Page, commitments: &Commitments) -> Vec<Examined> {
    page.rows.iter().map(|row| Examined::of(row, page, commitments)).collect()
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
        let kept = match columns::open(row, case, key, leaf) {
            Ok(kept) => kept,
            Err(words) => return self.words.push(words),
        };
        let statement = match outline(&kept.statement) {
            Ok(statement) => statement,
            Err(error) => return self.words.push(format!("its content: {error}")),
        };
        columns::against_statement(row, &statement, commitments, &mut |words| self.words.push(words));
        if let Some(claim) = columns::claim(row, &statement, commitments)
            && !page.claims.contains(&claim)
        {
            self.find("the claim to its request id is missing, so the id could be used again");
        }
        self.common = columns::common(&kept, &statement);
        self.destroyed = statement.destroyed.map(|told| told.entries).unwrap_or_default();
    }

    fn find(&mut self, words: &str) {
        self.words.push(words.to_owned());
    }
}
