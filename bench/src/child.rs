//! A process that is measured, and is gone when its owner is.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child as Process, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::proxy;

/// How long one may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How often a wait looks again.
const TICK: Duration = Duration::from_millis(20);
/// How often it is looked whether one that was asked to end has ended.
const LOOKS: u32 = 250;

/// See the module's words.
#[derive(Debug)]
pub(crate) struct Child {
    process: Process,
    pid: u32,
}

impl Child {
    /// The bare proxy in front of `to`, and where it listens.
    pub(crate) async fn proxy(to: &str) -> Result<(Self, String)> {
        let program = std::env::current_exe().context("this program is nowhere")?;
        let mut command = Command::new(program);
        command.args(["proxy", "--to", to]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = Self::start(command).context("the bare proxy cannot be started")?;
        let said = child.process.stdout.take().context("a program without standard output")?;
        let mut line = String::new();
        let mut said = BufReader::new(said);
        let read = timeout(START, said.read_line(&mut line)).await;
        let read = read.context("the bare proxy does not begin")?;
        read.context("the bare proxy says nothing")?;
        let address = line.trim().strip_prefix(proxy::READY).context("the bare proxy has ended")?;
        Ok((child, address.to_owned()))
    }

    /// nginx with this configuration, once it listens at `address`.
    pub(crate) async fn nginx(folder: &Path, config: &Path, address: &str) -> Result<Self> {
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(config).stdin(Stdio::null());
        let mut child = Self::start(command).context("nginx cannot be started")?;
        let until = Instant::now() + START;
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = child.process.try_wait()? {
                bail!("nginx ended at once ({status}); its words are above");
            }
            if Instant::now() > until {
                bail!("nginx does not listen at {address} after {START:?}");
            }
            sleep(TICK).await;
        }
        Ok(child)
    }

    fn start(mut command: Command) -> Result<Self> {
        let process = command.kill_on_drop(true).spawn()?;
        let pid = process.id().context("it has ended")?;
        Ok(Self { process, pid })
    }

    /// The process's id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Child {
    /// Asks first: workers of a master that was killed would stay.
    fn drop(&mut self) {
        let pid = i32::try_from(self.pid).ok().and_then(rustix::process::Pid::from_raw);
        if let (Some(pid), Ok(None)) = (pid, self.process.try_wait()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            for _ in 0..LOOKS {
                if !matches!(self.process.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(TICK);
            }
        }
    }
}
