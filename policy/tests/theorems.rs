//! Every theorem about the set that comes with the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use policy::PolicyFiles;
use policy::prove::Prover;

#[tokio::test]
async fn the_default_set_keeps_every_promise() {
    let report = Prover::start().unwrap().prove(&PolicyFiles::default_set()).await.unwrap();
    let failures: String = report.failures().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{failures}");
    println!("{report}");
}
