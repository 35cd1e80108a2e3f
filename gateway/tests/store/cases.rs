//! The replica of the case registries (SLS 16-2(3)¶2).

use gateway::clock::Millis;
use gateway::enrolment::Fingerprint;
use gateway::replica::{CaseSource, CaseState, SourceMode};
use gateway::store::{Asked, Fed, FeedFault, StoreError};
use policy::{CaseKind, CaseStatus};
use uuid::Uuid;

use crate::house::House;
use crate::on_both;
use crate::records::{book, case, iin, source, user};

on_both!(
    finds_every_case_of_a_number_with_its_source,
    a_feed_that_comes_twice_changes_nothing,
    an_older_state_never_overwrites_a_newer_one,
    of_two_states_in_one_feed_the_newer_holds,
    the_instant_a_source_spoke_of_moves_forward_only,
    configuration_keeps_what_a_source_said,
    refuses_a_feed_of_an_unknown_source,
    what_is_known_of_a_person_and_a_case_is_found_in_one_look,
    a_case_that_cannot_be_read_is_the_trouble_of_who_relies_on_it,
    refuses_a_feed_of_a_live_source,
    refuses_cases_the_source_does_not_speak_for,
    a_case_stays_with_the_source_that_reported_it,
    one_version_of_a_case_says_one_thing,
    a_feed_that_breaks_in_the_middle_leaves_nothing,
    takes_ten_thousand_cases_at_once,
    feeds_of_two_sources_at_once_do_not_mix,
);

const AT: Millis = Millis(1_000_000);

