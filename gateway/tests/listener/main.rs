//! The listener over real sockets, with real certificates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod bodies;
mod crowd;
mod departure;
mod handshake;
mod http;
mod logs;
mod site;
