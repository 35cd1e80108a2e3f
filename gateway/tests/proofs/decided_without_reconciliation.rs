//! Nobody looked whether the case is in the signer's production.

use gateway::decisions::Decisions;
use gateway::users::Identified;

fn decide(decisions: &Decisions, identified: Identified) {
    let _ = decisions.decide(identified);
}

fn main() {}
