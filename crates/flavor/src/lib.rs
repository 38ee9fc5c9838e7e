//! API dialects as bytes: what the gateway reads of a request or reply, and the few bytes it may
//! change, without taking the rest apart.
//!
//! Pure: bytes in, bytes out. No I/O, no clock, nothing else of ours.

pub mod estimate;
pub mod json;
pub mod openai;
pub mod sse;
