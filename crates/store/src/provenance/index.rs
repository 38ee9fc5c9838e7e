//! Which receipts have a hash: sorted runs of all but the newest receipts, and those in memory.
//! Everything in it is made out of the rows, and made again where it does not fit them.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use weighbridge_proof::Digest;

use super::run::{Pair, Run, Start, merged};
use crate::fresh::Fresh;

/// How many runs of one size become one of the next.
const FAN: usize = 8;

/// The index. Bounded: in memory are at most the pairs of one run.
#[derive(Debug)]
pub(crate) struct Index {
    folder: PathBuf,
    /// Receipts of a run of the smallest size.
    size: i64,
    /// In the order of their receipts, without a gap.
    runs: Vec<Run>,
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
        let mut runs: Vec<Run> = Vec::new();
        for run in found {
            let next = runs.last().map_or(1, |run| run.last + 1);
            if run.first == next && fits(&run, connection)? {
                runs.push(run);
            } else {
                run.remove()?;
            }
        }
        let through = runs.last().map_or(0, |run| run.last);
        Ok(Self { folder: folder.to_owned(), size, runs, tail: Vec::new(), through })
    }

    /// The last receipt that it covers.
    pub(crate) const fn through(&self) -> i64 {
        self.through
    }

    /// Takes the next receipts. Writes a run when there are enough for one; `id_of` gives the id of
    /// a row.
    pub(crate) fn add(
        &mut self,
        fresh: &[Fresh],
        id_of: &dyn Fn(i64) -> Option<[u8; 16]>,
    ) -> io::Result<()> {
        for fresh in fresh {
            debug_assert_eq!(fresh.seq, self.through + 1, "receipts come in their order");
            self.tail.extend(fresh.contents.iter().map(|hash| (Start::of(&hash), fresh.seq)));
            self.through = fresh.seq;
            let first = self.runs.last().map_or(1, |run| run.last + 1);
            if self.through - first + 1 >= self.size
                && let Some(id) = id_of(self.through)
            {
                self.write(first, id)?;
                self.merge()?;
            }
        }
        Ok(())
    }

    fn write(&mut self, first: i64, last_id: [u8; 16]) -> io::Result<()> {
        self.tail.sort_unstable();
        let pairs = self.tail.iter().copied().map(Ok);
        let run = Run::write(&self.folder, (first, self.through), last_id, pairs)?;
        self.runs.push(run);
        self.tail.clear();
        Ok(())
    }

    /// Merges the last runs while there are [`FAN`] of one size.
    fn merge(&mut self) -> io::Result<()> {
        loop {
            let Some(size) = self.runs.last().map(Run::receipts) else { return Ok(()) };
            let alike = self.runs.iter().rev().take_while(|run| run.receipts() == size).count();
            if alike < FAN {
                return Ok(());
            }
            let old = &self.runs[self.runs.len() - FAN..];
            let (first, last) = (old[0].first, old[FAN - 1].last);
            let pairs = merged(old)?;
            let run = Run::write(&self.folder, (first, last), old[FAN - 1].last_id()?, pairs)?;
            let at = self.runs.len() - FAN;
            for old in self.runs.splice(at.., [run]) {
                old.remove()?;
            }
        }
    }

    /// The rows below `before` whose receipts have a hash that starts like this one, the newest
    /// first, at most `limit`.
    pub(crate) fn find(&self, digest: &Digest, before: i64, limit: usize) -> io::Result<Vec<i64>> {
        let start = Start::of(digest);
        let mut found: Vec<i64> = self
            .tail
            .iter()
            .filter(|(other, seq)| *other == start && *seq < before)
            .map(|(_, seq)| *seq)
            .collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        for run in self.runs.iter().rev() {
            if found.len() >= limit {
                break;
            }
            run.find(start, before, limit, &mut found)?;
        }
        // A call whose output is its input has two pairs.
        found.dedup();
        found.truncate(limit);
        Ok(found)
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
