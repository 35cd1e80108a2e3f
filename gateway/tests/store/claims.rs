//! Request ids that were looked at before they are claimed.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use certs::Iin;
use gateway::enrolment::{Enrolment, Fingerprint, SystemRole};
use gateway::entry::{Claim, Kind};
use gateway::store::{Asked, Known, Sealing, Store};
use uuid::Uuid;

use crate::house::House;
use crate::on_both;
use crate::records::{agency, batch, book, claim, entry, iin, sealed, system};

on_both!(
    the_system_on_the_channel_is_found_with_all_else,
    an_id_that_another_node_took_since_does_not_hold,
    an_id_that_this_node_took_since_is_found_before_a_head_is_signed,
    an_id_that_was_free_is_taken,
);

const NODE: &str = "negiz.test/node-1";
const OTHER: &str = "negiz.test/node-2";

fn asked(certificate: u8, person: Iin, claim: &Claim) -> Asked {
    let Claim { request, signer, .. } = *claim;
    Asked { certificate: Fingerprint([certificate; 32]), person, case: "1".to_owned(), request, signer }
}

async fn look(store: &dyn Store, claim: &Claim) -> Known {
    store.known(asked(1, iin(1), claim)).await.unwrap()
}

/// The claim as whoever looked at it makes it; SQLite, which claims where it writes, is not asked before.
async fn looked_at(house: &House, claim: Claim) -> Claim {
    let unclaimed = look(&*house.store, &claim).await.unclaimed;
    assert_eq!(unclaimed.is_some(), house.url.starts_with("postgres"));
    Claim { unclaimed, ..claim }
}

/// Seals a grant where the one claim holds, and notes what held, each time it is asked.
fn noting(before: u64) -> (Sealing, Arc<Mutex<Vec<bool>>>) {
    let noted = Arc::new(Mutex::default());
    let notes: Arc<Mutex<Vec<bool>>> = Arc::clone(&noted);
    let sealing: Sealing = Box::new(move |held| {
        notes.lock().unwrap().push(held[0]);
        let entries = if held[0] { vec![entry(before, Kind::Grant)] } else { vec![] };
        Ok(batch(before, entries))
    });
    (sealing, noted)
}

async fn the_system_on_the_channel_is_found_with_all_else(house: House) {
    house.store.import_agencies(&book()).await.unwrap();
    let find = async |certificate: u8| {
        house.store.known(asked(certificate, iin(1), &claim(1, 1))).await.unwrap().enrolment
    };
    let (own, other, stranger) = tokio::join!(find(1), find(4), find(9));
    assert_eq!(own, Some(Enrolment { system: system(1, 1, SystemRole::Exchange), agency: agency(1) }));
    assert_eq!(other, Some(Enrolment { system: system(2, 4, SystemRole::Exchange), agency: agency(2) }));
    assert_eq!(stranger, None);
}

async fn an_id_that_was_free_is_taken(house: House) {
    let free = looked_at(&house, claim(1, 1)).await;
    let (sealing, noted) = noting(0);
    assert_eq!(house.store.append(NODE, std::slice::from_ref(&free), sealing).await.unwrap(), [true]);
    assert_eq!(*noted.lock().unwrap(), [true]);
    assert_eq!(look(&*house.store, &free).await.unclaimed, None);
    assert_eq!(house.store.claims_of(&[Uuid::from_u128(1)]).await.unwrap(), [claim(1, 1)]);
}

async fn an_id_that_another_node_took_since_does_not_hold(house: House) {
    let free = looked_at(&house, claim(1, 1)).await;
    let another = house.another().await;
    let grant = sealed(batch(0, vec![entry(0, Kind::Grant)]));
    assert_eq!(another.append(OTHER, &[claim(1, 1)], grant).await.unwrap(), [true]);
    let (sealing, noted) = noting(0);
    assert_eq!(house.store.append(NODE, &[free], sealing).await.unwrap(), [false]);
    assert_eq!(noted.lock().unwrap().last(), Some(&false));
    assert!(house.store.entries(NODE, 0, 10).await.unwrap().is_empty());
}

async fn an_id_that_this_node_took_since_is_found_before_a_head_is_signed(house: House) {
    let (one, copy) = (looked_at(&house, claim(1, 1)).await, looked_at(&house, claim(1, 1)).await);
    let (sealing, _) = noting(0);
    assert_eq!(house.store.append(NODE, &[one], sealing).await.unwrap(), [true]);
    let (sealing, noted) = noting(1);
    assert_eq!(house.store.append(NODE, &[copy], sealing).await.unwrap(), [false]);
    assert_eq!(*noted.lock().unwrap(), [false]);
}

/// Two signed heads of one size prove a fraud. PostgreSQL keeps what a failed statement wrote until it cleans up: nobody shall find the
/// head of a batch there that lost its claims.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_loses_its_claims_does_not_touch_the_head() {
    let house = House::postgres().await;
    let free = Claim { unclaimed: Some(Instant::now()), ..claim(1, 1) };
    let another = house.another().await;
    let grant = sealed(batch(0, vec![entry(0, Kind::Grant)]));
    another.append(OTHER, &[claim(1, 1)], grant).await.unwrap();
    // A sequence keeps what a transaction that fails took from it.
    house
        .by_hand(
            "CREATE SEQUENCE touched;
             CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
                BEGIN PERFORM nextval('touched'); RETURN NEW; END $$;
             CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON log_heads FOR EACH ROW EXECUTE FUNCTION touch()",
        )
        .await
        .unwrap();
    const UNTOUCHED: &str = "DO $$ BEGIN ASSERT NOT (SELECT is_called FROM touched); END $$";
    let (sealing, noted) = noting(0);
    assert_eq!(house.store.append(NODE, &[free], sealing).await.unwrap(), [false]);
    assert_eq!(*noted.lock().unwrap(), [true, false], "nobody was faster");
    house.by_hand(UNTOUCHED).await.unwrap();
    house.store.append(NODE, &[], sealed(batch(0, vec![entry(0, Kind::Act)]))).await.unwrap();
    house.by_hand(UNTOUCHED).await.unwrap_err();
}
