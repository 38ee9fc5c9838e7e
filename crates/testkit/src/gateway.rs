//! The real program as a process, with a configuration of its own.

mod config;
mod output;
mod start_error;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::scratch::ScratchDir;
pub use config::{provider_table, provider_table_of};
use output::Output;
pub use start_error::StartError;

/// How long a gateway may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How long one may take to end.
const END: Duration = Duration::from_secs(30);
/// How often a wait looks again.
const TICK: Duration = Duration::from_millis(2);
/// What a gateway says when it is ready.
const READY: &str = "listening on ";

/// What a gateway is started with, beyond its configuration.
#[derive(Debug, Clone, Default)]
pub struct GatewayOptions {
    /// Environment variables.
    pub env: Vec<(OsString, OsString)>,
    /// A library that is loaded before all others (`LD_PRELOAD`).
    pub preload: Option<PathBuf>,
    /// Arguments after `serve --config FILE`.
    pub args: Vec<OsString>,
}

impl GatewayOptions {
    /// With one more environment variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }
}

/// A running gateway. It is killed when this is dropped.
#[derive(Debug)]
pub struct Gateway {
    child: Child,
    output: Output,
    url: String,
    data_dir: PathBuf,
}

impl Gateway {
    /// Writes `config` into `scratch`, starts `binary serve --config FILE` and waits until it
    /// listens. A configuration without `listen` gets a free port, one without `data_dir` the
    /// folder `data` in `scratch`, which may hold what an earlier gateway left.
    ///
    /// # Errors
    /// [`StartError`], with what the gateway said.
    pub async fn start(
        binary: &Path,
        config: &str,
        scratch: &ScratchDir,
        options: GatewayOptions,
    ) -> Result<Self, StartError> {
        let mut gateway = Self::spawn(binary, config, scratch, options)?;
        gateway.url = gateway.ready().await?;
        Ok(gateway)
    }

    /// As [`start`](Self::start), and does not wait: it may still be getting ready, or fail to.
    ///
    /// # Errors
    /// [`StartError`] where there is no process.
    pub fn spawn(
        binary: &Path,
        config: &str,
        scratch: &ScratchDir,
        options: GatewayOptions,
    ) -> Result<Self, StartError> {
        let file = scratch.join("weighbridge.toml");
        let (config, data_dir) = config::complete(config, scratch.path());
        std::fs::write(&file, config).map_err(StartError::Config)?;
        // A relative path would be looked up from the folder that the gateway starts in.
        let program =
            if binary.components().count() > 1 { absolute(binary) } else { binary.into() };
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(&file).args(options.args);
        command.current_dir(scratch.path()).envs(options.env).kill_on_drop(true);
        if let Some(library) = options.preload {
            command.env("LD_PRELOAD", library);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let spawned = command.spawn();
        let mut child =
            spawned.map_err(|error| StartError::Spawn { binary: binary.to_owned(), error })?;
        let output = Output::of(&mut child);
        Ok(Self { child, output, url: String::new(), data_dir })
    }

    /// Waits until it says where it listens.
    async fn ready(&mut self) -> Result<String, StartError> {
        let deadline = Instant::now() + START;
        loop {
            if let Some(line) = self.output.line_with(READY) {
                let url = line.split(READY).nth(1).unwrap_or_default();
                return Ok(url.trim().to_owned());
            }
            if let Some(status) = self.child.try_wait().map_err(StartError::Wait)? {
                self.output.settle().await;
                // It may have said so, and ended.
                return Err(StartError::Ended { status, said: self.output.text() });
            }
            if Instant::now() >= deadline {
                return Err(StartError::Late { waited: START, said: self.output.text() });
            }
            sleep(TICK).await;
        }
    }

    /// Where it listens: `http://HOST:PORT`; empty where it was only spawned.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Its process's id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// The administrator's key, out of the data directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn admin_key(&self) -> std::io::Result<String> {
        let key = std::fs::read_to_string(self.data_dir.join("admin.key"))?;
        Ok(key.trim().to_owned())
    }

    /// What it wrote so far, standard output and error, the last thousand lines.
    pub fn said(&self) -> String {
        self.output.text()
    }

    /// Kills it at once, as a crash would, and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill9(&mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Asks it to end (SIGTERM), waits until it has, and says how.
    ///
    /// # Errors
    /// When it does not end in 30 seconds; then it is killed.
    #[cfg(unix)]
    pub async fn terminate(&mut self) -> std::io::Result<ExitStatus> {
        self.ask_to_end()?;
        self.ended(END).await
    }

    /// Asks it to end (SIGTERM), and does not wait.
    ///
    /// # Errors
    /// When it cannot be asked.
    #[cfg(unix)]
    pub fn ask_to_end(&self) -> std::io::Result<()> {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok());
        let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else { return Ok(()) };
        Ok(rustix::process::kill_process(pid, rustix::process::Signal::TERM)?)
    }

    /// How it ended, if it has.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn exit_status(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until it ends by itself, and says how.
    ///
    /// # Errors
    /// When it does not end in this time; then it is killed.
    pub async fn ended(&mut self, patience: Duration) -> std::io::Result<ExitStatus> {
        match timeout(patience, self.child.wait()).await {
            Ok(status) => {
                self.output.settle().await;
                status
            }
            Err(_) => {
                let _ = self.child.start_kill();
                let words = format!("the gateway did not end in {patience:?}\n{}", self.said());
                Err(std::io::Error::new(std::io::ErrorKind::TimedOut, words))
            }
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Gone before its folder is.
        let _ = self.child.start_kill();
        for _ in 0..1000 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(TICK);
        }
    }
}
