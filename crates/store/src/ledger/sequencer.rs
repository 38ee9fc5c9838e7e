//! Gives numbers to what has none yet, and signs the log that comes of it.
//!
//! One pass: read the new rows, grow the tree, sign its root; commit numbers and checkpoint together;
//! then write tiles and the checkpoint's file; only then give the checkpoint out. A process that ends
//! between any two of these leaves nothing behind that the next one cannot go on from: what was not
//! committed was never seen, and what was committed is in the database.

use std::sync::Arc;

use rusqlite::Connection;
use weighbridge_proof::Digest;
use weighbridge_proof::checkpoint::Checkpoint;
use weighbridge_proof::merkle::leaf_hash;
use weighbridge_proof::note::key::SigningKey;
use weighbridge_proof::tile::Tile;
use weighbridge_proof::tile::edges::Edges;

use super::head::{self, Head};
use super::numbers::{self, Gap, Run, Stream};
use super::seen::SeenFile;
use super::tiles::Tiles;
use super::tree::TreeError;
use crate::error::StoreError;
use crate::fresh::FreshQueue;

/// The most rows that are numbered in one commit.
pub(super) const BATCH: i64 = 4_096;

/// Why a pass ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Signing on could make a second history: nothing is signed any more.
    Refuse(String),
    /// The store has ended.
    Ended,
    /// Not now: the disk is full, or a file could not be written.
    Later(String),
}

impl From<TreeError> for Stop {
    fn from(error: TreeError) -> Self {
        Self::Refuse(error.to_string())
    }
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Later(format!("the database failed: {error}"))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Later("the disk is full".to_owned()),
            StoreError::Unavailable => Self::Ended,
            other => Self::Refuse(other.to_string()),
        }
    }
}

/// Where a pass can be cut off, for tests that cut it off there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The checkpoint is signed; nothing is written.
    Signed,
    /// Numbers and checkpoint are committed.
    Committed,
    /// The tiles are written.
    Tiled,
    /// The checkpoint's file is written.
    Filed,
}

/// Something to do in the writer's next commit, and to wait for.
pub(crate) type Commit = Box<dyn Fn(crate::writer::Change) -> Result<(), StoreError> + Send>;

/// What grows the log.
pub(crate) struct Sequencer {
    pub(crate) connection: Connection,
    pub(crate) fresh: Arc<FreshQueue>,
    pub(crate) key: SigningKey,
    pub(crate) tiles: Tiles,
    pub(crate) file: SeenFile,
    /// The edge of what is committed.
    pub(crate) edges: Edges,
    pub(crate) commit: Commit,
    /// Committed, and not given out yet.
    pub(crate) pending: Option<Arc<Head>>,
    /// After which step to end as a killed process does; never, but in tests.
    pub(crate) cut: Option<Step>,
}

/// What a pass read: rows by stream, and the hashes of their leaves.
struct Read {
    runs: Vec<Run>,
    hashes: Vec<Digest>,
}

impl Read {
    fn add(&mut self, stream: Stream, after: i64, count: i64) {
        if count > 0 {
            self.runs.push(Run { stream, seq: after + 1, count });
        }
    }
}

impl Sequencer {
    /// One pass. Gives back the checkpoint to give out, if there is a new one, and whether more rows
    /// wait.
    pub(crate) fn pass(&mut self) -> Result<(Option<Arc<Head>>, bool), Stop> {
        if let Some(head) = self.pending.take() {
            return self.give_out(head, &[]).map(|head| (Some(head), true));
        }
        let read = self.read()?;
        if read.hashes.is_empty() {
            return Ok((None, false));
        }
        let more = read.hashes.len() as u64 >= BATCH.unsigned_abs();
        let (edges, full) = grow(&self.edges, &read.hashes);
        let head = Arc::new(self.sign(edges));
        self.look_around()?;
        self.reached(Step::Signed)?;
        self.commit(read.runs, &head)?;
        self.edges = head.edges.clone();
        self.pending = Some(Arc::clone(&head));
        self.reached(Step::Committed)?;
        self.give_out(head, &full).map(|head| (Some(head), more))
    }

