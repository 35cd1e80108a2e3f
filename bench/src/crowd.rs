//! Officers and cases by the many: what is asked, and by whom, is more than any memory holds.
//!
//! Each officer has ten cases, whose numbers follow on each other. Officers are persons nobody can be: the month of their birth is
//! the ninety-ninth. Databases work their numbers out for themselves, from the same formula.

use std::path::Path;

use certs::issue::profile::purpose;
use certs::issue::{Authority, CertificateProfile, DistinguishedName, SigningKey};
use certs::{Bin, Iin};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use uuid::Uuid;

use crate::Fault;

/// Cases of an officer.
pub(crate) const EACH: u64 = 10;

/// An open case of somebody's.
pub(crate) struct Drawn {
    pub(crate) case: String,
    /// Of whoever has the case.
    pub(crate) certificate: Vec<u8>,
}

/// Officers of one agency, and so many cases of theirs; one key signs for all of them. A million officers at most: six digits tell them apart.
pub(crate) struct Crowd {
    authority: Authority,
    spki: Vec<u8>,
    bin: Bin,
    cases: u64,
    now: i64,
}

impl Crowd {
    /// Officers certified by the country's own authority, with this key.
    pub(crate) fn new(directory: &Path, key: &SigningKey, bin: &str, cases: u64) -> Result<Self, Fault> {
        let file = |kind: &str| directory.join(format!("authority/issuing-ec.{kind}"));
        let certificate = CertificateDer::from_pem_file(file("pem"))?;
        let authority = Authority::new(
            &certificate,
            SigningKey::from_pkcs8_pem(&std::fs::read_to_string(file("key"))?)?,
        )?;
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let spki = key.spki_der().to_vec();
        Ok(Self { authority, spki, bin: bin.parse()?, cases, now })
    }

    /// Any case, with a certificate of its officer's.
    pub(crate) fn draw(&self) -> Result<Drawn, Fault> {
        let case = u64::try_from(Uuid::new_v4().as_u128() % u128::from(self.cases))?;
        let officer = case / EACH;
        let name = DistinguishedName::common_name("SOMEBODY")
            .iin(&iin(officer)?)
            .kazakhstan()
            .organization("Somewhere")
            .bin(&self.bin);
        // Far from the serial numbers that the country has given.
        let profile = CertificateProfile::bare(officer | 1 << 60, name, self.now - 60, self.now + 86_400)
            .signing(&[purpose::LEGAL_ENTITY, purpose::EMPLOYEE]);
        Ok(Drawn { case: number(case), certificate: self.authority.certify(&profile, &self.spki)? })
    }
}

/// The number of a case.
fn number(case: u64) -> String {
    format!("99{case:013}")
}

/// The IIN of an officer: `9999`, a digit that is 0 unless a check digit could not be had with it, six digits, the check digit.
fn iin(officer: u64) -> Result<Iin, Fault> {
    let digits = format!("{officer:06}");
    let weighed: u64 =
        (6..).zip(digits.bytes()).map(|(weight, digit)| weight * u64::from(digit - b'0')).sum();
    let sum = 90 + weighed;
    let spare = u64::from(sum % 11 == 10);
    Ok(format!("9999{spare}{digits}{}", (sum + 5 * spare) % 11).parse()?)
}

/// SQL for a number of so many digits behind a prefix.
pub(crate) fn number_sql(prefix: &str, of: &str, digits: u32) -> String {
    format!("'{prefix}' || substr(CAST({} + {of} AS text), 2)", 10_u64.pow(digits))
}

/// SQL for what [`iin`] gives.
pub(crate) fn iin_sql(of: &str) -> String {
    let digit = |place: u32| format!("{}*(({of})/{}%10)", 11 - place, 10_u64.pow(place));
    let sum = format!("(90+{})", (0..6).map(digit).collect::<Vec<_>>().join("+"));
    let spare = format!("(CASE WHEN {sum}%11 = 10 THEN 1 ELSE 0 END)");
    format!(
        "'9999' || CAST({spare} AS text) || {} || CAST(({sum}+5*{spare})%11 AS text)",
        number_sql("", of, 6)
    )
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;

    #[tokio::test]
    async fn a_database_works_out_the_same_numbers() {
        let mut db = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
        for officer in (0..2_000).chain([99_999, 123_456, 999_999]) {
            let statement = format!("SELECT {}, {}", iin_sql("i"), number_sql("99", "i", 13));
            let statement = format!("{statement} FROM (SELECT {officer} AS i)");
            let found: (String, String) =
                sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_one(&mut db).await.unwrap();
            assert_eq!(found, (iin(officer).unwrap().as_str().to_owned(), number(officer)));
        }
    }
}
