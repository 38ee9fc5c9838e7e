//! Replies on their way from a provider to a caller.

mod coalesced;
pub mod following;
pub mod gather;
pub mod long;
mod patience;
pub mod stream;
mod tail;
