//! A proof cannot be read from bytes, nor come from nothing.

use certs::Verified;
use gateway::document::Document;
use gateway::journal::Recorded;
use gateway::reconciled::Reconciled;
use policy::Granted;

fn needs_read<T: serde::de::DeserializeOwned>() {}
fn needs_default<T: Default>() {}

fn main() {
    needs_read::<Verified<Document>>();
    needs_read::<Granted<Reconciled>>();
    needs_read::<Recorded<Granted<Reconciled>>>();
    needs_default::<Verified<Document>>();
    needs_default::<Granted<Reconciled>>();
    needs_default::<Recorded<Granted<Reconciled>>>();
}
