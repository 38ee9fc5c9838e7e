//! The threads that serve calls.

use tokio::runtime::{Builder, Runtime};

/// A runtime with a thread for every core but one, which is left to the store's own threads: on a
/// small machine more threads only take turns with those.
pub(crate) fn start() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = Builder::new_multi_thread();
    // An operator may know better.
    if std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        builder.worker_threads(cores.saturating_sub(1).max(1));
    }
    builder.enable_all().build()
}
