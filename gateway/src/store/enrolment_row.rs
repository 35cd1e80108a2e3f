//! A system and its agency in one row, beside others.

use sqlx::FromRow;

use super::StoreError;
use super::row::{AgencyRow, SystemRow};
use crate::enrolment::Enrolment;

/// The columns of a system `t` and its agency `g`. All carry a prefix: a person and a case may stand in the same row.
macro_rules! enrolment_columns {
    () => {
        "t.certificate AS system_certificate, t.agency AS system_agency, t.name AS system_name, t.role AS system_role,
         t.detail AS system_detail, t.state AS system_state,
         g.code AS agency_code, g.name AS agency_name, g.kind AS agency_kind, g.state AS agency_state"
    };
}
pub(super) use enrolment_columns;

#[derive(Debug, FromRow)]
pub(super) struct EnrolmentRow {
    system_certificate: Vec<u8>,
    system_agency: String,
    system_name: String,
    system_role: String,
    system_detail: String,
    system_state: String,
    agency_code: String,
    agency_name: String,
    agency_kind: String,
    agency_state: String,
}

impl TryFrom<EnrolmentRow> for Enrolment {
    type Error = StoreError;

    fn try_from(row: EnrolmentRow) -> Result<Self, StoreError> {
        let agency = AgencyRow {
            bin: row.system_agency.clone(),
            code: row.agency_code,
            name: row.agency_name,
            kind: row.agency_kind,
            state: row.agency_state,
        };
        let system = SystemRow {
            certificate: row.system_certificate,
            agency: row.system_agency,
            name: row.system_name,
            role: row.system_role,
            detail: row.system_detail,
            state: row.system_state,
        };
        Ok(Self { system: system.try_into()?, agency: agency.try_into()? })
    }
}
