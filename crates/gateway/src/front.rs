//! The fronts: one file per inbound flavor, and what they share of a request's head.

pub mod credential;
pub mod openai;
pub mod pace;
pub mod request;
