//! The operator's file. Every mistake in it is found at once and said with its line; nothing in
//! it is silently ignored.

mod aliases;
mod amount;
mod complaint;
mod discovery;
mod flavor;
mod hybrid;
pub mod import;
mod levels;
mod limits;
mod models;
mod offer;
mod prices;
mod provider;
mod reader;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use weighbridge_core::cost::Interrupted;
use weighbridge_core::directory::{Alias, Model, Provider};
use weighbridge_core::level::LevelTable;
use weighbridge_core::price::PriceTable;
use weighbridge_core::routing::{Policies, Rules};
use weighbridge_gateway::Durability;
use weighbridge_gateway::custom::Custom;
use weighbridge_proof::note::key::is_name;

pub use complaint::{Complaint, ConfigError};
pub use discovery::Discovery;
pub use limits::{AllLimits, ServerLimits};
use offer::Offer;
use reader::{Reader, Table};

/// What the gateway is told to be.
#[derive(Debug)]
pub struct Config {
    /// The address of the API.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The address of `/metrics`, if it has its own.
    pub metrics_listen: Option<SocketAddr>,
    /// When a reply's end may go out.
    pub durability: Durability,
    /// Whether calls whose end was not seen are charged.
    pub interrupted: Interrupted,
    /// Flavors that files of the operator's own describe.
    pub flavors: Vec<&'static Custom>,
    /// The providers.
    pub providers: Vec<Provider>,
    /// Where servers of models are looked for on this machine; nowhere, unless the file says so.
    pub discovery: Option<Discovery>,
    /// What is known of their models.
    pub models: Vec<Model>,
    /// Names that stand for models.
    pub aliases: Vec<Alias>,
    /// Where calls run.
    pub policies: Policies,
    /// When a provider is left, and when it is taken again.
    pub rules: Rules,
    /// What accounts may do.
    pub levels: LevelTable,
    /// What calls cost.
    pub prices: PriceTable,
    /// The log.
    pub ledger: Ledger,
    /// Every bound.
    pub limits: AllLimits,
    /// How logs are written.
    pub log: Log,
    /// What was mended, for the operator to know.
    pub notes: Vec<String>,
    /// The file that says all this, and those that it names; none where no file does.
    pub files: Vec<PathBuf>,
    /// What the file says of what a command line may say otherwise.
    pub said: Said,
}

/// See [`Config::said`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The address of the API.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
}

/// The log of receipts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What it is called; as before, or at random, where nothing is said.
    pub origin: Option<String>,
    /// Whether its checkpoint and its tiles need no key.
    pub public: bool,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// In which form.
    pub format: LogFormat,
    /// From which weight on.
    pub level: LogLevel,
}

/// The form of logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// The least weight that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// What somebody has to mend.
    Error,
    /// What somebody should know.
    Warn,
    /// Starts, stops, and what changes.
    #[default]
    Info,
    /// Every request.
    Debug,
}

const KNOWN: [&str; 16] = [
    "listen",
    "insecure_listen",
    "data_dir",
    "metrics_listen",
    "record",
    "ledger",
    "flavors",
    "providers",
    "discovery",
    "models",
    "aliases",
    "hybrid",
    "levels",
    "prices",
    "limits",
    "log",
];

/// What the finished design has and this version does not.
const NOT_YET: [&str; 5] = ["database_url", "outbound", "tls", "plugins", "engines"];

