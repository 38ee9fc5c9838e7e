//! One real server of a model, which can be killed, halted and started again where it was.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::time::sleep;
use weighbridge_testkit::http::{Connection, Request};

use super::model;
use crate::stopwatch::{self, Stopwatch};

/// How long it may take until it answers.
const START: Duration = Duration::from_secs(30);
/// How often that is looked at, and how long one look may take.
const TICK: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_secs(1);
/// How many answers it gives at a time.
const SLOTS: u32 = 4;

/// See the module's words. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Engine {
    program: PathBuf,
    model: PathBuf,
    log: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl Engine {
    /// A server called `name` at a free port, which serves from now on.
    pub(crate) async fn start(
        program: &Path,
        model: &Path,
        folder: &Path,
        name: &str,
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let (program, model) = (program.to_owned(), model.to_owned());
        let log = folder.join(format!("{name}.log"));
        let mut engine = Self { program, model, log, port, child: None };
        engine.serve().await?;
        Ok(engine)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts it where it was, and waits until it answers.
    pub(crate) async fn serve(&mut self) -> Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.program);
        command.arg("--model").arg(&self.model).args(["--alias", model::NAME, "--offline"]);
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        command.args(["--parallel", &SLOTS.to_string()]);
        command.args(["--ctx-size", &(SLOTS * model::CONTEXT).to_string()]);
        // More threads would wait for each other in loops, on a machine that has other work.
        command.args(["--threads", "1", "--threads-batch", "1"]);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| self.program.display().to_string())?;
        self.child = Some(child);
        let watch = Stopwatch::start();
        while !self.is_well().await {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("llama-server ended ({status}); see {}", self.log.display());
            }
            ensure!(
                watch.elapsed() < START,
                "llama-server does not answer after {}; see {}",
                stopwatch::words(START),
                self.log.display()
            );
            sleep(TICK).await;
        }
        Ok(())
    }

    /// Kills it, as a crash would.
    pub(crate) fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it does not run")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Halts it: its connections stand, and nothing comes.
    pub(crate) fn halt(&self) -> Result<()> {
        self.signal("-STOP")
    }

    /// Lets it go on.
    pub(crate) fn go_on(&self) -> Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let child = self.child.as_ref().context("it does not run")?;
        let status = Command::new("kill").arg(signal).arg(child.id().to_string()).status()?;
        ensure!(status.success(), "kill {signal}: {status}");
        Ok(())
    }

    async fn is_well(&self) -> bool {
        let Ok(connection) = Connection::open(&self.url()).await else { return false };
        let reply = connection.patience(LOOK).exchange(&Request::get("/health")).await;
        reply.is_ok_and(|reply| reply.status == 200)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
