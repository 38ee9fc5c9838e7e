//! What a call is, who may make it, how it can fail and what its receipt says: the rules of the
//! house, pure. No I/O, no async, no clock: times, ids and randomness are arguments.

pub mod account;
pub mod act;
pub mod budget;
pub mod call;
pub mod clock;
pub mod cost;
pub mod credential;
pub mod day;
pub mod directory;
pub mod entropy;
pub mod estimate;
pub mod failure;
pub mod id;
pub mod invariant;
pub mod level;
pub mod money;
pub mod naming;
pub mod price;
pub mod quote;
pub mod receipt;
pub mod redacted;
pub mod role;
pub mod routing;
pub mod usage;
pub mod usual;
pub mod window;
