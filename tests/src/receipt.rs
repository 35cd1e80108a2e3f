//! Checking receipts with the published keys alone.

use std::path::Path;

use evidence::{JwkSet, Quorum, VerifiedReceipt, VerifierKey, verify_receipt};

/// Keys by which receipts of a country verify.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: JwkSet,
    logs: Vec<VerifierKey>,
    quorum: Quorum,
}

impl Verifier {
    /// From the JWK set's file and logs' verifier keys.
    #[must_use]
    pub fn new(jwks: &Path, logs: &[&str]) -> Self {
        let text = std::fs::read_to_string(jwks).expect("a JWK set");
        let logs = logs.iter().map(|vkey| vkey.parse().expect("a verifier key")).collect();
        Self { keys: JwkSet::parse(&text).expect("a JWK set"), logs, quorum: Quorum::none() }
    }

    /// The same, asking for the cosignatures of all these witnesses.
    ///
    /// # Panics
    /// When one is no verifier key of a witness.
    #[must_use]
    pub fn witnessed(self, witnesses: &[&str]) -> Self {
        let keys: Vec<VerifierKey> =
            witnesses.iter().map(|vkey| vkey.parse().expect("a verifier key")).collect();
        Self { quorum: Quorum::new(keys.len(), keys).expect("witnesses"), ..self }
    }

    /// The receipt, verified.
    ///
    /// # Panics
    /// When it does not verify.
    #[must_use]
    pub fn verify(&self, receipt: &str) -> VerifiedReceipt {
        verify_receipt(receipt, &self.keys, &self.logs, &self.quorum)
            .unwrap_or_else(|error| panic!("a receipt does not verify: {error}"))
    }

    /// A checkpoint of one of the logs, verified: origin, size, root.
    ///
    /// # Panics
    /// When it does not verify.
    #[must_use]
    pub fn checkpoint(&self, text: &str) -> evidence::checkpoint::SignedHead {
        let checkpoint = evidence::Checkpoint::parse(text).expect("a checkpoint");
        self.quorum.verify(&checkpoint).expect("cosigned");
        checkpoint.verify(&self.logs).expect("signed by the log")
    }
}
