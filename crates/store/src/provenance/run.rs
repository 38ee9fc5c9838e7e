//! A sorted run: a file of pairs (start of a hash, row), sorted, that is never changed.
//!
//! A table with a random key a call would cost a page a call. A run costs its own bytes, and a few
//! of them are searched one after the other.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use weighbridge_core::id::AccountId;
use weighbridge_proof::{Digest, Hasher};

/// Bytes of one pair.
const PAIR: u64 = 16;

/// Bytes behind the pairs: the id of the last receipt that the run covers.
const TRAILER: u64 = 16;

/// The first eight bytes of a hash: of a content's own, or of one that an account's look-ups go by,
/// so that none shows what another account sent. Others may begin so too: the row decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Start(u64);

impl Start {
    /// For look-ups over all accounts.
    pub(crate) fn of(digest: &Digest) -> Self {
        Self::cut(digest)
    }

    /// For look-ups within one account.
    pub(crate) fn within(account: AccountId, digest: &Digest) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(&account.to_bytes());
        hasher.update(digest.as_bytes());
        Self::cut(&hasher.finish())
    }

    fn cut(digest: &Digest) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *digest.as_bytes();
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// A pair: how a hash starts, and the row of a receipt that has it.
pub(crate) type Pair = (Start, i64);

/// A run of the receipts from `first` to `last`.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) first: i64,
    pub(crate) last: i64,
    path: PathBuf,
    file: File,
    pairs: u64,
}

impl Run {
    /// Writes a run of `pairs`, which must be sorted. It is there whole or not at all.
    pub(crate) fn write(
        folder: &Path,
        (first, last): (i64, i64),
        last_id: [u8; 16],
        pairs: impl Iterator<Item = io::Result<Pair>>,
    ) -> io::Result<Self> {
        let path = folder.join(format!("{first:016x}-{last:016x}.run"));
        let draft = path.with_extension("new");
        let mut out = BufWriter::new(File::create(&draft)?);
        for pair in pairs {
            let (Start(start), seq) = pair?;
            out.write_all(&start.to_be_bytes())?;
            out.write_all(&seq.to_be_bytes())?;
        }
        out.write_all(&last_id)?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_data()?;
        std::fs::rename(&draft, &path)?;
        File::open(folder)?.sync_all()?;
        Self::open(&path)?.ok_or_else(|| io::Error::other("a run that was written is none"))
    }

    /// Opens a run; nothing where the file is none.
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let Some((first, last)) = covered(path) else { return Ok(None) };
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let Some(pairs) = bytes.checked_sub(TRAILER).filter(|bytes| bytes % PAIR == 0) else {
            return Ok(None);
        };
        Ok(Some(Self { first, last, path: path.to_owned(), file, pairs: pairs / PAIR }))
    }

    /// The id of the last receipt that it covers.
    pub(crate) fn last_id(&self) -> io::Result<[u8; 16]> {
        let mut id = [0; 16];
        self.file.read_exact_at(&mut id, self.pairs * PAIR)?;
        Ok(id)
    }

    /// How many receipts it covers.
    pub(crate) const fn receipts(&self) -> i64 {
        self.last - self.first + 1
    }

    /// Adds the rows below `before` whose receipts have a hash that starts so, the newest first, at
    /// most `limit`.
    pub(crate) fn find(
        &self,
        start: Start,
        before: i64,
        limit: usize,
        found: &mut Vec<i64>,
    ) -> io::Result<()> {
        // The first pair that is not below (start, before).
        let (mut low, mut high) = (0, self.pairs);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.pair(middle)? < (start, before) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for at in (0..low).rev().take(limit) {
            let (other, seq) = self.pair(at)?;
            if other != start {
                break;
            }
            found.push(seq);
        }
        Ok(())
    }

    fn pair(&self, at: u64) -> io::Result<Pair> {
        let mut bytes = [0; PAIR as usize];
        self.file.read_exact_at(&mut bytes, at * PAIR)?;
        Ok(read(&bytes))
    }

    /// All its pairs, in order.
    pub(crate) fn pairs(&self) -> io::Result<impl Iterator<Item = io::Result<Pair>>> {
        let mut reader = BufReader::new(File::open(&self.path)?);
        Ok((0..self.pairs).map(move |_| {
            let mut bytes = [0; PAIR as usize];
            reader.read_exact(&mut bytes)?;
            Ok(read(&bytes))
        }))
    }

    /// Removes its file. Whoever reads in it now can go on.
    pub(crate) fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

