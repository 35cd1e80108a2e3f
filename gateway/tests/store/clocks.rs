//! What a batch does to the clocks of urgent measures, in the batch's own transaction.

use gateway::clock::Millis;
use gateway::entry::Kind;
use gateway::outbox::Notice;
use gateway::store::{Sealing, StoreError};
use gateway::urgent::{ClockOf, Effect, UrgentGrant};
use uuid::Uuid;

use crate::house::House;
use crate::on_both;
use crate::records::{batch, claim, entry, sealed};

on_both!(
    the_same_clocks_in_opposite_order_never_deadlock,
    what_is_done_to_one_clock_keeps_its_order,
    a_moved_head_leaves_clocks_alone,
);

const NODE: &str = "negiz.test/node-1";
const OTHER: &str = "negiz.test/node-2";

fn clock(number: u64) -> ClockOf {
    let mut case = [0; 32];
    case[..8].copy_from_slice(&number.to_be_bytes());
    ClockOf { case, subject: [7; 32] }
}

fn begun(number: u64) -> Effect {
    let (request, now, deadline) = (Uuid::from_u128(number.into()), Millis(1_000), Millis(86_401_000));
    Effect::Begun(UrgentGrant {
        clock: clock(number),
        request,
        agency: "000740000728".to_owned(),
        decided: now,
        deadline,
        notice: Notice::begun(request, "000740000728", now, deadline, now),
    })
}

async fn the_same_clocks_in_opposite_order_never_deadlock(house: House) {
    let another = house.another().await;
    for round in 0..20_u64 {
        let up: Vec<Effect> = (0..50).map(|number| begun(round * 1_000 + number)).collect();
        let down: Vec<Effect> = up.iter().rev().cloned().collect();
        let with = |effects| {
            let mut batch = batch(round, vec![entry(round, Kind::Act)]);
            batch.effects = effects;
            sealed(batch)
        };
        let (one, two) =
            tokio::join!(house.store.append(NODE, &[], with(up)), another.append(OTHER, &[], with(down)),);
        one.unwrap();
        two.unwrap();
        for number in 0..50 {
            assert!(house.store.running(&clock(round * 1_000 + number)).await.unwrap().is_some());
        }
    }
}

async fn what_is_done_to_one_clock_keeps_its_order(house: House) {
    let stop = |number| Effect::Sanctioned { clock: clock(number), at: Millis(2_000) };
    let mut both = batch(0, vec![entry(0, Kind::Grant)]);
    // Begun and stopped; and a stop that finds nothing yet to stop.
    both.effects = vec![begun(9), stop(9), stop(3), begun(3)];
    house.store.append(NODE, &[], sealed(both)).await.unwrap();
    let sanctioned = |number| {
        let store = house.store.clone();
        async move { store.running(&clock(number)).await.unwrap().unwrap().sanctioned }
    };
    assert_eq!(sanctioned(9).await, Some(Millis(2_000)));
    assert_eq!(sanctioned(3).await, None);
}

async fn a_moved_head_leaves_clocks_alone(house: House) {
    let mut late = batch(1, vec![entry(1, Kind::Grant)]);
    late.effects = vec![begun(1)];
    let result = house.store.append(NODE, &[claim(1, 1)], sealed(late)).await;
    assert!(matches!(result, Err(StoreError::HeadMoved { expected: 1, found: 0, .. })), "{result:?}");
    assert!(house.store.running(&clock(1)).await.unwrap().is_none());
    let mut first = batch(0, vec![entry(0, Kind::Grant)]);
    first.effects = vec![begun(1)];
    assert_eq!(house.store.append(NODE, &[claim(1, 1)], sealed(first)).await.unwrap(), [true]);
    assert!(house.store.running(&clock(1)).await.unwrap().is_some());
}

/// PostgreSQL alone: on SQLite nobody else writes while a batch is sealed.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_another_takes_while_the_batch_is_sealed_takes_its_effects_along() {
    let house = House::postgres().await;
    let (another, runtime) = (house.another().await, tokio::runtime::Handle::current());
    let mut sealings = 0;
    let sealing: Sealing = Box::new(move |held| {
        sealings += 1;
        if sealings == 1 {
            assert_eq!(held, [true, true]);
            let (another, runtime) = (another.clone(), runtime.clone());
            let taking = std::thread::spawn(move || {
                let batch = sealed(batch(0, vec![entry(0, Kind::Grant)]));
                runtime.block_on(another.append(OTHER, &[claim(1, 1)], batch)).unwrap()
            });
            assert_eq!(taking.join().unwrap(), [true]);
        }
        let kept: Vec<u64> = (1..).zip(held).filter_map(|(number, held)| held.then_some(number)).collect();
        let entries = kept.iter().zip(0..).map(|(_, index)| entry(index, Kind::Grant)).collect();
        let mut batch = batch(0, entries);
        batch.effects = kept.into_iter().map(begun).collect();
        Ok(batch)
    });
    let held = house.store.append(NODE, &[claim(1, 1), claim(1, 2)], sealing).await.unwrap();
    assert_eq!(held, [false, true]);
    assert!(house.store.running(&clock(1)).await.unwrap().is_none());
    assert!(house.store.running(&clock(2)).await.unwrap().is_some());
    assert_eq!(house.store.head(NODE).await.unwrap().unwrap().size, 1);
    // And the connection serves the next batch.
    let next = sealed(batch(1, vec![entry(1, Kind::Act)]));
    house.store.append(NODE, &[], next).await.unwrap();
}
