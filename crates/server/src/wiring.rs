//! Puts the parts of a gateway together.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::sync::mpsc;
use weighbridge_core::act::Stamp;
use weighbridge_core::clock::Clock as _;
use weighbridge_core::credential::Fingerprint;
use weighbridge_core::directory::Directory;
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_core::id::{AccountId, KeyId};
use weighbridge_gateway::upstream::Upstream;
use weighbridge_gateway::{Gateway, Metrics, Parts};
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
    pub(crate) registry: Arc<Registry>,
    /// Gets the reason when the store can go on no more.
    pub(crate) fatal: mpsc::Receiver<Fatal>,
}

pub(crate) async fn wire(config: &Config) -> Result<Wired, StartError> {
    let clock = Arc::new(SystemClock::start());
    let entropy = Arc::new(SystemEntropy);
    let directory = Directory::new(config.providers.clone())
        .knowing(config.models.clone())
        .with_aliases(config.aliases.clone());
    let directory = Arc::new(directory);
    let limit = config.limits.gateway.provider_connections;
    let upstream = Upstream::new(&directory, &config.flavors, limit)?;
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
    keep_tables(config, &store, &clock).await?;
    say_what_has_no_price(config);
    let mut registry = Registry::with_prefix("weighbridge");
    let metrics = Arc::new(Metrics::new(&mut registry));
    let gateway = Gateway::new(Parts {
        store,
        flavors: config.flavors.clone(),
        directory,
        upstream,
        levels: Arc::new(config.levels.clone()),
        prices: Arc::new(config.prices.clone()),
        policies: Arc::new(config.policies.clone()),
        rules: config.rules,
        limits: config.limits.gateway,
        durability: config.durability,
        clock,
        entropy,
        metrics,
    });
    tracing::info!(
        version = probes::VERSION,
        data_dir = %config.data_dir.display(),
        providers = config.providers.len(),
        "starting"
    );
    Ok(Wired { gateway, registry: Arc::new(registry), fatal })
}

/// An account whose level is gone would silently get another one's.
async fn check_levels(config: &Config, store: &Store) -> Result<(), StartError> {
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
async fn keep_tables(
    config: &Config,
    store: &Store,
    clock: &SystemClock,
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
    store.keep_tables(tables, clock.now().wall).await.map_err(|error| {
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
