//! What the types forbid (SLS 16-2(3)¶3): each file under `proofs/` tries to go around a step and does not compile, for the reason that
//! its `.stderr` file holds.
#![forbid(unsafe_code)]

/// SLS 16-1(1)¶1, 16-2(1), 16-2(3)¶3: no line of the procedure can be skipped, moved or forged.
#[test]
fn no_way_around_the_procedure_compiles() {
    trybuild::TestCases::new().compile_fail("tests/proofs/*.rs");
}
