//! Puts the parts of a gateway together.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use weighbridge_core::act::Stamp;
use weighbridge_core::clock::Clock as _;
use weighbridge_core::credential::Fingerprint;
use weighbridge_core::directory::{Directory, Model, Provider, Seats};
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_core::id::{AccountId, KeyId};
use weighbridge_gateway::upstream::{LaneError, Upstream};
use weighbridge_gateway::{Gateway, Metrics, Parts, Setting};
use weighbridge_proof::Timestamp;
use weighbridge_store::tables::{KeptTable, TableKind};
use weighbridge_store::{Fatal, Opened, Store};

use crate::clock::SystemClock;
use crate::config::Config;
use crate::entropy::SystemEntropy;
use crate::serve::StartError;
use crate::{admin_key, probes};

/// A gateway that is ready to listen.
pub(crate) struct Wired {
    pub(crate) gateway: Arc<Gateway>,
    /// The numbers that providers and models have.
    pub(crate) seats: Seats,
    pub(crate) registry: Arc<Registry>,
    /// Gets the reason when the store can go on no more.
    pub(crate) fatal: mpsc::Receiver<Fatal>,
}

pub(crate) async fn wire(config: &Config) -> Result<Wired, StartError> {
    let clock = Arc::new(SystemClock::start());
    let entropy = Arc::new(SystemEntropy);
    let mut seats = Seats::default();
    let setting = setting(config, Offered::of(config), &mut seats, None)?;
    let (failed, fatal) = mpsc::channel(1);
    let on_fatal = move |reason: Fatal| {
        // A second reason says nothing that the first did not.
        let _told_before = failed.try_send(reason).is_err();
    };
    let origin = config.ledger.origin.as_deref();
    let options = config.limits.store;
    let Opened { store, interrupted } =
        Store::open(&config.data_dir, options, origin, &*clock, &*entropy, on_fatal)?;
    if interrupted > 0 {
        tracing::warn!(
            receipts = interrupted,
            "calls of an earlier process had not ended: they have receipts `interrupted` now"
        );
    }
    set_admin_key(config, &store, &clock, &*entropy).await?;
    check_levels(config, &store).await?;
    keep_tables(config, &store, clock.now().wall).await?;
    say_what_has_no_price(config);
    let mut registry = Registry::with_prefix("weighbridge");
    let metrics = Arc::new(Metrics::new(&mut registry));
    let parts = Parts {
        store,
        limits: config.limits.gateway,
        durability: config.durability,
        clock,
        entropy,
        metrics,
    };
    let gateway = Gateway::new(parts, setting);
    tracing::info!(
        version = probes::VERSION,
        data_dir = %config.data_dir.display(),
        providers = config.providers.len(),
        "starting"
    );
    Ok(Wired { gateway, seats, registry: Arc::new(registry), fatal })
}

/// Who serves what.
pub(crate) struct Offered {
    pub(crate) providers: Vec<Provider>,
    pub(crate) models: Vec<Model>,
}

impl Offered {
    /// As the file names it.
    pub(crate) fn of(config: &Config) -> Self {
        Self { providers: config.providers.clone(), models: config.models.clone() }
    }
}

/// What a configuration says of calls, with this on offer. Connections of an earlier one go on to be used.
pub(crate) fn setting(
    config: &Config,
    offered: Offered,
    seats: &mut Seats,
    before: Option<&Setting>,
) -> Result<Setting, LaneError> {
    let directory =
        Directory::new(offered.providers, config.aliases.clone(), seats).knowing(offered.models);
    let limit = config.limits.gateway.provider_connections;
    let upstream = match before {
        None => Upstream::new(&directory, &config.flavors, limit)?,
        Some(before) => before.upstream.renewed(&directory, &config.flavors, limit)?,
    };
    Ok(Setting {
        flavors: config.flavors.clone(),
        directory,
        upstream,
        levels: config.levels.clone(),
        prices: config.prices.clone(),
        policies: config.policies.clone(),
        rules: config.rules,
    })
}

/// An account whose level is gone would silently get another one's.
pub(crate) async fn check_levels(config: &Config, store: &Store) -> Result<(), StartError> {
    let used = store.levels_in_use().await;
    let used = used.map_err(|error| StartError::Environment(error.to_string()))?;
    let gone: Vec<String> =
        used.into_iter().filter(|name| config.levels.find(name).is_none()).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let (gone, known) = (gone.join(", "), config.levels.names().collect::<Vec<_>>().join(", "));
    Err(StartError::Environment(format!(
        "accounts have the level {gone}, which the configuration does not have (it has {known}); \
         write it into the file as [levels.NAME]"
    )))
}

/// Whatever receipts will cite is kept first.
pub(crate) async fn keep_tables(
    config: &Config,
    store: &Store,
    now: Timestamp,
) -> Result<(), StartError> {
    let levels = KeptTable {
        kind: TableKind::Levels,
        digest: config.levels.digest(),
        json: config.levels.json().to_owned(),
    };
    let prices = config.prices.digest().map(|digest| KeptTable {
        kind: TableKind::Prices,
        digest,
        json: config.prices.json().to_owned(),
    });
    let policies = KeptTable {
        kind: TableKind::Policies,
        digest: config.policies.digest(),
        json: config.policies.json().to_owned(),
    };
    let tables = [levels, policies].into_iter().chain(prices).collect();
    store.keep_tables(tables, now).await.map_err(|error| {
        StartError::Environment(format!("levels, prices and policies cannot be kept: {error}"))
    })
}

fn say_what_has_no_price(config: &Config) {
    let unpriced = config.unpriced();
    if config.prices.digest().is_some() && !unpriced.is_empty() {
        let models: Vec<&str> = unpriced.iter().map(|(_, model)| *model).collect();
        let models = models.join(", ");
        tracing::warn!(models, "have no price: accounts with a budget cannot call them");
    }
}

async fn set_admin_key(
    config: &Config,
    store: &Store,
    clock: &SystemClock,
    entropy: &dyn Entropy,
) -> Result<(), StartError> {
    let unusable = |what: &str| StartError::Environment(what.to_owned());
    let key = admin_key::obtain(&config.data_dir, entropy)?;
    let fingerprint = Fingerprint::of(key.reveal()).ok_or_else(|| {
        unusable("the administrator's key begins like one of ours but was not copied whole")
    })?;
    let now = clock.now().wall;
    let random = || entropy::fresh(entropy).map_err(|error| unusable(&error.to_string()));
    let account = AccountId::new(now, random()?);
    let key = KeyId::new(now, random()?);
    let stamp = || Stamp::new(now, None, entropy).map_err(|error| unusable(&error.to_string()));
    store
        .set_admin_key(fingerprint, account, key, [stamp()?, stamp()?])
        .await
        .map_err(|error| unusable(&format!("the administrator's key cannot be kept: {error}")))
}
