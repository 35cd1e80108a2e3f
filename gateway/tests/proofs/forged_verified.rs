//! Nobody verified this signature.

use certs::{Envelope, Relied, Signer, Verified};

fn forge(document: String, envelope: Envelope, signer: Signer, relied: Relied) -> Verified<String> {
    Verified { document, envelope, digest: [0; 32], signer, relied }
}

fn main() {}
