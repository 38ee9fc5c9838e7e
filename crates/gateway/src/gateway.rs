//! What every call shares: the store, the providers, the bounds, time and randomness.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use weighbridge_core::account::Account;
use weighbridge_core::clock::Clock;
use weighbridge_core::directory::Provider;
use weighbridge_core::entropy::Entropy;
use weighbridge_core::failure::{Code, Failure, Retry};
use weighbridge_core::routing::{Load, Standing};
use weighbridge_proof::Timestamp;
use weighbridge_store::Store;

use crate::keepsakes::Keepsakes;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::money::{Accounts, Counting, Lengths, LiveAccount};
use crate::setting::Setting;
use crate::turns::Turns;

/// When a reply's end may go out. An intent is committed before dispatch either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Once its receipt is committed.
    #[default]
    Required,
    /// At once; the receipt is queued.
    BestEffort,
}

/// What a gateway is made of.
pub struct Parts {
    /// Receipts, accounts, keys.
    pub store: Store,
    /// The bounds.
    pub limits: Limits,
    /// When a reply's end may go out.
    pub durability: Durability,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// A gateway: shared by every call.
pub struct Gateway {
    pub(crate) parts: Parts,
    setting: RwLock<Arc<Setting>>,
    /// `limits.body_memory`, in units of [`BODY_UNIT`].
    pub(crate) body_memory: Arc<Semaphore>,
    accounts: Accounts,
    /// Places at providers.
    pub(crate) turns: Turns,
    pub(crate) counting: Counting,
    pub(crate) lengths: Lengths,
    pub(crate) keepsakes: Keepsakes,
    started_at: Timestamp,
    /// Set when no new calls are taken.
    draining: CancellationToken,
    /// Set when calls in flight must end now.
    cut: CancellationToken,
    /// Tails that are still being read for callers who left.
    pub(crate) tails: TaskTracker,
}

/// The unit in which memory for bodies is counted out, in bytes.
pub(crate) const BODY_UNIT: usize = 16 << 10;

impl Gateway {
    /// A gateway of these parts, set like this.
    pub fn new(parts: Parts, setting: Setting) -> Arc<Self> {
        let turns = Turns::new(Arc::clone(&parts.clock));
        turns.settle(&setting.directory, setting.rules, |_| false);
        let units = parts.limits.body_memory.div_ceil(BODY_UNIT).min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            body_memory: Arc::new(Semaphore::new(units)),
            accounts: Accounts::default(),
            turns,
            counting: Counting::default(),
            lengths: Lengths::new(&setting.directory),
            keepsakes: Keepsakes::new(parts.limits.keepsakes, parts.limits.keepsake_time),
            started_at: parts.clock.now().wall,
            draining: CancellationToken::new(),
            cut: CancellationToken::new(),
            tails: TaskTracker::new(),
            setting: RwLock::new(Arc::new(setting)),
            parts,
        })
    }

    /// When this gateway began.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.parts.limits
    }

    /// What the operator's file says now.
    pub fn setting(&self) -> Arc<Setting> {
        Arc::clone(&self.setting.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file says something else from now on. Calls that run go on as they began; `is_mended` says of
    /// which providers nothing is known any more.
    pub fn change(&self, setting: Setting, is_mended: impl Fn(&Provider) -> bool) {
        self.lengths.settle(&setting.directory);
        let mut current = self.setting.write().unwrap_or_else(PoisonError::into_inner);
        self.turns.settle(&setting.directory, setting.rules, is_mended);
        *current = Arc::new(setting);
    }

    /// How a provider stands, by its number.
    pub fn standing(&self, provider: u32) -> Option<Standing> {
        self.turns.standing(provider)
    }

    /// How much of this machine is in use, as it was measured last.
    pub fn load(&self) -> Load {
        self.turns.load()
    }

    /// Takes in how much of this machine is in use.
    pub fn measured(&self, load: Load) {
        self.turns.measured(load);
        self.metrics().machine_is_in_use(load);
    }

    /// An account as it is used: windows, purse, open quotes.
    ///
    /// # Errors
    /// 503 when it cannot be read from the database.
    pub async fn account(&self, account: &Account) -> Result<Arc<LiveAccount>, Failure> {
        self.account_under(account, &self.setting()).await
    }

    /// The same under a setting.
    pub(crate) async fn account_under(
        &self,
        account: &Account,
        setting: &Setting,
    ) -> Result<Arc<LiveAccount>, Failure> {
        let pace = setting.levels.of(&account.level).sync;
        let now = self.clock().now();
        self.accounts.get(self.store(), account.id, pace, now).await.map_err(|error| {
            tracing::error!(%error, account = %account.id, "an account could not be read");
            let words = "the account cannot be looked up now; try again";
            Failure::gateway(Code::Internal, Retry::After(1), words)
        })
    }

    /// Time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// Randomness.
    pub fn entropy(&self) -> &dyn Entropy {
        &*self.parts.entropy
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// Takes no new calls from now on.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Whether new calls are refused because the gateway is stopping.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Ends every call in flight, each in its flavor's error and with its receipt.
    pub fn cut(&self) {
        self.cut.cancel();
    }

    pub(crate) fn cutting(&self) -> &CancellationToken {
        &self.cut
    }

    /// Waits until the tails of callers who left have been read; bounded by `limits.tail_wait`.
    pub async fn tails_read(&self) {
        self.tails.close();
        self.tails.wait().await;
    }
}
