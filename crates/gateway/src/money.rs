//! What a call may cost, what is held for it, and what it is charged in the end.

pub mod account;
pub mod accounts;
pub(crate) mod agreement;
pub(crate) mod bill;
mod counting;
pub(crate) mod hold;
mod lengths;
pub(crate) mod offer;
pub(crate) mod refusal;
pub(crate) mod taken_quote;

pub use account::{BudgetChange, LiveAccount, NotChanged};
pub use accounts::Accounts;
pub(crate) use counting::Counting;
pub(crate) use lengths::Lengths;
