//! What an auditor relies on: bundles that hold, and bundles that were touched.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod flips;
mod forgeries;
mod frozen;
mod held;
mod made;
mod program;
