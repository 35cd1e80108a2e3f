//! What the types forbid (SLS 16-2(3)¶3): each file under `proofs/` tries to go around a step and does not compile, for the reason that
//! its `.stderr` file holds.
#![forbid(unsafe_code)]

/// SLS 16-1(1)¶1, 16-2(1), 16-2(3)¶3: no line of the procedure can be skipped, moved or forged.
#[test]
fn no_way_around_the_procedure_compiles() {
    trybuild::TestCases::new().compile_fail("tests/proofs/*.rs");
}

/// Does not compile once `$type` implements `$trait`: then two implementations of the same function fit.
macro_rules! never {
    ($type:ty: $trait:path) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn either() {}
            }
            struct Implemented;
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $trait> Ambiguous<Implemented> for T {}
            let _ = <$type as Ambiguous<_>>::either;
        };
    };
}

/// A proof is not read from bytes, does not come from nothing, and stands for one event. Held when this file is compiled.
mod proofs_have_one_origin {
    use certs::Verified;
    use gateway::document::Document;
    use gateway::journal::Recorded;
    use gateway::reconciled::Reconciled;
    use policy::Granted;
    use serde::de::DeserializeOwned;

    never!(Verified<Document>: DeserializeOwned);
    never!(Verified<Document>: Default);
    never!(Verified<Document>: Clone);
    never!(Granted<Reconciled>: DeserializeOwned);
    never!(Granted<Reconciled>: Default);
    never!(Granted<Reconciled>: Clone);
    never!(Recorded<Granted<Reconciled>>: DeserializeOwned);
    never!(Recorded<Granted<Reconciled>>: Default);
    never!(Recorded<Granted<Reconciled>>: Clone);
}
