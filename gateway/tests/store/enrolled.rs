//! Agencies, systems, officials, users (SLS 16-2(1), 16-3(4)).

use std::collections::BTreeSet;

use gateway::clock::Millis;
use gateway::enrolment::{Fingerprint, State, SystemRole, User};
use gateway::store::{AgencyBook, Imported, StoreError};
use policy::Ground;

use crate::house::House;
use crate::on_both;
use crate::records::{agency, bin, book, iin, system, user};

on_both!(
    finds_a_system_with_its_agency_by_certificate,
    gives_back_the_book_as_it_was_imported,
    an_import_says_what_it_changed,
    a_system_of_an_unknown_agency_takes_the_whole_import_with_it,
    an_import_that_names_a_key_twice_is_refused,
    finds_a_user_in_whatever_state,
    a_user_of_an_unknown_agency_takes_the_whole_import_with_it,
    imports_a_hundred_thousand_users_at_once,
    answers_when_asked_whether_it_is_there,
);

async fn answers_when_asked_whether_it_is_there(house: House) {
    house.store.ping().await.unwrap();
}

async fn finds_a_system_with_its_agency_by_certificate(house: House) {
    house.store.import_agencies(&book()).await.unwrap();
    for expected in book().systems {
        let found = house.store.enrolment(&expected.certificate).await.unwrap().unwrap();
        assert_eq!(found.agency.bin, expected.agency);
        assert_eq!(found.agency, if expected.agency == bin(1) { agency(1) } else { agency(2) });
        assert_eq!(found.system, expected);
    }
    assert_eq!(house.store.enrolment(&Fingerprint([99; 32])).await.unwrap(), None);
}

async fn gives_back_the_book_as_it_was_imported(house: House) {
    assert_eq!(house.store.agency_book().await.unwrap(), AgencyBook::default());
    house.store.import_agencies(&book()).await.unwrap();
    assert_eq!(house.store.agency_book().await.unwrap(), book());
}

async fn an_import_says_what_it_changed(house: House) {
    let first = house.store.import_agencies(&book()).await.unwrap();
    assert_eq!(first, Imported { added: 9, changed: 0, unchanged: 0 });
    let again = house.store.import_agencies(&book()).await.unwrap();
    assert_eq!(again, Imported { added: 0, changed: 0, unchanged: 9 });

    let mut changed = book();
    changed.agencies[1].state = State::Suspended;
    changed.systems[0].agency = bin(2);
    changed.officials[2].until = None;
    changed.agencies.push(agency(3));
    let third = house.store.import_agencies(&changed).await.unwrap();
    assert_eq!(third, Imported { added: 1, changed: 3, unchanged: 6 });
    assert_eq!(house.store.agency_book().await.unwrap(), changed);
}

async fn a_system_of_an_unknown_agency_takes_the_whole_import_with_it(house: House) {
    let mut wrong = book();
    wrong.systems.push(system(77, 50, SystemRole::Exchange));
    assert!(matches!(house.store.import_agencies(&wrong).await, Err(StoreError::Database(_))));
    assert_eq!(house.store.agency_book().await.unwrap(), AgencyBook::default());
}

async fn an_import_that_names_a_key_twice_is_refused(house: House) {
    let mut twice = book();
    twice.agencies.push(agency(1));
    assert!(matches!(house.store.import_agencies(&twice).await, Err(StoreError::Repeated { .. })));
    house.store.import_agencies(&book()).await.unwrap();
    let users = [user(1, 1), user(1, 2)];
    assert!(matches!(house.store.import_users(&users).await, Err(StoreError::Repeated { .. })));
    assert_eq!(house.store.user(&iin(1)).await.unwrap(), None);
}

async fn finds_a_user_in_whatever_state(house: House) {
    house.store.import_agencies(&book()).await.unwrap();
    let suspended = User {
        state: State::Suspended,
        until: None,
        from: Millis(i64::MIN),
        grounds: BTreeSet::new(),
        ..user(2, 2)
    };
    let imported = house.store.import_users(&[user(1, 1), suspended.clone()]).await.unwrap();
    assert_eq!(imported, Imported { added: 2, changed: 0, unchanged: 0 });
    assert_eq!(house.store.user(&iin(1)).await.unwrap(), Some(user(1, 1)));
    assert_eq!(house.store.user(&iin(2)).await.unwrap(), Some(suspended));
    assert_eq!(house.store.user(&iin(3)).await.unwrap(), None);

    let moved = User { agency: bin(2), grounds: Ground::ALL.iter().copied().collect(), ..user(1, 1) };
    let imported = house.store.import_users(&[moved.clone(), user(3, 1)]).await.unwrap();
    assert_eq!(imported, Imported { added: 1, changed: 1, unchanged: 0 });
    assert_eq!(house.store.user(&iin(1)).await.unwrap(), Some(moved));
}

async fn a_user_of_an_unknown_agency_takes_the_whole_import_with_it(house: House) {
    house.store.import_agencies(&book()).await.unwrap();
    assert!(matches!(
        house.store.import_users(&[user(1, 1), user(2, 77)]).await,
        Err(StoreError::Database(_))
    ));
    assert_eq!(house.store.user(&iin(1)).await.unwrap(), None);
}

async fn imports_a_hundred_thousand_users_at_once(house: House) {
    house.store.import_agencies(&book()).await.unwrap();
    let users: Vec<_> = (0..100_000).map(|person| user(person, 1)).collect();
    let imported = house.store.import_users(&users).await.unwrap();
    assert_eq!(imported, Imported { added: 100_000, changed: 0, unchanged: 0 });
    assert_eq!(house.store.user(&iin(99_999)).await.unwrap(), Some(user(99_999, 1)));
}
