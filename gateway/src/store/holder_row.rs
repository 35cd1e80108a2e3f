//! Rows of who holds a credential for the console.

use sqlx::FromRow;

use super::StoreError;
use super::row::{digest, iin};
use crate::enrolment::{Fingerprint, Holder};

#[derive(Debug, FromRow)]
pub(super) struct HolderRow {
    certificate: Vec<u8>,
    iin: String,
}

impl TryFrom<HolderRow> for Holder {
    type Error = StoreError;

    fn try_from(row: HolderRow) -> Result<Self, StoreError> {
        let certificate = Fingerprint(digest(&row.certificate, "a fingerprint")?);
        Ok(Self { certificate, iin: iin(&row.iin)? })
    }
}
