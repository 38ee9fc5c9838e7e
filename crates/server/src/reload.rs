//! The operator's file comes to say something else: when a signal says so (SIGHUP), or when it is seen; and
//! providers come to say something else, of whom it says that they may.
//!
//! What it says is checked whole before any of it is taken, and whatever receipts will cite is kept first.
//! A file that cannot be taken changes nothing. Calls that run go on as they began.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use weighbridge_core::directory::Provider;

use crate::config::Config;
use crate::current::Current;
use crate::wiring::{check_levels, keep_tables};

/// How often it is looked whether a file was changed. One that changed is taken when it is found alike
/// twice: whoever writes it may not have finished.
const LOOK: Duration = Duration::from_secs(1);

/// See the module's words.
pub(crate) struct Reload {
    current: Current,
    /// How often providers are asked.
    refresh: Duration,
    /// What cannot change while the process lives.
    fixed: Fixed,
    /// The file and those that it names; none where no file was read.
    files: Vec<PathBuf>,
}

/// What a file looks like from outside: when it was written, and how long it is.
type Look = Vec<Option<(SystemTime, u64)>>;

impl Reload {
    /// For a gateway that was started with this configuration.
    pub(crate) fn of(current: Current, config: &Config) -> Self {
        let refresh = config.limits.server.model_refresh;
        Self { current, refresh, fixed: Fixed::of(config), files: config.files.clone() }
    }

    /// Watches until the gateway ends.
    pub(crate) async fn run(mut self, closing: CancellationToken) {
        // Where there is no file the signal means what it means everywhere.
        let hangup = (!self.files.is_empty()).then(|| signal(SignalKind::hangup()));
        let mut hangup = match hangup.transpose() {
            Ok(hangup) => hangup,
            Err(error) => {
                tracing::warn!(%error, "SIGHUP cannot be waited for; changes of the file are seen");
                None
            }
        };
        let mut taken = self.look();
        let mut before = taken.clone();
        let every = |time| {
            let mut pace = interval_at(Instant::now() + time, time);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            pace
        };
        let (mut look, mut refresh) = (every(LOOK), every(self.refresh));
        loop {
            let told = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            let is_told = tokio::select! {
                _ = told => true,
                _ = look.tick() => false,
                () = self.current.go_on() => continue,
                _ = refresh.tick() => {
                    self.current.ask();
                    continue;
                }
                () = closing.cancelled() => return,
            };
            let now = self.look();
            let is_settled = now == before && now != taken;
            before.clone_from(&now);
            if is_told || is_settled {
                self.take().await;
                // As it was before it was read: what changed since then is seen. Other files may be meant.
                taken = if self.files.len() == now.len() { now } else { self.look() };
            }
        }
    }

    /// Once a second, and too little to keep a thread for.
    fn look(&self) -> Look {
        let look = |file: &PathBuf| {
            let of = std::fs::metadata(file).ok()?;
            Some((of.modified().ok()?, of.len()))
        };
        self.files.iter().map(look).collect()
    }

    /// Takes what the file says, or says why not.
    async fn take(&mut self) {
        let Some(file) = self.files.first().cloned() else { return };
        let taken = self.try_take(&file).await;
        let metrics = self.current.gateway().metrics();
        metrics.reloaded(taken.is_ok());
        match taken {
            Ok(providers) => {
                tracing::info!(file = %file.display(), providers, "the file is taken anew");
            }
            Err(reason) => {
                tracing::error!(
                    file = %file.display(),
                    "the file is not taken, and what it said before holds on: {reason}"
                );
            }
        }
    }

    async fn try_take(&mut self, file: &Path) -> Result<usize, String> {
        let file = file.to_owned();
        let read = tokio::task::spawn_blocking(move || Config::read(&file)).await;
        let read = read.map_err(|error| error.to_string())?;
        let config = Arc::new(read.map_err(|error| error.to_string())?);
        let store = self.current.gateway().store();
        check_levels(&config, store).await.map_err(|error| error.to_string())?;
        let now = self.current.gateway().clock().now().wall;
        let before = self.current.gateway().setting();
        let setting = self.current.setting(&config, &before);
        let setting = setting.map_err(|error| error.to_string())?;
        let store = self.current.gateway().store();
        keep_tables(&config, store, now).await.map_err(|error| error.to_string())?;
        let is_mended = |provider: &Provider| !before.upstream.reaches(provider);
        self.current.gateway().change(setting, is_mended);
        self.current.is_now(Arc::clone(&config));
        for note in &config.notes {
            tracing::warn!("{note}");
        }
        for name in self.fixed.changed(&Fixed::of(&config)) {
            tracing::warn!("`{name}` says something else, which counts from the next start on");
        }
        self.files.clone_from(&config.files);
        Ok(config.providers.len())
    }
}

/// What is taken at the start and then no more, each part in words that can be compared.
struct Fixed([(&'static str, String); 7]);

impl Fixed {
    fn of(config: &Config) -> Self {
        Self([
            ("listen", config.said.listen.to_string()),
            ("data_dir", config.said.data_dir.display().to_string()),
            ("metrics_listen", format!("{:?}", config.metrics_listen)),
            ("record", format!("{:?} {:?}", config.durability, config.interrupted)),
            ("ledger", format!("{:?}", config.ledger)),
            ("limits", format!("{:?}", config.limits)),
            ("log", format!("{:?}", config.log)),
        ])
    }

    /// What is another in `now`.
    fn changed(&self, now: &Self) -> Vec<&'static str> {
        let pairs = self.0.iter().zip(&now.0);
        pairs.filter(|(old, new)| old != new).map(|((name, _), _)| *name).collect()
    }
}
