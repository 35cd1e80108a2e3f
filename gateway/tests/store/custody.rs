//! How long content is kept and under which keys (SLS 16-3(3), OI 5(5)).

use std::sync::Arc;

use gateway::clock::Millis;
use gateway::destruction::{Cause, Destruction, Keeping, Termination};
use gateway::rotation::{Rotated, rotate};
use gateway::store::AgencyBook;
use gateway::store::custody::{self, Account, Custody, Look};
use gateway::vault::{Vault, VaultError};
use secrecy::SecretSlice;
use uuid::Uuid;

use crate::house::House;
use crate::on_both;
use crate::records::{agency, iin, official, system};

on_both!(
    asks_for_a_destruction_once_for_each_case,
    takes_two_to_destroy,
    a_confirmed_destruction_stands,
    every_log_accounts_for_a_destruction,
    finds_who_administers_users_behind_a_reviewing_credential,
    clocks_run_while_a_case_is_closed,
    notice_comes_before_the_end,
    a_rotation_that_was_cut_off_goes_on,
    a_destroyed_key_is_not_brought_back_by_a_rotation,
    a_terminated_record_is_due_once_and_stands,
);

const NODE: &str = "negiz.test/node-1";
const OTHER: &str = "negiz.test/node-2";
const DAY: i64 = 86_400_000;

async fn custody(house: &House) -> Arc<dyn Custody> {
    custody::open(&house.url).await.unwrap()
}

fn destruction(number: u8) -> Destruction {
    Destruction {
        id: Uuid::from_u128(u128::from(number)),
        case_ref: [number; 32],
        kind: "criminal".to_owned(),
        number: format!("N{number}"),
        cause: Cause::MaterialDestroyed,
        reason: "Act 5 of 20.11.2026".to_owned(),
        asked_by: "agency".to_owned(),
        asked_at: Millis(1_000),
        confirmed: None,
    }
}

async fn asks_for_a_destruction_once_for_each_case(house: House) {
    let custody = custody(&house).await;
    assert!(custody.ask(&destruction(1)).await.unwrap());
    let again = Destruction { id: Uuid::from_u128(9), ..destruction(1) };
    assert!(!custody.ask(&again).await.unwrap());
    assert_eq!(custody.destructions(10).await.unwrap(), [destruction(1)]);
    assert_eq!(custody.destruction(&again.id).await.unwrap(), None);
}

async fn takes_two_to_destroy(house: House) {
    let (custody, one) = (custody(&house).await, destruction(1));
    custody.ask(&one).await.unwrap();
    assert!(custody.unsettled(NODE).await.unwrap().is_empty(), "nobody confirmed it");
    assert!(!custody.confirm(&one.id, "agency", Millis(2_000)).await.unwrap(), "who asks does not confirm");
    assert!(custody.confirm(&one.id, "security", Millis(2_000)).await.unwrap());
    assert!(!custody.confirm(&one.id, "prosecutor", Millis(3_000)).await.unwrap(), "once");
    let confirmed = Destruction { confirmed: Some(("security".to_owned(), Millis(2_000))), ..one };
    assert_eq!(custody.unsettled(NODE).await.unwrap(), [confirmed]);
}

async fn a_confirmed_destruction_stands(house: House) {
    let (custody, one) = (custody(&house).await, destruction(1));
    custody.ask(&one).await.unwrap();
    custody.confirm(&one.id, "security", Millis(2_000)).await.unwrap();
    for attempt in [
        "UPDATE destructions SET confirmed_by = NULL, confirmed_at = NULL",
        "UPDATE destructions SET reason = 'another'",
        "DELETE FROM destructions",
    ] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
}

async fn every_log_accounts_for_a_destruction(house: House) {
    let (custody, one) = (custody(&house).await, destruction(1));
    custody.ask(&one).await.unwrap();
    custody.confirm(&one.id, "security", Millis(2_000)).await.unwrap();
    custody.account(&one.id, NODE, Some(7)).await.unwrap();
    custody.account(&one.id, OTHER, None).await.unwrap();
    let mut accounts = custody.accounts(&one.id).await.unwrap();
    accounts.sort_by_key(|account| account.index);
    let account = |origin: &str, index| Account { origin: origin.to_owned(), index };
    assert_eq!(accounts, [account(OTHER, None), account(NODE, Some(7))]);
    assert_eq!(custody.unsettled(NODE).await.unwrap().len(), 1, "something may still come under the key");
    let look = |size, at, shared| Look { size, at: Millis(at), shared };
    let looked = async |origin, it| custody.look(&one.id, origin, it).await.unwrap();
    assert_eq!(looked(NODE, look(7, 10, true)).await, look(7, 10, true));
    assert_eq!(looked(NODE, look(9, 20, false)).await, look(7, 10, true), "the first look counts");
    assert_eq!(looked(OTHER, look(5, 20, false)).await, look(5, 20, true), "and the first word on what goes");
    custody.end(&one.id, NODE, Some(9)).await.unwrap();
    assert!(custody.unsettled(NODE).await.unwrap().is_empty());
    assert_eq!(custody.unsettled(OTHER).await.unwrap().len(), 1);
    let accounted = async |origin, entry| custody.accounted(&one.case_ref, origin, entry).await.unwrap();
    assert_eq!((accounted(NODE, 6).await, accounted(NODE, 7).await), (Some(7), Some(9)), "what came late");
    assert_eq!((accounted(OTHER, 4).await, accounted(OTHER, 5).await), (None, None));
    assert_eq!(custody.accounted(&[9; 32], NODE, 0).await.unwrap(), None);
}

