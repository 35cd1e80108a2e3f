//! Keys and signatures of our own making: for the client command, the demonstration and tests. Nothing that decides depends on it.

mod asn1;
pub mod certificate;
pub mod cms;
pub mod crl;
mod error;
pub mod jws;
pub mod key;
pub mod name;
pub mod ocsp;
mod pem;
pub mod profile;
pub mod time_stamp;

pub use certificate::Authority;
pub use error::IssueError;
pub use key::{KeyError, SigningKey};
pub use name::DistinguishedName;
pub use profile::CertificateProfile;
