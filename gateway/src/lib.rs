//! Negiz: no record without a verified ground, and a proof of every answer and refusal.
//!
//! Read `exchange.rs` first: it is the law's procedure on one screen.
#![forbid(unsafe_code)]

pub mod cases {
    //! Case registries.
    pub mod live;
}
pub mod catalogue;
pub mod clock;
pub mod demo {
    //! The demonstration's invented country.
    pub mod case_registry;
    pub mod people;
    pub mod registries;
    pub mod server;
}
pub mod enrolment;
pub mod entry;
pub mod refusal;
pub mod registries {
    //! Asking registries.
    pub mod answer;
    pub mod ask;
    pub mod breaker;
    mod failure;
    mod lane;
    pub mod parameters;
    pub mod question;
    pub mod token;
}
pub mod replica;
pub mod store;
pub mod upstream;