impl Config {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in it.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|reason| ConfigError::Unreadable { file: path.to_owned(), reason })?;
        let mut config = Self::parse(path, &text, &|name| std::env::var(name).ok())?;
        config.files.insert(0, path.to_owned());
        Ok(config)
    }

    /// Reads `text` as if it stood in `file`; `variable` answers `${NAME}`.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in it.
    pub fn parse(
        file: &Path,
        text: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let reader = Reader::new(file, text, variable);
        let document = reader.document()?;
        let root = reader.root(document.get_ref());
        root.only(&KNOWN, &NOT_YET);
        let mut notes = Vec::new();
        let mut mistakes = Vec::new();
        let mut files = Vec::new();
        let flavors = flavor::read_all(&root, file, &mut files, &mut mistakes);
        let providers = provider::read_all(&root, &flavors, &mut notes);
        let discovery = discovery::read(&root);
        let offer = Offer { providers: &providers, discovery: discovery.as_ref() };
        let models = models::read(&root, &offer, &mut notes);
        let aliases = aliases::read(&root, &offer);
        let prices = prices::read(&root, &offer, &mut notes);
        let (policies, rules) = hybrid::read(&root, &offer);
        let levels = levels::read(&root, &providers);
        let (durability, interrupted) = read_record(&root);
        let mut limits = limits::read(&root);
        limits.store.interrupted = interrupted;
        let said = Said {
            listen: read_listen(&root),
            data_dir: root.text("data_dir").map_or_else(|| PathBuf::from("data"), PathBuf::from),
        };
        let config = Self {
            listen: said.listen,
            data_dir: said.data_dir.clone(),
            metrics_listen: root.text("metrics_listen").and_then(|text| {
                root.parsed("metrics_listen", &text, "an address and port such as 127.0.0.1:8687")
            }),
            durability,
            interrupted,
            flavors,
            providers,
            discovery,
            models,
            aliases,
            policies,
            rules,
            levels,
            prices,
            ledger: read_ledger(&root),
            limits,
            log: read_log(&root),
            notes,
            files,
            said,
        };
        // Those of other files come first: what stands here may be wrong only because of them.
        match (reader.finish(), mistakes.is_empty()) {
            (Ok(()), true) => Ok(config),
            (Err(ConfigError::Mistakes(own)), _) => {
                mistakes.extend(own);
                Err(ConfigError::Mistakes(mistakes))
            }
            (Err(other), _) => Err(other),
            (Ok(()), false) => Err(ConfigError::Mistakes(mistakes)),
        }
    }
}

impl Config {
    /// Models that have no price, with the providers that serve them.
    pub fn unpriced(&self) -> Vec<(&str, &str)> {
        let all = self.providers.iter().flat_map(|provider| {
            provider.models.iter().map(|model| (provider.name.as_str(), model.as_str()))
        });
        all.filter(|(provider, model)| self.prices.find(provider, model).is_none()).collect()
    }
}

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "weighbridge.toml";

/// That file, if it is in the current directory.
pub fn default_file() -> Option<PathBuf> {
    let file = Path::new(DEFAULT_FILE);
    file.exists().then(|| file.to_owned())
}

/// The address when the file names none.
const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8686);

/// Why an address that others can reach is refused.
pub const INSECURE: &str = "is not a loopback address, and TLS is not in this version: put a \
    reverse proxy with TLS in front, or write `insecure_listen = true` if the network is trusted";

fn read_listen(root: &Table<'_>) -> SocketAddr {
    let insecure = root.flag("insecure_listen").unwrap_or(false);
    let Some(text) = root.text("listen") else { return DEFAULT_LISTEN };
    let wanted = "an address and port such as 127.0.0.1:8686";
    let Some(address) = root.parsed::<SocketAddr>("listen", &text, wanted) else {
        return DEFAULT_LISTEN;
    };
    if !address.ip().is_loopback() && !insecure {
        root.complain("listen", format!("{address} {INSECURE}"));
    }
    address
}

fn read_record(root: &Table<'_>) -> (Durability, Interrupted) {
    let Some(record) = root.table("record") else { return Default::default() };
    record.only(&["durability", "interrupted"], &[]);
    let rules = [("free", Interrupted::Free), ("charge_reserved", Interrupted::ChargeReserved)];
    let interrupted = record.one_of("interrupted", &rules, &[]).unwrap_or_default();
    let durabilities =
        [("required", Durability::Required), ("best_effort", Durability::BestEffort)];
    (record.one_of("durability", &durabilities, &[]).unwrap_or_default(), interrupted)
}

fn read_ledger(root: &Table<'_>) -> Ledger {
    let Some(ledger) = root.table("ledger") else { return Ledger::default() };
    ledger.only(&["origin", "public"], &["witnesses", "anchor"]);
    let origin = ledger.text("origin");
    if let Some(origin) = origin.as_deref().filter(|origin| !is_name(origin)) {
        let words =
            format!("\"{origin}\" should be a name such as example.com/log: no space, no `+`");
        ledger.complain("origin", words);
    }
    Ledger { origin, public: ledger.flag("public").unwrap_or(false) }
}

fn read_log(root: &Table<'_>) -> Log {
    let Some(log) = root.table("log") else { return Log::default() };
    log.only(&["format", "level"], &[]);
    let formats = [("human", LogFormat::Human), ("json", LogFormat::Json)];
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
    ];
    Log {
        format: log.one_of("format", &formats, &[]).unwrap_or_default(),
        level: log.one_of("level", &levels, &[]).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
