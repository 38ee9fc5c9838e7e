//! The log: every receipt, act and table has a number in it, and its checkpoints are signed.
//!
//! What is committed is numbered afterwards, within a second, by a thread of its own. The tree is
//! RFC 6962's, its tiles and checkpoints are C2SP's. A gateway that can see a signed state ahead of
//! its own database signs nothing any more; it goes on recording, and says why.

pub(crate) mod head;
pub(crate) mod numbers;
mod seen;
mod sequencer;
pub(crate) mod signer;
mod thread;
mod tiles;
mod tree;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use weighbridge_proof::Digest;
use weighbridge_proof::merkle::inclusion::root_of;
use weighbridge_proof::note::key::VerifierKey;
use weighbridge_proof::tile::edges::Edges;
use weighbridge_proof::tile::{Resource, Tile};

use crate::background::Background;
use crate::error::StoreError;
use crate::fresh::FreshQueue;
use crate::open::{Options, Store};
use head::Signed;
use numbers::Stream;
use seen::SeenFile;
use sequencer::{Commit, Sequencer};
use signer::Signer;
use tiles::Tiles;
use tree::{Files, Tree};

pub use head::Head;
pub use sequencer::Step;

/// The folder in the data directory.
const FOLDER: &str = "ledger";

/// How long somebody who asks for a part of the log waits for a turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the log stands.
#[derive(Debug, Clone)]
pub enum Standing {
    /// It is signed; this is its newest state, if it has entries.
    Signed(Option<Arc<Head>>),
    /// It is not signed any more, and why.
    Refused(Arc<str>),
}

/// The log cannot say what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Nothing is signed any more.
    #[error("the log is not signed: {0}")]
    Refused(Arc<str>),
    /// It has not been numbered yet.
    #[error("it has no number in the log yet")]
    NotYet,
    /// There is no such thing in the log.
    #[error("there is no such thing in the log")]
    Missing,
    /// Too many ask for parts of the log.
    #[error("too many ask for parts of the log now")]
    Busy,
    /// The store fails.
    #[error("{0}")]
    Store(String),
}

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

/// Where an entry stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its number.
    pub index: u64,
    /// The hashes from its sibling up.
    pub inclusion: Vec<Digest>,
    /// The state that this is the proof for.
    pub head: Arc<Head>,
}

/// The log of a store.
#[derive(Debug)]
pub(crate) struct Ledger {
    verifier: VerifierKey,
    tiles: Tiles,
    standing: watch::Sender<Standing>,
    thread: Background,
    /// How many parts of it are read at a time: not so many that keys could not be looked up.
    turns: Semaphore,
}

impl Ledger {
    /// Goes on with the log in `dir`, from where its database stands.
    pub(crate) fn start(
        dir: &Path,
        connection: Connection,
        fresh: Arc<FreshQueue>,
        signer: Signer,
        commit: Commit,
        options: Options,
    ) -> std::io::Result<Self> {
        let folder = dir.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let (tiles, file) = (Tiles::new(folder.join("tile")), SeenFile::new(&folder));
        let verifier = signer.verifier.clone();
        let begun = begin(&connection, &tiles, &file, &verifier)
            .and_then(|begun| signer.key.map(|key| (begun, key)));
        let (standing, thread) = match begun {
            Ok(((edges, head), key)) => {
                let head = head.map(Arc::new);
                let (standing, _) = watch::channel(Standing::Signed(head));
                let sequencer = Sequencer {
                    connection,
                    fresh,
                    key,
                    tiles: tiles.clone(),
                    file,
                    edges,
                    commit,
                    pending: None,
                    cut: options.cut,
                };
                let tell = standing.clone();
                let run = move |stop: &_| thread::run(sequencer, &tell, stop);
                let thread = Background::start("sequencer", run)?;
                (standing, thread)
            }
            Err(reason) => (watch::channel(refused(&reason)).0, Background::none()),
        };
        let turns = Semaphore::new(options.readers.saturating_sub(1).max(1));
        Ok(Self { verifier, tiles, standing, thread, turns })
    }

    /// Waits for a turn to read a part of the log.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, LedgerError> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(LedgerError::Busy)
    }

    /// Numbers what is left, then ends.
    pub(crate) fn stop(&self) {
        self.thread.stop();
    }
}

/// Says why nothing is signed any more.
fn refused(reason: &str) -> Standing {
    tracing::error!(reason, "the log is not signed any more: calls are recorded, but not proved");
    Standing::Refused(reason.into())
}

/// Where the log stands: the tree's edge and the newest signed state. Words where it must not be
/// gone on with.
fn begin(
    connection: &Connection,
    tiles: &Tiles,
    file: &SeenFile,
    key: &VerifierKey,
) -> Result<(Edges, Option<Head>), String> {
    let said = |error: rusqlite::Error| error.to_string();
    let stored = head::stored(connection).map_err(said)?;
    let size = stored.as_ref().map_or(0, |head| head.size);
    let seen = file.read(key)?;
    seen::ahead(seen.as_ref(), tiles, size)?;
    let Some(stored) = stored else { return Ok((Edges::empty(), None)) };
    if Signed::read(&stored.note, key).as_ref() != Some(&stored) {
        return Err("the newest state in the database is not one that was signed".to_owned());
    }
    let tree = |files| Tree { connection, tiles, size, edges: None, files };
    let edges = |files| tree(files).edges().map_err(|error| error.to_string());
    let mut edge = edges(Files::Used)?;
    if edge.root() != stored.root {
        tracing::warn!(size, "tiles of the log are damaged: all are made anew out of its entries");
        edge = edges(Files::PassedOver)?;
        if edge.root() != stored.root {
            return Err(format!(
                "the {size} entries in the database are not those that were signed"
            ));
        }
        edge = edges(Files::Replaced)?;
    }
    if let Some(seen) = &seen {
        let root = tree(Files::Used).root(seen.size).map_err(|error| error.to_string())?;
        if root != seen.root {
            return Err(format!(
                "the first {} entries in the database are not those that were signed",
                seen.size
            ));
        }
    }
    if seen.is_none_or(|seen| seen.size < size) {
        // The process ended before it was written. Nobody gets the checkpoint before it is.
        file.write(&stored.note).map_err(|error| format!("its file cannot be written: {error}"))?;
    }
    let head = Head { size, root: stored.root, note: stored.note, edges: edge.clone() };
    Ok((edge, Some(head)))
}

