//! A proof stands for one event; a copy would stand for one that never was.

use certs::Verified;
use gateway::document::Document;
use gateway::journal::Recorded;
use gateway::reconciled::Reconciled;
use policy::Granted;

fn verified(proof: &Verified<Document>) -> Verified<Document> {
    proof.clone()
}

fn granted(proof: &Granted<Reconciled>) -> Granted<Reconciled> {
    proof.clone()
}

fn recorded(proof: &Recorded<Granted<Reconciled>>) -> Recorded<Granted<Reconciled>> {
    proof.clone()
}

fn main() {}
