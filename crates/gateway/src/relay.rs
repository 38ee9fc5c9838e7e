//! Replies on their way from a provider to a caller.

pub mod gather;
pub mod long;
pub mod stream;
mod tail;
