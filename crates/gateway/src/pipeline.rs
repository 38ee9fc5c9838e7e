//! The life of a call, a stage a file:
//!
//! `Received -> Authenticated -> Admitted -> Read -> Resolved -> Reserved -> Dispatched -> Metered
//! -> Recorded`
//!
//! Each stage can only be made out of the one before, which it consumes. A refusal before
//! `Reserved` leaves a code and a counter; from `Reserved` on every call leaves a receipt.

pub mod admitted;
pub mod authenticated;
mod coding;
pub(crate) mod decision;
pub mod dispatched;
pub mod explanation;
pub mod metered;
pub mod read;
pub mod received;
pub mod recorded;
pub mod reserved;
pub mod resolved;
mod service;
pub(crate) mod trouble;
pub(crate) mod way;

pub use admitted::Admitted;
pub use authenticated::Authenticated;
pub use dispatched::Dispatched;
pub use metered::Metered;
pub use read::Read;
pub use received::Received;
pub use recorded::Recorded;
pub use reserved::Reserved;
pub use resolved::Resolved;
