//! What can be checked without trusting the gateway: hashes, canonical JSON, the sections of a
//! receipt with their salted commitments, and the leaf bytes that a log will hold.
//!
//! This crate depends on nothing else of the house, so that an auditor builds only this. It does
//! no I/O, reads no clock and makes no randomness: salts and times are arguments.

pub mod canonical;
pub mod digest;
pub mod receipt;
pub mod section;
pub mod timestamp;

pub use digest::{Digest, Hasher};
pub use receipt::{Kind, Leaf, Receipt};
pub use section::{Salt, Section, SectionName};
pub use timestamp::Timestamp;
