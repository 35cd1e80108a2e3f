//! Who is told when a measure begins before its sanction (OI 12(7)), and before operational material is destroyed (OI 5(5)).

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// `[notify]`. Without either way, nothing begins before its sanction.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notify {
    /// `https://host/path` of a service of the prosecutor's office, or `http://` with a loopback address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailRelay>,
    /// Days between telling the prosecutor and destroying operational material (OI 5(5): three months).
    pub destruction_days: u32,
}

impl Default for Notify {
    fn default() -> Self {
        Self { webhook: None, mail: None, destruction_days: 92 }
    }
}

/// `[notify.mail]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailRelay {
    /// A relay on this machine.
    pub relay: SocketAddr,
    pub from: String,
    pub to: Vec<String>,
}
