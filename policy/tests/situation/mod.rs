//! Deciding in the tests.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part")]

use std::sync::LazyLock;

#[allow(unused_imports, reason = "each test program uses its own part")]
pub use policy::situation::{AGENCY, DAY, NOW, lawful, sanction, urgent};
use policy::{Considered, Facts, Granted, Policy, Refused};

/// Something whose facts are just these.
#[derive(Debug)]
pub struct Established(pub Facts);

impl Considered for Established {
    fn facts(&self) -> Box<Facts> {
        Box::new(self.0.clone())
    }
}

/// Decides under the set that comes with the program.
pub fn decide(facts: Facts) -> Result<Granted<Established>, Refused> {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::default_set().unwrap());
    POLICY.decide(Established(facts)).map_err(|(_, refused)| refused)
}

/// The facts are refused with this code and clause.
#[track_caller]
pub fn refused(facts: Facts, code: &str, clause: &str) -> Refused {
    let refused = decide(facts).expect_err("the law does not let this record out");
    assert_eq!((refused.code(), refused.clause()), (code, clause), "{}", refused.detail());
    refused
}

/// The facts are granted.
#[track_caller]
pub fn granted(facts: Facts) {
    if let Err(refused) = decide(facts) {
        panic!("the law lets this record out: {refused}, {:?}", refused.broken());
    }
}
