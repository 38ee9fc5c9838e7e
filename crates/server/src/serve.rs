//! Start, run, drain, stop.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weighbridge_api::ledger::Readers;
use weighbridge_gateway::Gateway;
use weighbridge_gateway::upstream::LaneError;
use weighbridge_store::OpenError;

use crate::config::{Config, ServerLimits};
use crate::connection::Listener;
use crate::current::Current;
use crate::machine;
use crate::reload::Reload;
use crate::router::{Router, Serves};
use crate::wiring::{Wired, wire};

/// The gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// A provider.
    #[error(transparent)]
    Provider(#[from] LaneError),
    /// A file.
    #[error("cannot use {file}: {reason}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// What the process was given.
    #[error("{0}")]
    Environment(String),
    /// The address.
    #[error("cannot listen on {address}: {reason}; choose another with --listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why not.
        reason: std::io::Error,
    },
    /// Signals.
    #[error("cannot wait for signals: {0}")]
    Signals(std::io::Error),
}

/// How a gateway ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop; everything is recorded.
    Drained,
    /// It could not record any more: the process must end with exit code 4 at once.
    Fatal(String),
}

/// How long calls that were cut off may take to leave their receipts.
const CUT_PATIENCE: Duration = Duration::from_secs(5);

/// How often it is looked whether calls are still in flight.
const LOOK: Duration = Duration::from_millis(10);

/// Runs a gateway until it is told to stop, by a signal or by `stop`. `ready` gets its address once
/// it listens.
///
/// # Errors
/// [`StartError`] when it could not start; nothing was served then.
pub async fn serve(
    config: Config,
    ready: impl FnOnce(SocketAddr),
    stop: CancellationToken,
) -> Result<Ended, StartError> {
    let mut signals = Signals::new().map_err(StartError::Signals)?;
    for note in &config.notes {
        tracing::warn!("{note}");
    }
    let config = Arc::new(config);
    let Wired { gateway, seats, registry, mut fatal } = wire(&config).await?;
    let open = TaskTracker::new();
    let closing = CancellationToken::new();
    let limits = config.limits.server;
    let ledger = if config.ledger.public { Readers::Everybody } else { Readers::Keys };
    let bind = |address, serves| {
        let (gateway, registry) = (gateway.clone(), registry.clone());
        let router = Router { gateway, limits, registry, serves, ledger };
        let (open, closing) = (open.clone(), closing.clone());
        async move {
            Listener::bind(address, router, open, closing)
                .await
                .map_err(|reason| StartError::Listen { address, reason })
        }
    };
    let metrics = config.metrics_listen.is_none() && config.listen.ip().is_loopback();
    let listener = bind(config.listen, Serves::Everything { metrics }).await?;
    let address = listener
        .address()
        .map_err(|reason| StartError::Listen { address: config.listen, reason })?;
    // Whoever calls at once finds what is served; a listener that waits takes connections already.
    let metrics_port = config.metrics_listen.map(|address| address.port());
    let own = [Some(address.port()), metrics_port].into_iter().flatten().collect();
    let mut current = Current::new(&gateway, &config, seats, own);
    current.start().await;
    open.spawn(listener.run());
    if let Some(address) = config.metrics_listen {
        open.spawn(bind(address, Serves::Metrics).await?.run());
    }
    open.spawn(Reload::of(current, &config).run(closing.clone()));
    // Until this function is left.
    let _measuring = machine::measure(&gateway);
    ready(address);

    tokio::select! {
        () = signals.next() => {}
        () = stop.cancelled() => {}
        reason = fatal.recv() => return Ok(end_fatally(reason)),
    }
    tracing::info!("stopping: no new calls are taken");
    tokio::select! {
        () = drain(&gateway, limits, &mut signals) => {}
        reason = fatal.recv() => return Ok(end_fatally(reason)),
    }
    closing.cancel();
    open.close();
    let goodbye = limits.linger + limits.linger;
    if tokio::time::timeout(goodbye, open.wait()).await.is_err() {
        tracing::warn!("connections were still open at the end");
    }
    gateway.tails_read().await;
    if tokio::time::timeout(CUT_PATIENCE, gateway.store().close()).await.is_err() {
        tracing::error!("calls were still open at the end; the next start finds them");
    }
    tracing::info!("stopped");
    Ok(Ended::Drained)
}

/// Lets calls in flight finish, as long as the limit or a second signal lets them.
async fn drain(gateway: &Gateway, limits: ServerLimits, signals: &mut Signals) {
    gateway.drain();
    tokio::select! {
        // Whoever still waits for something waits in vain.
        () = no_calls(gateway) => return gateway.cut(),
        () = tokio::time::sleep(limits.drain) => {
            tracing::warn!(?limits.drain, "calls in flight are cut off (limits.drain)");
        }
        () = signals.next() => tracing::warn!("told to stop again: calls in flight are cut off"),
    }
    gateway.cut();
    let until = Instant::now() + CUT_PATIENCE;
    // Whatever is left then has its intent, and the next start finds it.
    drop(tokio::time::timeout_at(until, no_calls(gateway)).await);
}

async fn no_calls(gateway: &Gateway) {
    while gateway.store().places_taken() > 0 {
        tokio::time::sleep(LOOK).await;
    }
}

fn end_fatally(reason: Option<weighbridge_store::Fatal>) -> Ended {
    let words = reason.map_or_else(|| "the store's threads ended".to_owned(), |reason| reason.0);
    tracing::error!("nothing can be recorded any more, so nothing is served: {words}");
    Ended::Fatal(words)
}

/// Being told to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
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
