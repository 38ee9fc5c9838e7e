//! The small engine that the quickstart calls, in a process of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// The binary, which ships beside this one.
const BINARY: &str = "weighbridge-summary";

/// How long it may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// The engine's process. It ends with this one: its standard input is a pipe from here.
pub(crate) struct Engine {
    address: SocketAddr,
    child: Child,
    pipe: ChildStdin,
}

impl Engine {
    /// Starts it on a free port.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let binary = beside_this_one()?;
        let mut child = Command::new(&binary)
            .args(["--listen", "127.0.0.1:0", "--parent-pipe"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let pipe = child.stdin.take().context("the engine has no standard input")?;
        let out = child.stdout.take().context("the engine has no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .context("the engine did not say where it listens")??;
        let Some(line) = line else { bail!("the engine ended at once") };
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|address| address.parse().ok())
            .with_context(|| format!("the engine said {line:?} instead of where it listens"))?;
        Ok(Self { address, child, pipe })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) {
        drop(self.pipe);
        if tokio::time::timeout(PATIENCE, self.child.wait()).await.is_err()
            && let Err(error) = self.child.kill().await
        {
            crate::console::complain(format_args!("the engine could not be ended: {error}"));
        }
    }
}

fn beside_this_one() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("cannot find this binary")?;
    let engine = this.with_file_name(BINARY);
    if !engine.exists() {
        bail!(
            "{BINARY} should lie beside {}; `cargo xtask quickstart` builds both",
            this.display()
        );
    }
    Ok(engine)
}
