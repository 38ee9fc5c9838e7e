//! The real binary, as its users meet it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should end there"
)]

mod accounts;
mod bad_input;
mod budgets;
mod bytes_untouched;
mod coded;
mod conversions;
mod described;
mod dialects;
mod discovery;
mod estimates;
mod failover;
mod house;
mod hybrid;
mod idempotency;
mod importing;
mod leaving;
mod ledger;
mod levels;
mod lifecycle;
mod limits;
mod listing;
mod m2;
#[cfg(target_os = "linux")]
mod machine;
mod order;
mod probes;
mod proofs;
mod provenance;
mod provider_faults;
mod receipts;
mod reloading;
mod secrets;
mod services;
mod streams;