/// SLS 6(12-4): also when a person came to be on both sides past the import.
async fn finds_who_administers_users_behind_a_reviewing_credential(house: House) {
    use gateway::enrolment::{ConsoleRole, Duty, Fingerprint, Holder, Official, SystemRole};
    let custody = custody(&house).await;
    let console = |byte, role| system(1, byte, SystemRole::Console(role));
    let holder = |byte, person| Holder { certificate: Fingerprint([byte; 32]), iin: iin(person) };
    let book = AgencyBook {
        agencies: vec![agency(1)],
        systems: vec![
            console(1, ConsoleRole::Security),
            console(2, ConsoleRole::Auditor),
            console(3, ConsoleRole::Operator),
            console(4, ConsoleRole::Security),
            console(5, ConsoleRole::Security),
        ],
        officials: vec![Official {
            from: Millis(100),
            until: Some(Millis(200)),
            ..official(1, 1, Duty::Responsible)
        }],
        holders: vec![holder(1, 1), holder(2, 2), holder(3, 2), holder(4, 3)],
    };
    house.store.import_agencies(&book).await.unwrap();
    assert_eq!(house.store.agency_book().await.unwrap().holders, book.holders);
    let administers =
        async |byte, at| custody.administers(&Fingerprint([byte; 32]), Millis(at)).await.unwrap();
    assert_eq!(
        (administers(1, 99).await, administers(1, 100).await, administers(1, 199).await),
        (false, true, true)
    );
    assert!(!administers(1, 200).await, "out of office");
    assert!(administers(2, 100).await, "also the operator");
    assert!(!administers(4, 100).await);
    assert!(!administers(5, 100).await, "a credential without a holder");
}

const SOURCE: &str = "INSERT INTO case_sources (code, kinds, max_age) VALUES ('erdr', 'criminal', 60);
    INSERT INTO cases (number, kind, source, status, agency, holders, version)
    VALUES ('N1', 'criminal', 'erdr', 'closed', '940740000003', '', 1), ('N2', 'criminal', 'erdr', 'open', '940740000003', '', 1)";

async fn clocks_run_while_a_case_is_closed(house: House) {
    let custody = custody(&house).await;
    house.by_hand(SOURCE).await.unwrap();
    let running = async |at| custody.clocks_unnoticed("criminal", Millis(at)).await.unwrap();
    custody.run_clocks("criminal", Millis(5)).await.unwrap();
    custody.run_clocks("criminal", Millis(9)).await.unwrap();
    let clocks = running(5).await;
    assert_eq!(clocks.len(), 1);
    assert_eq!(
        (clocks[0].number.as_str(), clocks[0].started_at),
        ("N1", Millis(5)),
        "from when it was first seen"
    );
    assert!(running(4).await.is_empty());
    house.by_hand("UPDATE cases SET status = 'open', version = 2 WHERE number = 'N1'").await.unwrap();
    custody.run_clocks("criminal", Millis(20)).await.unwrap();
    assert!(running(100).await.is_empty(), "a case that was taken up again keeps its content");
}

/// OI 5(5): notice first, and only then, and not before its time, the end.
async fn notice_comes_before_the_end(house: House) {
    let custody = custody(&house).await;
    house.by_hand(SOURCE).await.unwrap();
    custody.run_clocks("criminal", Millis(0)).await.unwrap();
    let ended = async |days: i64, noticed: i64| {
        custody.clocks_ended("criminal", Millis(days * DAY), Millis(noticed * DAY)).await.unwrap().len()
    };
    assert_eq!(ended(1_000, 1_000).await, 0, "without notice nothing ends");
    let clock = custody.clocks_unnoticed("criminal", Millis(0)).await.unwrap().remove(0);
    custody.notice(&clock, Millis(275 * DAY)).await.unwrap();
    assert!(
        custody.clocks_unnoticed("criminal", Millis(1_000 * DAY)).await.unwrap().is_empty(),
        "noticed once"
    );
    assert_eq!((ended(365, 274).await, ended(365, 275).await), (0, 1));
    custody.ask(&destruction(1)).await.unwrap();
    assert_eq!(ended(365, 275).await, 0, "it is under way");
}

