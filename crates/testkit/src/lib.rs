//! What tests of Weighbridge are made with, and nothing that it ships.
//!
//! - [`provider`]: a provider that does exactly what a script says, faults included
//! - [`chat`]: well-formed chat replies and streams for it to give
//! - [`http`]: a small HTTP client that can misbehave and sees every chunk when it comes
//! - [`gateway`]: the real program as a process, with its configuration and its end
//! - [`scratch`]: folders that are gone afterwards
//! - [`shim`]: the library that makes a power cut real (Linux)
//!
//! Every wait in here is bounded, ports are picked by the system, and nothing outlives its owner.

pub mod chat;
pub mod gateway;
pub mod http;
pub mod provider;
pub mod scratch;
pub mod shim;
mod wire;

pub use gateway::Gateway;
pub use provider::{Behaviour, Provider, Script};
pub use scratch::ScratchDir;
