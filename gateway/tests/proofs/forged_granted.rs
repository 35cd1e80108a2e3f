//! Nobody decided this.

use gateway::reconciled::Reconciled;
use policy::Granted;

fn forge(considered: Reconciled) -> Granted<Reconciled> {
    Granted { considered }
}

fn main() {}
