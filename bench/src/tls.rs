//! How clients present themselves, and what they offer in a handshake.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

use crate::Fault;
use crate::country::Country;
use crate::load::{Clients, Form};

/// What a client offers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offer {
    /// What rustls prefers: X25519MLKEM768 and AES-256 first.
    Preferred,
    /// X25519 and TLS_AES_128_GCM_SHA256 alone, which every peer knows: all do the same work.
    Alike,
}

impl Offer {
    pub(crate) fn provider(self) -> CryptoProvider {
        let preferred = aws_lc_rs::default_provider();
        match self {
            Self::Preferred => preferred,
            Self::Alike => CryptoProvider {
                cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
                kx_groups: vec![aws_lc_rs::kx_group::X25519],
                ..preferred
            },
        }
    }
}

/// The clients of one peer.
#[derive(Debug)]
pub(crate) struct Tls {
    requests: Arc<ClientConfig>,
    known: Arc<ClientConfig>,
    new: Arc<ClientConfig>,
    new_preferring: Arc<ClientConfig>,
}

impl Tls {
    pub(crate) fn of(country: &Country) -> Result<Self, Fault> {
        Ok(Self {
            requests: country.tls(Offer::Preferred)?,
            known: country.tls(Offer::Alike)?,
            new: country.strangers(Offer::Alike)?,
            new_preferring: country.strangers(Offer::Preferred)?,
        })
    }

    /// Who sends what has this form.
    pub(crate) fn client(&self, form: &Form) -> Arc<ClientConfig> {
        Arc::clone(match form {
            Form::Handshake(Clients::Known, Offer::Alike) => &self.known,
            Form::Handshake(Clients::New, Offer::Alike) => &self.new,
            Form::Handshake(Clients::New, Offer::Preferred) => &self.new_preferring,
            _ => &self.requests,
        })
    }
}