impl Store {
    /// The key that the log's checkpoints are checked with.
    pub fn verifier(&self) -> &VerifierKey {
        &self.ledger().verifier
    }

    /// Where the log stands now.
    pub fn standing(&self) -> Standing {
        self.ledger().standing.borrow().clone()
    }

    /// Its newest signed state, if it has entries.
    ///
    /// # Errors
    /// [`LedgerError::Refused`] when nothing is signed any more.
    pub fn head(&self) -> Result<Option<Arc<Head>>, LedgerError> {
        match self.standing() {
            Standing::Signed(head) => Ok(head),
            Standing::Refused(reason) => Err(LedgerError::Refused(reason)),
        }
    }

    /// Gets told whenever there is a newer one.
    pub fn heads(&self) -> watch::Receiver<Standing> {
        self.ledger().standing.subscribe()
    }

    /// Where the receipt with that row stands in the log, with the proof for the newest state.
    ///
    /// # Errors
    /// [`LedgerError::NotYet`] within the first second.
    pub async fn prove(&self, seq: i64, leaf: Digest) -> Result<Proof, LedgerError> {
        let head = self.head()?.ok_or(LedgerError::NotYet)?;
        let tiles = self.ledger().tiles.clone();
        let proof = self.read(move |connection| {
            let Some(index) = numbers::number_of(connection, Stream::Receipts, seq)? else {
                return Ok(None);
            };
            if index >= head.size {
                return Ok(None);
            }
            let tree = Tree::of(connection, &tiles, &head);
            for again in [false, true] {
                let inclusion = tree.inclusion(index).map_err(unreadable)?;
                if root_of(&leaf, index, head.size, &inclusion) == Some(head.root) {
                    let head = Arc::clone(&head);
                    return Ok(Some(Proof { index, inclusion, head }));
                }
                if !again {
                    tree.mend(index).map_err(unreadable)?;
                }
            }
            Err(StoreError::Database(format!("entry {index} is not what was signed")))
        });
        proof.await?.ok_or(LedgerError::NotYet)
    }

    /// That the log of `new` entries begins with the log of `old` entries.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] when it does not have that many.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, LedgerError> {
        let head = self.head()?.filter(|head| old <= new && new <= head.size);
        let head = head.ok_or(LedgerError::Missing)?;
        let _turn = self.ledger().turn().await?;
        let tiles = self.ledger().tiles.clone();
        let proof = self.read(move |connection| {
            Tree::of(connection, &tiles, &head).consistency(old, new).map_err(unreadable)
        });
        Ok(proof.await?)
    }

    /// The bytes of a tile or of a bundle of entries of the log as it stands now.
    ///
    /// # Errors
    /// [`LedgerError::Missing`] when the log is not that long.
    pub async fn resource(&self, resource: Resource) -> Result<Vec<u8>, LedgerError> {
        let head = self.head()?.ok_or(LedgerError::Missing)?;
        let (level, number, width) = match resource {
            Resource::Hashes(Tile { level, number, width }) => (level, number, width),
            Resource::Entries { number, width } => (0, number, width),
        };
        if Tile::width_at(level, number, head.size) < width {
            return Err(LedgerError::Missing);
        }
        let _turn = self.ledger().turn().await?;
        let tiles = self.ledger().tiles.clone();
        let bytes = self.read(move |connection| match resource {
            Resource::Hashes(_) => {
                let tree = Tree::of(connection, &tiles, &head);
                let hashes = tree.tile(level, number).map_err(unreadable)?;
                let hashes = hashes.iter().take(usize::from(width));
                Ok(hashes.flat_map(|hash| *hash.as_bytes()).collect())
            }
            Resource::Entries { .. } => bundle(connection, number, width),
        });
        Ok(bytes.await?)
    }
}

/// Entries, each with its length before it (C2SP tlog-tiles).
fn bundle(connection: &Connection, number: u64, width: u16) -> Result<Vec<u8>, StoreError> {
    let (mut bytes, mut long) = (Vec::new(), false);
    let mut take = |leaf: &str| match u16::try_from(leaf.len()) {
        Ok(length) => {
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(leaf.as_bytes());
        }
        Err(_) => long = true,
    };
    let first = number * u64::from(weighbridge_proof::tile::WIDTH);
    let found = numbers::each_entry(connection, first, u64::from(width), &mut take)?;
    if long || found != Ok(u64::from(width)) {
        return Err(StoreError::Database(format!("entries from {first} on cannot be read")));
    }
    Ok(bytes)
}

fn unreadable(error: tree::TreeError) -> StoreError {
    StoreError::Database(error.to_string())
}