fn master(byte: u8) -> SecretSlice<u8> {
    SecretSlice::from(vec![byte; 32])
}

async fn a_rotation_that_was_cut_off_goes_on(house: House) {
    let at = Millis(1_000);
    let old = Vault::new(&master(1), house.store.clone()).unwrap();
    let mut sealed = Vec::new();
    for case in 1..=5_u8 {
        sealed.push(([case; 32], old.seal(&[case; 32], vec![case; 9], at).await.unwrap()));
    }
    let (custody, both) = (custody(&house).await, Vault::new(&master(2), house.store.clone()).unwrap());
    let both = both.after(&master(1)).unwrap();
    assert_eq!(*both.open(&sealed[0].0, &sealed[0].1, at).await.unwrap(), vec![1; 9], "meanwhile both open");
    // The first run was killed after two keys.
    for (case, wrapped) in custody.wrapped(&[0; 32], 2).await.unwrap() {
        let gateway::vault::Rewrapped::Anew(new) = both.rewrap(&case, &wrapped).unwrap() else { panic!() };
        assert!(custody.rewrap(&case, &wrapped, &new).await.unwrap());
        assert!(!custody.rewrap(&case, &wrapped, &new).await.unwrap(), "it is not there any more");
    }
    assert_eq!(rotate(&both, &*custody).await.unwrap(), Rotated { anew: 3, already: 2, unknown: 0 });
    assert_eq!(rotate(&both, &*custody).await.unwrap(), Rotated { anew: 0, already: 5, unknown: 0 });
    let new = Vault::new(&master(2), house.another().await).unwrap();
    for (case, sealed) in &sealed {
        assert_eq!(*new.open(case, sealed, at).await.unwrap(), vec![case[0]; 9]);
    }
    let stale = Vault::new(&master(1), house.another().await).unwrap();
    assert!(matches!(stale.open(&sealed[0].0, &sealed[0].1, at).await, Err(VaultError::Forged)));
    assert_eq!(rotate(&stale, &*custody).await.unwrap().unknown, 5);
}

/// SLS 16-3(3): gone is gone.
async fn a_destroyed_key_is_not_brought_back_by_a_rotation(house: House) {
    let at = Millis(1_000);
    let old = Vault::new(&master(1), house.store.clone()).unwrap();
    let content = old.seal(&[1; 32], vec![1], at).await.unwrap();
    let custody = custody(&house).await;
    let (case, wrapped) = custody.wrapped(&[0; 32], 9).await.unwrap().remove(0);
    house.store.destroy_case_key(&case, at).await.unwrap();
    old.forget(&case);
    assert!(!custody.rewrap(&case, &wrapped, b"anew").await.unwrap());
    assert!(custody.wrapped(&[0; 32], 9).await.unwrap().is_empty());
    let opened = Vault::new(&master(1), house.another().await).unwrap().open(&case, &content, at).await;
    assert!(matches!(opened, Err(VaultError::Destroyed)));
}

async fn a_terminated_record_is_due_once_and_stands(house: House) {
    let custody = custody(&house).await;
    let one = Termination {
        kind: "operational".to_owned(),
        number: "OP-1".to_owned(),
        case_ref: [1; 32],
        keeping: Keeping::Intercepts,
        ended_at: Millis(1_000),
        due_at: Millis(5_000),
        agency: "940740000003".to_owned(),
        reason: "Decision 12 of 20.11.2026".to_owned(),
        reported_by: "agency".to_owned(),
        reported_at: Millis(2_000),
    };
    assert!(custody.terminate(&one).await.unwrap());
    let again = Termination { keeping: Keeping::Unproven, due_at: Millis(9_000), ..one.clone() };
    assert!(!custody.terminate(&again).await.unwrap());
    assert!(custody.terminations_due(Millis(4_999)).await.unwrap().is_empty());
    assert_eq!(custody.terminations_due(Millis(5_000)).await.unwrap(), [one]);
    for attempt in ["UPDATE terminations SET due_at = 99", "DELETE FROM terminations"] {
        assert!(house.by_hand(attempt).await.is_err(), "{attempt}");
    }
    custody.ask(&destruction(1)).await.unwrap();
    assert!(custody.terminations_due(Millis(5_000)).await.unwrap().is_empty(), "asked for already");
}
