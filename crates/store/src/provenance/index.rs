//! Which receipts have a hash: sorted runs of all but the newest receipts, and those in memory.
//! Everything in it is made out of the rows, and made again where it does not fit them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rusqlite::{Connection, OptionalExtension as _};

use super::run::{Pair, Run, Start, merged};
use crate::fresh::Fresh;

/// How many runs of one size become one of the next.
const FAN: usize = 8;

/// The index. One thread adds to it; whoever looks up waits for none of its files. Bounded: in memory
/// are the pairs of one run, and of what came while it could not be written.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    /// Receipts of a run of the smallest size.
    size: i64,
    content: RwLock<Content>,
}

#[derive(Debug)]
struct Content {
    /// In the order of their receipts, without a gap.
    runs: Vec<Arc<Run>>,
    /// The pairs of the receipts after the last run.
    tail: Vec<Pair>,
    through: i64,
}

impl Index {
    /// What there is on disk and fits the rows.
    pub(crate) fn open(folder: &Path, size: i64, connection: &Connection) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            match Run::open(&path)? {
                Some(run) => found.push(run),
                // A draft, of which the process did not live to see the end.
                None if path.extension().is_some_and(|it| it == "new") => {
                    std::fs::remove_file(path)?;
                }
                None => {}
            }
        }
        // Of runs that begin alike the widest comes first: the others were merged into it.
        found.sort_by_key(|run| (run.first, -run.last));
        let mut runs: Vec<Arc<Run>> = Vec::new();
        for run in found {
            let next = runs.last().map_or(1, |run| run.last + 1);
            if run.first == next && fits(&run, connection)? {
                runs.push(Arc::new(run));
            } else {
                run.remove()?;
            }
        }
        let through = runs.last().map_or(0, |run| run.last);
        let content = RwLock::new(Content { runs, tail: Vec::new(), through });
        Ok(Self { folder: folder.to_owned(), size, content })
    }

    /// The last receipt that it covers.
    pub(crate) fn through(&self) -> i64 {
        self.read().through
    }

    /// Takes the next receipts. Writes a run when there are enough for one; `id_of` gives the id of
    /// a row.
    pub(crate) fn add(
        &self,
        fresh: &[Fresh],
        id_of: &dyn Fn(i64) -> Option<[u8; 16]>,
    ) -> io::Result<()> {
        let mut left = fresh;
        while !left.is_empty() {
            let room = usize::try_from(self.room()).unwrap_or(0).clamp(1, left.len());
            let (now, later) = left.split_at(room);
            self.take(now);
            left = later;
            if self.room() <= 0
                && let Some(id) = id_of(self.through())
            {
                self.write_run(id)?;
                self.merge()?;
            }
        }
        Ok(())
    }

    /// How many receipts are missing to a run.
    fn room(&self) -> i64 {
        let content = self.read();
        self.size - (content.through - content.covered())
    }

    fn take(&self, fresh: &[Fresh]) {
        let mut content = self.write();
        for fresh in fresh {
            debug_assert_eq!(fresh.seq, content.through + 1, "receipts come in their order");
            for hash in fresh.contents.iter() {
                content.tail.push((Start::of(&hash), fresh.seq));
                content.tail.push((Start::within(fresh.account, &hash), fresh.seq));
            }
            content.through = fresh.seq;
        }
    }

    /// Makes a run of the tail. Only the thread that adds changes anything, so nothing has to be
    /// locked while the file is written.
    fn write_run(&self, last_id: [u8; 16]) -> io::Result<()> {
        let (mut pairs, range) = {
            let content = self.read();
            (content.tail.clone(), (content.covered() + 1, content.through))
        };
        pairs.sort_unstable();
        let run = Run::write(&self.folder, range, last_id, pairs.into_iter().map(Ok))?;
        let mut content = self.write();
        content.runs.push(Arc::new(run));
        content.tail.clear();
        Ok(())
    }

    /// Merges the last runs while there are [`FAN`] of one size.
    fn merge(&self) -> io::Result<()> {
        loop {
            let old = self.read().alike();
            let (Some(first), Some(last)) = (old.first(), old.last()) else { return Ok(()) };
            let range = (first.first, last.last);
            let run = Run::write(&self.folder, range, last.last_id()?, merged(&old)?)?;
            {
                let mut content = self.write();
                let at = content.runs.len() - old.len();
                content.runs.truncate(at);
                content.runs.push(Arc::new(run));
            }
            for old in old {
                old.remove()?;
            }
        }
    }

    /// The rows below `before` whose receipts have a hash that starts so, the newest first, at most
    /// `limit`.
    pub(crate) fn find(&self, start: Start, before: i64, limit: usize) -> io::Result<Vec<i64>> {
        let (mut found, runs) = {
            let content = self.read();
            let in_tail = |(other, seq): &&Pair| *other == start && *seq < before;
            let found = content.tail.iter().filter(in_tail).map(|(_, seq)| *seq);
            (found.collect::<Vec<_>>(), content.runs.clone())
        };
        found.sort_unstable_by(|a, b| b.cmp(a));
        for run in runs.iter().rev() {
            if found.len() >= limit {
                break;
            }
            run.find(start, before, limit - found.len(), &mut found)?;
        }
        found.truncate(limit);
        Ok(found)
    }

    fn read(&self) -> RwLockReadGuard<'_, Content> {
        self.content.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Content> {
        self.content.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    /// The last receipt that is in a run.
    fn covered(&self) -> i64 {
        self.runs.last().map_or(0, |run| run.last)
    }

    /// The last [`FAN`] runs, where they are of one size; none otherwise.
    fn alike(&self) -> Vec<Arc<Run>> {
        let Some(size) = self.runs.last().map(|run| run.receipts()) else { return Vec::new() };
        let alike = self.runs.iter().rev().take_while(|run| run.receipts() == size).count();
        match self.runs.len().checked_sub(FAN) {
            Some(at) if alike >= FAN => self.runs[at..].to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Whether the run is of the receipts in this database.
fn fits(run: &Run, connection: &Connection) -> io::Result<bool> {
    Ok(id_of(connection, run.last).map_err(io::Error::other)? == Some(run.last_id()?))
}

/// The id of a receipt's row.
pub(crate) fn id_of(connection: &Connection, seq: i64) -> rusqlite::Result<Option<[u8; 16]>> {
    connection
        .prepare_cached("SELECT id FROM receipts WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()
}