    fn read(&self) -> Result<Read, Stop> {
        let mut read = Read { runs: Vec::new(), hashes: Vec::new() };
        let gap = |gap| Stop::from(TreeError::Gap(gap));
        let stream = Stream::Entries;
        let after = numbers::last_numbered(&self.connection, stream)?;
        let mut take = |leaf: &str| read.hashes.push(leaf_hash(leaf.as_bytes()));
        let count = numbers::each_leaf(&self.connection, stream, after, BATCH, &mut take)?;
        read.add(stream, after, count.map_err(gap)?);
        let left = BATCH - i64::try_from(read.hashes.len()).unwrap_or(BATCH);
        if left > 0 {
            let stream = Stream::Receipts;
            let after = numbers::last_numbered(&self.connection, stream)?;
            let fresh = self.fresh.next(&self.connection, after, left)?;
            if let Some((seq, _)) = (after + 1..).zip(&fresh).find(|(seq, it)| it.seq != *seq) {
                return Err(gap(Gap { stream, seq }));
            }
            read.hashes.extend(fresh.iter().map(|fresh| fresh.leaf));
            read.add(stream, after, i64::try_from(fresh.len()).unwrap_or(0));
        }
        Ok(read)
    }

    fn sign(&self, edges: Edges) -> Head {
        let (size, root) = (edges.size(), edges.root());
        let checkpoint = Checkpoint { origin: self.key.name().to_owned(), size, root };
        let note = self.key.sign(checkpoint.to_string()).to_string();
        Head { size, root, note, edges }
    }

    /// Looks once more whether somebody else has signed in the meantime.
    fn look_around(&self) -> Result<(), Stop> {
        let seen = self.file.read(&self.key.verifier()).map_err(Stop::Refuse)?;
        match seen {
            Some(seen) if seen.size > self.edges.size() => Err(Stop::Refuse(format!(
                "a checkpoint of {} entries was signed beside this gateway, which has {}",
                seen.size,
                self.edges.size()
            ))),
            Some(seen) if seen.size == self.edges.size() && seen.root != self.edges.root() => {
                Err(Stop::Refuse(format!(
                    "another checkpoint of {} entries was signed beside this gateway",
                    seen.size
                )))
            }
            _ => Ok(()),
        }
    }

    fn commit(&self, runs: Vec<Run>, head: &Arc<Head>) -> Result<(), Stop> {
        let (head, before) = (Arc::clone(head), self.edges.size());
        (self.commit)(Box::new(move |connection| {
            let stored = head::stored(connection)?.map_or(0, |head| head.size);
            if stored != before {
                let words = format!("the log has {stored} entries instead of {before}");
                return Ok(Err(StoreError::Database(words)));
            }
            let mut first = before;
            for run in runs {
                numbers::number(connection, first, run)?;
                first += run.count.unsigned_abs();
            }
            head::store(connection, &head)?;
            Ok(Ok(()))
        }))?;
        Ok(())
    }

    /// Writes the files. Until that is done, nobody gets the checkpoint.
    fn give_out(
        &mut self,
        head: Arc<Head>,
        full: &[(Tile, Vec<Digest>)],
    ) -> Result<Arc<Head>, Stop> {
        let written = full
            .iter()
            .try_for_each(|(tile, hashes)| self.tiles.write(tile.level, tile.number, hashes));
        if let Err(error) = written {
            // They are made again whenever they are wanted.
            tracing::warn!(%error, "tiles of the log could not be written");
        }
        self.reached(Step::Tiled)?;
        if let Err(error) = self.file.write(&head.note) {
            self.pending = Some(head);
            return Err(Stop::Later(format!("the checkpoint's file cannot be written: {error}")));
        }
        self.reached(Step::Filed)?;
        self.pending = None;
        Ok(head)
    }

    fn reached(&self, step: Step) -> Result<(), Stop> {
        if self.cut == Some(step) { Err(Stop::Ended) } else { Ok(()) }
    }
}

/// The edges with these leaves behind them, and the tiles that became full.
fn grow(edges: &Edges, leaves: &[Digest]) -> (Edges, Vec<(Tile, Vec<Digest>)>) {
    let (mut edges, mut full) = (edges.clone(), Vec::new());
    for leaf in leaves {
        let Ok(()) = edges.push::<std::convert::Infallible>(*leaf, &mut |tile, hashes| {
            full.push((tile, hashes.to_vec()));
            Ok(())
        });
    }
    (edges, full)
}
