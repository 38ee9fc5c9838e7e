//! Everything around the gateway: its configuration, its listeners, its telemetry, how it starts
//! and how it stops.

mod admin_key;
mod clock;
pub mod config;
mod connection;
mod current;
mod entropy;
pub mod ledger;
mod logging;
mod machine;
mod nearest;
mod parser_refusal;
mod patient;
mod probes;
mod reload;
mod router;
pub mod serve;
pub mod survey;
mod wiring;

pub use config::{Config, ConfigError};
pub use logging::start_logging;
pub use serve::{Ended, StartError, serve};
pub use tokio_util::sync::CancellationToken;
