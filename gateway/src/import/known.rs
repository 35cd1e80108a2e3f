//! What a file is checked against besides itself.

use std::collections::HashMap;

use certs::Bin;

use crate::enrolment::{ConsoleRole, Holder, Official, SystemRole};
use crate::replica::CaseSource;
use crate::store::{Store, StoreError};

/// Whether the twelfth digit of an IIN or BIN is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckDigits {
    #[default]
    Required,
    /// For deployments that trust a test authority, whose test persons carry wrong ones.
    Waived,
}

/// What is enrolled and configured already.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub check_digits: CheckDigits,
    /// Codes of the enrolled agencies.
    pub agencies: HashMap<Bin, String>,
    pub officials: Vec<Official>,
    /// Who holds which capacity on the console, by certificate.
    pub holders: Vec<(Holder, ConsoleRole)>,
    /// Case sources by their code.
    pub sources: HashMap<String, CaseSource>,
}

impl Known {
    /// What the store knows at this moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn of(store: &dyn Store, check_digits: CheckDigits) -> Result<Self, StoreError> {
        let book = store.agency_book().await?;
        let sources = store.case_sources().await?;
        let capacity = |holder: &Holder| {
            let system = book.systems.iter().find(|system| system.certificate == holder.certificate)?;
            match system.role {
                SystemRole::Console(capacity) => Some((holder.clone(), capacity)),
                _ => None,
            }
        };
        let holders = book.holders.iter().filter_map(capacity).collect();
        Ok(Self {
            check_digits,
            holders,
            agencies: book.agencies.into_iter().map(|agency| (agency.bin, agency.code)).collect(),
            officials: book.officials,
            sources: sources.into_iter().map(|source| (source.code.clone(), source)).collect(),
        })
    }
}
