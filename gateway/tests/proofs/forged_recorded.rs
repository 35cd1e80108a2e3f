//! Nothing was committed.

use gateway::journal::{Recorded, Written};
use gateway::reconciled::Reconciled;
use policy::Granted;

fn forge(value: Granted<Reconciled>, written: Written) -> Recorded<Granted<Reconciled>> {
    Recorded { value, written }
}

fn main() {}
