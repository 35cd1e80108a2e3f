//! Notices that wait to be told.

use gateway::clock::Millis;
use gateway::outbox::{Notice, Told};
use uuid::Uuid;

use crate::house::House;
use crate::on_both;

on_both!(a_notice_is_due_until_it_was_told_by_every_way, the_oldest_that_waits_is_known);

const NODE: &str = "negiz.test/node-1";
const OTHER: &str = "negiz.test/node-2";

/// A notice of nobody's measure, made so many milliseconds after 1970.
fn notice(made: i64) -> Notice {
    Notice::begun(Uuid::new_v4(), "000740000728", Millis(0), Millis(86_400_000), Millis(made))
}

async fn a_notice_is_due_until_it_was_told_by_every_way(house: House) {
    let (store, kept) = (&house.store, notice(1_000));
    store.put_notice(&kept).await.unwrap();
    store.put_notice(&kept).await.unwrap();
    let due = |node, now: i64| async move {
        let due = store.take_notices(node, Millis(now), Millis(now + 5_000)).await.unwrap();
        due.into_iter().map(|due| (due.notice, due.told)).collect::<Vec<_>>()
    };
    assert_eq!(due(NODE, 2_000).await, [(kept.clone(), Told::default())]);
    assert_eq!(due(OTHER, 6_999).await, [], "it is under way");
    let mailed = Told { mail: true, webhook: false };
    store.notice_told(&kept.id, mailed, None).await.unwrap();
    assert_eq!(due(OTHER, 7_000).await, [(kept.clone(), mailed)]);
    let both = Told { webhook: true, ..mailed };
    store.notice_told(&kept.id, both, Some(Millis(8_000))).await.unwrap();
    assert_eq!(due(NODE, 99_000).await, []);
}

async fn the_oldest_that_waits_is_known(house: House) {
    let (store, notices) = (&house.store, [notice(3_000), notice(1_000), notice(2_000)]);
    assert_eq!(store.oldest_notice().await.unwrap(), None);
    for notice in &notices {
        store.put_notice(notice).await.unwrap();
    }
    let told = Told { webhook: true, mail: true };
    for (told_first, next) in [(1, Some(2_000)), (2, Some(3_000)), (0, None)] {
        assert_eq!(store.oldest_notice().await.unwrap(), Some(notices[told_first].made));
        store.notice_told(&notices[told_first].id, told, Some(Millis(9_000))).await.unwrap();
        assert_eq!(store.oldest_notice().await.unwrap(), next.map(Millis));
    }
}