fn read(bytes: &[u8; PAIR as usize]) -> Pair {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *bytes;
    (Start(u64::from_be_bytes([a, b, c, d, e, f, g, h])), i64::from_be_bytes(rest))
}

/// The receipts that a run of this name covers.
fn covered(path: &Path) -> Option<(i64, i64)> {
    let name = path.file_name()?.to_str()?.strip_suffix(".run")?;
    let (first, last) = name.split_once('-')?;
    let number = |hex| i64::from_str_radix(hex, 16).ok();
    let (first, last) = (number(first)?, number(last)?);
    (0 < first && first <= last).then_some((first, last))
}

/// The pairs of several runs, in order.
pub(crate) fn merged(runs: &[Arc<Run>]) -> io::Result<impl Iterator<Item = io::Result<Pair>>> {
    let mut sources = runs.iter().map(|run| run.pairs()).collect::<io::Result<Vec<_>>>()?;
    let mut heads = sources.iter_mut().map(Iterator::next).collect::<Vec<_>>();
    Ok(std::iter::from_fn(move || {
        let mut least: Option<(usize, Pair)> = None;
        for (at, head) in heads.iter_mut().enumerate() {
            match head {
                Some(Ok(pair)) if least.is_none_or(|(_, least)| *pair < least) => {
                    least = Some((at, *pair));
                }
                Some(Err(_)) => return head.take(),
                _ => {}
            }
        }
        let (at, pair) = least?;
        heads[at] = sources[at].next();
        Some(Ok(pair))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(number: u64) -> Start {
        Start(number)
    }

    fn write(folder: &Path, first: i64, last: i64, pairs: &[Pair]) -> Run {
        let pairs = pairs.iter().copied().map(Ok);
        Run::write(folder, (first, last), [7; 16], pairs).unwrap()
    }

    fn find(run: &Run, start: Start, before: i64, limit: usize) -> Vec<i64> {
        let mut found = Vec::new();
        run.find(start, before, limit, &mut found).unwrap();
        found
    }

    #[test]
    fn rows_are_found_the_newest_first_and_below_a_bound() {
        let folder = tempfile::tempdir().unwrap();
        let pairs = [(start(1), 5), (start(3), 2), (start(3), 4), (start(3), 9), (start(8), 1)];
        let run = write(folder.path(), 1, 9, &pairs);
        assert_eq!(find(&run, start(3), i64::MAX, 10), [9, 4, 2]);
        assert_eq!(find(&run, start(3), 9, 10), [4, 2]);
        assert_eq!(find(&run, start(3), i64::MAX, 2), [9, 4]);
        assert_eq!(find(&run, start(8), i64::MAX, 10), [1]);
        for absent in [0, 2, 4, 9] {
            assert!(find(&run, start(absent), i64::MAX, 10).is_empty());
        }
        assert_eq!((run.receipts(), run.last_id().unwrap()), (9, [7; 16]));
    }

    #[test]
    fn merged_runs_have_every_pair_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let one = write(folder.path(), 1, 2, &[(start(1), 1), (start(5), 2)]);
        let two = write(folder.path(), 3, 4, &[(start(1), 3), (start(4), 4)]);
        let three = write(folder.path(), 5, 5, &[]);
        let runs = [one, two, three].map(Arc::new);
        let all: Vec<Pair> = merged(&runs).unwrap().map(Result::unwrap).collect();
        assert_eq!(all, [(start(1), 1), (start(1), 3), (start(4), 4), (start(5), 2)]);
    }

    #[test]
    fn a_file_that_is_no_run_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("1-2.txt", 16),
            ("nonsense.run", 16),
            ("0000000000000003-0000000000000002.run", 16),
            ("0000000000000001-0000000000000002.run", 15),
            ("0000000000000001-0000000000000003.run", 40),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, vec![0; bytes]).unwrap();
            assert!(Run::open(&path).unwrap().is_none(), "{name}");
        }
    }
}