fn refusal(result: Result<Fed, StoreError>) -> FeedFault {
    match result {
        Err(StoreError::Feed { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

async fn only(house: &House, number: &str) -> CaseState {
    let mut found = house.store.replica_cases(number).await.unwrap();
    assert_eq!(found.len(), 1);
    found.pop().unwrap().state
}

async fn as_of(house: &House) -> Option<Millis> {
    house.store.case_sources().await.unwrap()[0].as_of
}

/// What a request of this person in this case would ask.
fn asked(person: u64, number: &str) -> Asked {
    let (certificate, request) = (Fingerprint([1; 32]), Uuid::from_u128(1));
    Asked { certificate, person: iin(person), case: number.to_owned(), request, signer: [1; 32] }
}

async fn finds_every_case_of_a_number_with_its_source(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let search = CaseState { kind: CaseKind::Search, holders: vec![], ..case("1", 4) };
    let fed =
        house.store.feed_cases("criminal", AT, &[case("1", 1), search.clone(), case("2", 1)]).await.unwrap();
    assert_eq!(fed, Fed { applied: 3, unchanged: 0 });
    let found = house.store.replica_cases("1").await.unwrap();
    assert_eq!(found.iter().map(|found| found.state.clone()).collect::<Vec<_>>(), [case("1", 1), search]);
    assert!(found.iter().all(|found| found.source == CaseSource { as_of: Some(AT), ..source("criminal") }));
    assert!(house.store.replica_cases("3").await.unwrap().is_empty());
}

async fn what_is_known_of_a_person_and_a_case_is_found_in_one_look(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    house.store.import_agencies(&book()).await.unwrap();
    house.store.import_users(&[user(1, 1), user(2, 2)]).await.unwrap();
    let search = CaseState { kind: CaseKind::Search, holders: vec![], ..case("1", 4) };
    house.store.feed_cases("criminal", AT, &[search, case("1", 1), case("2", 1)]).await.unwrap();
    let known = async |person: u64, number: &str| {
        let known = house.store.known(asked(person, number)).await.unwrap();
        (known.user, known.cases.unwrap())
    };
    let cases = async |number: &str| house.store.replica_cases(number).await.unwrap();
    let (first, second, neither, stranger) =
        tokio::join!(known(1, "1"), known(2, "2"), known(2, "3"), known(3, "2"));
    assert_eq!(first, (Some(user(1, 1)), cases("1").await));
    assert_eq!(
        first.1.iter().map(|case| case.state.kind).collect::<Vec<_>>(),
        [CaseKind::Criminal, CaseKind::Search]
    );
    assert_eq!(second, (Some(user(2, 2)), cases("2").await));
    assert_eq!(neither, (Some(user(2, 2)), vec![]));
    assert_eq!(stranger, (None, cases("2").await));
}

async fn a_case_that_cannot_be_read_is_the_trouble_of_who_relies_on_it(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    house.store.import_agencies(&book()).await.unwrap();
    house.store.import_users(&[user(1, 1)]).await.unwrap();
    house.store.feed_cases("criminal", AT, &[case("1", 1), case("2", 1)]).await.unwrap();
    house.by_hand("UPDATE cases SET holders = 'nobody', version = 2 WHERE number = '1'").await.unwrap();
    let (spoilt, sound) = tokio::join!(house.store.known(asked(1, "1")), house.store.known(asked(1, "2")));
    let (spoilt, sound) = (spoilt.unwrap(), sound.unwrap());
    assert_eq!((spoilt.user, sound.user), (Some(user(1, 1)), Some(user(1, 1))));
    assert!(matches!(&*spoilt.cases.unwrap_err(), StoreError::Corrupt(_)));
    assert_eq!(sound.cases.unwrap().len(), 1);
}

async fn a_feed_that_comes_twice_changes_nothing(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let cases = [case("1", 1), case("2", 5)];
    house.store.feed_cases("criminal", AT, &cases).await.unwrap();
    let again = house.store.feed_cases("criminal", AT, &cases).await.unwrap();
    assert_eq!(again, Fed { applied: 0, unchanged: 2 });
    assert_eq!(only(&house, "1").await, case("1", 1));
}

async fn an_older_state_never_overwrites_a_newer_one(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let closed = CaseState { status: CaseStatus::Closed, holders: vec![iin(9)], ..case("1", 7) };
    house.store.feed_cases("criminal", AT, std::slice::from_ref(&closed)).await.unwrap();
    for version in [5, 6] {
        let fed = house.store.feed_cases("criminal", AT, &[case("1", version)]).await.unwrap();
        assert_eq!(fed, Fed { applied: 0, unchanged: 1 });
        assert_eq!(only(&house, "1").await, closed);
    }
    let fed = house.store.feed_cases("criminal", AT, &[case("1", 8)]).await.unwrap();
    assert_eq!(fed, Fed { applied: 1, unchanged: 0 });
    assert_eq!(only(&house, "1").await, case("1", 8));
    assert!(house.by_hand("UPDATE cases SET version = 7, status = 'open'").await.is_err());
}

async fn of_two_states_in_one_feed_the_newer_holds(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let closed = CaseState { status: CaseStatus::Closed, ..case("1", 3) };
    let cases = [case("1", 2), closed.clone(), case("1", 1)];
    let fed = house.store.feed_cases("criminal", AT, &cases).await.unwrap();
    assert_eq!(fed, Fed { applied: 1, unchanged: 2 });
    assert_eq!(only(&house, "1").await, closed);
}

async fn the_instant_a_source_spoke_of_moves_forward_only(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    assert_eq!(as_of(&house).await, None);
    for (said, kept) in [(50, 50), (40, 50), (60, 60)] {
        house.store.feed_cases("criminal", Millis(said), &[]).await.unwrap();
        assert_eq!(as_of(&house).await, Some(Millis(kept)));
    }
    assert!(house.by_hand("UPDATE case_sources SET as_of = 1").await.is_err());
}

async fn configuration_keeps_what_a_source_said(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    house.store.feed_cases("criminal", AT, &[]).await.unwrap();
    let changed = CaseSource { max_age: 60, kinds: vec![CaseKind::Criminal], ..source("criminal") };
    let live =
        CaseSource { mode: SourceMode::Live { url: "https://127.0.0.1/cases".to_owned() }, ..source("live") };
    house.store.put_case_sources(&[live.clone(), changed.clone()]).await.unwrap();
    let expected = [CaseSource { as_of: Some(AT), ..changed }, live];
    assert_eq!(house.store.case_sources().await.unwrap(), expected);
}

async fn refuses_a_feed_of_an_unknown_source(house: House) {
    let fed = house.store.feed_cases("nobody", AT, &[case("1", 1)]).await;
    assert_eq!(refusal(fed), FeedFault::UnknownSource);
}

async fn refuses_a_feed_of_a_live_source(house: House) {
    let live =
        CaseSource { mode: SourceMode::Live { url: "https://127.0.0.1/".to_owned() }, ..source("live") };
    house.store.put_case_sources(&[live]).await.unwrap();
    assert_eq!(refusal(house.store.feed_cases("live", AT, &[case("1", 1)]).await), FeedFault::LiveSource);
}

async fn refuses_cases_the_source_does_not_speak_for(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let civil = CaseState { kind: CaseKind::Civil, ..case("2", 1) };
    let fault = refusal(house.store.feed_cases("criminal", AT, &[case("1", 1), civil]).await);
    assert_eq!(fault, FeedFault::KindNotOfSource { number: "2".to_owned(), kind: CaseKind::Civil });
    assert!(house.store.replica_cases("1").await.unwrap().is_empty());
    assert_eq!(as_of(&house).await, None);
}

async fn a_case_stays_with_the_source_that_reported_it(house: House) {
    house.store.put_case_sources(&[source("one"), source("two")]).await.unwrap();
    house.store.feed_cases("one", AT, &[case("1", 1)]).await.unwrap();
    let fault = refusal(house.store.feed_cases("two", AT, &[case("2", 1), case("1", 99)]).await);
    assert_eq!(fault, FeedFault::OtherSource { number: "1".to_owned(), kind: CaseKind::Criminal });
    assert_eq!(only(&house, "1").await, case("1", 1));
    assert!(house.store.replica_cases("2").await.unwrap().is_empty());
}

async fn one_version_of_a_case_says_one_thing(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    house.store.feed_cases("criminal", AT, &[case("1", 3)]).await.unwrap();
    let closed = |version| CaseState { status: CaseStatus::Closed, ..case("1", version) };
    let wanted = FeedFault::SameVersion { number: "1".to_owned(), kind: CaseKind::Criminal };
    let fault = refusal(house.store.feed_cases("criminal", AT, &[case("2", 1), closed(3)]).await);
    assert_eq!(fault, wanted);
    assert!(house.store.replica_cases("2").await.unwrap().is_empty(), "half of a feed was taken");
    let fault = refusal(house.store.feed_cases("criminal", AT, &[case("1", 4), closed(4)]).await);
    assert_eq!(fault, wanted, "within one feed");
    house.store.feed_cases("criminal", AT, &[case("1", 3), closed(2)]).await.unwrap();
    assert_eq!(only(&house, "1").await, case("1", 3));
}

async fn a_feed_that_breaks_in_the_middle_leaves_nothing(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    house.store.feed_cases("criminal", AT, &[case("0500", 1)]).await.unwrap();
    let broken = if house.url.starts_with("sqlite") {
        "CREATE TRIGGER broken BEFORE INSERT ON cases WHEN NEW.number = '0700'
         BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END"
    } else {
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'the disk is on fire'; END $$;
         CREATE TRIGGER broken BEFORE INSERT ON cases FOR EACH ROW WHEN (NEW.number = '0700')
         EXECUTE FUNCTION broken()"
    };
    house.by_hand(broken).await.unwrap();
    let cases: Vec<_> = (0..1_000).map(|number| case(&format!("{number:04}"), 2)).collect();
    let later = AT.plus_seconds(60);
    assert!(matches!(house.store.feed_cases("criminal", later, &cases).await, Err(StoreError::Database(_))));
    assert!(house.store.replica_cases("0001").await.unwrap().is_empty());
    assert_eq!(only(&house, "0500").await, case("0500", 1));
    assert_eq!(as_of(&house).await, Some(AT));
}

async fn takes_ten_thousand_cases_at_once(house: House) {
    house.store.put_case_sources(&[source("criminal")]).await.unwrap();
    let cases: Vec<_> = (0..10_000).map(|number| case(&number.to_string(), 1)).collect();
    let fed = house.store.feed_cases("criminal", AT, &cases).await.unwrap();
    assert_eq!(fed, Fed { applied: 10_000, unchanged: 0 });
}

async fn feeds_of_two_sources_at_once_do_not_mix(house: House) {
    house.store.put_case_sources(&[source("one"), source("two")]).await.unwrap();
    let another = house.another().await;
    let cases: Vec<_> = (0..500).map(|number| case(&number.to_string(), 1)).collect();
    let (one, two) =
        tokio::join!(house.store.feed_cases("one", AT, &cases), another.feed_cases("two", AT, &cases));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let winner = if one.is_ok() { "one" } else { "two" };
    for number in 0..500 {
        let found = house.store.replica_cases(&number.to_string()).await.unwrap();
        assert_eq!(found[0].source.code, winner);
    }
}
