//! The closed catalogue of registries (SLS 16-1(1)¶2).

use gateway::store::{Imported, StoreError};

use crate::house::House;
use crate::on_both;

on_both!(
    every_import_raises_the_number,
    an_import_replaces_entries_and_keeps_the_others,
    refuses_a_code_named_twice
);

fn entry(code: &str, name: &str) -> (String, String) {
    (code.to_owned(), format!("{{\"name\":\"{name}\"}}"))
}

async fn every_import_raises_the_number(house: House) {
    let (before, entries) = house.store.catalogue().await.unwrap();
    assert!(entries.is_empty());
    house.store.import_registries(&[entry("population", "Халық")]).await.unwrap();
    let after = house.store.catalogue_version().await.unwrap();
    assert!(after > before);
    house.store.import_registries(&[entry("population", "Халық")]).await.unwrap();
    assert!(house.another().await.catalogue_version().await.unwrap() > after);
    assert!(house.by_hand("UPDATE catalogue SET version = 0").await.is_err());
}

async fn an_import_replaces_entries_and_keeps_the_others(house: House) {
    house.store.import_registries(&[entry("vehicles", "old"), entry("population", "P")]).await.unwrap();
    let imported =
        house.store.import_registries(&[entry("vehicles", "new"), entry("wanted", "W")]).await.unwrap();
    assert_eq!(imported, Imported { added: 1, changed: 1, unchanged: 0 });
    let (version, entries) = house.store.catalogue().await.unwrap();
    assert_eq!(version, house.store.catalogue_version().await.unwrap());
    assert_eq!(entries, [entry("population", "P"), entry("vehicles", "new"), entry("wanted", "W")]);
}

async fn refuses_a_code_named_twice(house: House) {
    let twice = [entry("population", "one"), entry("population", "two")];
    assert!(matches!(house.store.import_registries(&twice).await, Err(StoreError::Repeated { .. })));
    assert_eq!(house.store.catalogue().await.unwrap(), (0, Vec::new()));
}
