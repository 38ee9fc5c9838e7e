//! The fronts: one file per inbound flavor, and what they share.

pub mod anthropic;
pub mod aog;
pub mod call;
pub mod credential;
pub mod custom;
pub mod gemini;
pub(crate) mod models;
pub mod ollama;
pub mod openai;
pub mod pace;
pub mod request;
pub mod route;
pub mod words;

pub use models::percent_decode;
