//! The same promises, held by both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod cases;
mod catalogue;
mod claims;
mod clocks;
#[path = "../country/mod.rs"]
mod country;
mod custody;
mod enrolled;
mod faults;
mod guards;
mod house;
mod journal;
mod keys;
mod late;
mod opening;
mod outbox;
mod records;
mod register;

/// Runs each test function on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::house::House::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::house::House::postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both;
