//! What can be checked without trusting the gateway: hashes, canonical JSON, the sections of a
//! receipt with their salted commitments, leaves, the Merkle log, its checkpoints, and the bundles
//! that put them together.
//!
//! This crate depends on nothing else of the house and has a small program of its own,
//! `weighbridge-verify`, so that an auditor builds only this. It reads no clock and makes no
//! randomness: salts, seeds and times are arguments. Only [`offline`] reads files.

pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod content;
pub mod digest;
pub mod entry;
pub mod merkle;
pub mod note;
pub mod offline;
pub mod receipt;
pub mod section;
pub mod tile;
pub mod timestamp;
pub mod tlog_proof;
pub mod verify;

pub use digest::{Digest, Hasher};
pub use receipt::{Kind, Leaf, Receipt};
pub use section::{Salt, Section, SectionName};
pub use timestamp::Timestamp;
