//! The real binary, as its users meet it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected should end there"
)]

mod accounts;
mod bad_input;
mod bytes_untouched;
mod house;
mod leaving;
mod lifecycle;
mod limits;
mod probes;
mod provider_faults;
mod receipts;
mod secrets;
mod streams;
