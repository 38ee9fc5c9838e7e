//! API dialects as bytes: what the gateway reads of a request or reply, and the few bytes it may
//! change, without taking the rest apart; and, where caller and provider speak different ones, the
//! canonical form that both are read into and written from.
//!
//! Pure: bytes in, bytes out. No I/O, no clock, nothing else of ours.

pub mod addressed;
pub mod anthropic;
pub mod aog;
pub mod canon;
pub mod convert;
pub mod course;
pub mod custom;
pub mod dialect;
pub mod estimate;
pub mod facts;
pub mod gemini;
pub mod json;
pub mod limit;
pub mod lines;
pub mod ollama;
pub mod openai;
pub mod peek;
pub mod rename;
pub mod services;
pub mod sse;
