//! The store as its users see it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should end there"
)]

mod accounts;
mod books;
mod frozen;
mod frozen_log;
mod idempotency;
mod ledger;
mod money;
mod places;
mod provenance;
mod stage;
mod starts;
