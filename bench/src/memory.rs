//! What the gateway holds in memory: as a command of its own, and looked at while it is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinHandle;

use crate::load::{self, Load};
use crate::mock::Mock;
use crate::stand::{Setup, Stand};
use crate::{figures, machine, process, progress};

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

/// How often a watcher looks.
const TICK: Duration = Duration::from_millis(20);

/// Says what a gateway holds before any call, and after more and more of them.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let Args { calls, connections } = *args;
    let mock = Mock::start().await?;
    let stand = Stand::build(&machine::gateway()?, &mock, &Setup::default()).await?;
    progress::line(format_args!("idle: {}", figures::megabytes(stand.idle_kib)));
    for look in 1..=LOOKS {
        load::run(&stand.target(), Load::whole(connections, calls / LOOKS)).await?;
        let made = figures::count(calls / LOOKS * look);
        let held = figures::megabytes(stand.resident_kib()?);
        progress::line(format_args!("after {made} calls: {held}"));
    }
    stand.stop().await.map(drop)
}

/// Looks at a process again and again, until it is asked for the most that it saw.
pub(crate) struct Watcher {
    most: Arc<AtomicU64>,
    looking: JoinHandle<()>,
}

impl Watcher {
    /// Begins to look.
    pub(crate) fn of(pid: u32) -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&most);
        let looking = tokio::spawn(async move {
            // Ends with the process, which whoever uses it will hear of.
            while let Ok(kib) = process::resident_kib(pid) {
                seen.fetch_max(kib, Ordering::Relaxed);
                tokio::time::sleep(TICK).await;
            }
        });
        Self { most, looking }
    }

    /// The most it held, in KiB.
    pub(crate) fn most(self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.looking.abort();
    }
}
