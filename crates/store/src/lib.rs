//! What outlives a process. The only place that knows SQL.
//!
//! One writer on a thread of its own commits whatever has queued up, with full sync, and then
//! acknowledges all of it; a few readers answer queries. A call takes its place in the writer's
//! queue before it is dispatched, so that its receipt can never find the queue full.

pub mod accounts;
pub mod acts;
mod background;
pub mod books;

pub mod error;
mod fresh;
pub mod idempotency;
pub mod keyring;
pub mod ledger;
mod lock;
mod open;
pub mod page;
pub mod place;
pub mod provenance;
mod readers;
pub mod receipts;
mod recovery;
mod schema;
pub mod spending;
pub mod tables;
mod wal;
mod writer;

pub use error::{OpenError, RecordError, Repeated, StoreError};
pub use open::{Opened, Options, Store};
pub use page::Page;
pub use place::{Closing, Open, Place};
pub use writer::Fatal;
