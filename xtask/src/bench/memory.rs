//! What the gateway holds in memory.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::load;
use super::stand::Stand;
use crate::progress;

/// What `cargo xtask bench memory` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Calls that are made in all
    #[arg(long, default_value_t = 100_000)]
    calls: u64,
    /// Connections that are open at a time
    #[arg(long, default_value_t = 64)]
    connections: u64,
}

/// After how many parts of the calls memory is looked at.
const LOOKS: u64 = 10;

pub(crate) async fn run(binary: &Path, args: &Args) -> Result<()> {
    let Args { calls, connections } = *args;
    let stand = Stand::build(binary, "", Value::Null).await?;
    progress::line(format_args!("idle: {} KiB", stand.idle_kib));
    for look in 1..=LOOKS {
        load::run(&stand, connections, calls / LOOKS).await?;
        let made = calls / LOOKS * look;
        progress::line(format_args!("after {made} calls: {} KiB", stand.resident_kib()?));
    }
    Ok(())
}
