//! When to stop: at a signal, or when the parent process is gone.

use std::io::{ErrorKind, Read as _};

use tokio::sync::oneshot;

/// How much of standard input is read, and thrown away, at a time.
const READ_BYTES: usize = 512;

/// What ends the program.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: Signals,
    parent: Option<oneshot::Receiver<()>>,
}

impl Stop {
    /// Starts to listen: for signals, and with `parent_pipe` for the end of standard input.
    pub(crate) fn listen(parent_pipe: bool) -> std::io::Result<Self> {
        let parent = if parent_pipe { Some(end_of_input()?) } else { None };
        Ok(Self { signals: Signals::listen()?, parent })
    }

    /// Waits until it is time to stop.
    pub(crate) async fn told(mut self) {
        let parent = async {
            match self.parent {
                // However the wait ends, the parent's end of the pipe is closed.
                Some(ended) => drop(ended.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = parent => {}
            () = self.signals.next() => {}
        }
    }
}

/// Reads standard input on a thread of its own, which nothing waits for, up to its end.
fn end_of_input() -> std::io::Result<oneshot::Receiver<()>> {
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("parent-pipe".to_owned()).spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut bytes = [0; READ_BYTES];
        loop {
            match input.read(&mut bytes) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        // Nobody is there to be told when the program is ending anyway.
        let _ = ended.send(());
    })?;
    Ok(end)
}

/// The signals that end a program.
#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The signals that end a program.
#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
