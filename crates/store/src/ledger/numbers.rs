//! Which number in the log a row has, and which row a number is of.
//!
//! Rows of a stream are numbered in the order of their commits and leave no gap, so one row here
//! stands for a whole run of them.

use rusqlite::{Connection, OptionalExtension as _, params};

/// Where entries of the log lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// In `receipts`.
    Receipts,
    /// In `entries`.
    Entries,
}

impl Stream {
    const fn code(self) -> i64 {
        match self {
            Self::Receipts => 0,
            Self::Entries => 1,
        }
    }

    fn of(code: i64) -> Self {
        if code == 0 { Self::Receipts } else { Self::Entries }
    }

    /// The leaves of `limit` rows after `after`, with their own numbers, oldest first.
    const fn leaves(self) -> &'static str {
        match self {
            Self::Receipts => "SELECT seq, leaf FROM receipts WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            Self::Entries => "SELECT seq, leaf FROM entries WHERE seq > ?1 ORDER BY seq LIMIT ?2",
        }
    }
}

/// Rows that get numbers together: `count` of them from `seq` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stream: Stream,
    pub(crate) seq: i64,
    pub(crate) count: i64,
}

/// Rows of a stream were taken out: the log has a gap that nothing can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) stream: Stream,
    pub(crate) seq: i64,
}

/// Hands `take` the leaves of the rows of `stream` after row `after`, at most `limit`, and says how
/// many there were.
pub(crate) fn each_leaf(
    connection: &Connection,
    stream: Stream,
    after: i64,
    limit: i64,
    take: &mut dyn FnMut(&str),
) -> rusqlite::Result<Result<i64, Gap>> {
    let mut statement = connection.prepare_cached(stream.leaves())?;
    let mut rows = statement.query(params![after, limit])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        if seq != after + count + 1 {
            return Ok(Err(Gap { stream, seq: after + count + 1 }));
        }
        take(row.get_ref(1)?.as_str()?);
        count += 1;
    }
    Ok(Ok(count))
}

/// The last row of the stream that has a number; 0 where none has.
pub(crate) fn last_numbered(connection: &Connection, stream: Stream) -> rusqlite::Result<i64> {
    let found: Option<i64> = connection
        .prepare_cached(
            "SELECT seq + count - 1 FROM numbers WHERE stream = ?1 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([stream.code()], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// Gives the rows of `run` the numbers from `first` on.
pub(crate) fn number(connection: &Connection, first: u64, run: Run) -> rusqlite::Result<()> {
    let first = first.cast_signed();
    // Most of the time it goes on where the last run ended.
    let longer = connection
        .prepare_cached(
            "UPDATE numbers SET count = count + ?4 \
             WHERE first = (SELECT max(first) FROM numbers) AND first + count = ?1 \
             AND stream = ?2 AND seq + count = ?3",
        )?
        .execute(params![first, run.stream.code(), run.seq, run.count])?;
    if longer == 0 {
        connection
            .prepare_cached(
                "INSERT INTO numbers (first, stream, seq, count) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![first, run.stream.code(), run.seq, run.count])?;
    }
    Ok(())
}

/// The number of a row in the log, if it has one.
pub(crate) fn number_of(
    connection: &Connection,
    stream: Stream,
    seq: i64,
) -> rusqlite::Result<Option<u64>> {
    let found: Option<(i64, i64, i64)> = connection
        .prepare_cached(
            "SELECT first, seq, count FROM numbers WHERE stream = ?1 AND seq <= ?2 \
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![stream.code(), seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let found = found.filter(|(_, from, count)| seq < from + count);
    Ok(found.map(|(first, from, _)| (first + seq - from).unsigned_abs()))
}

/// Hands `take` the leaves of the log's entries from `first` on, `count` of them, in order. Says how
/// many there were.
pub(crate) fn each_entry(
    connection: &Connection,
    first: u64,
    count: u64,
    take: &mut dyn FnMut(&str),
) -> rusqlite::Result<Result<u64, Gap>> {
    let (from, to) = (first.cast_signed(), (first + count).cast_signed());
    let runs = connection
        .prepare_cached(
            "SELECT first, stream, seq, count FROM numbers WHERE first < ?2 AND first >= \
             coalesce((SELECT max(first) FROM numbers WHERE first <= ?1), 0) ORDER BY first",
        )?
        .query_map(params![from, to], |row| {
            Ok((row.get(0)?, Stream::of(row.get(1)?), row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<Vec<(i64, Stream, i64, i64)>>>()?;
    let mut seen = 0;
    for (start, stream, seq, count) in runs {
        let (begin, end) = (start.max(from), (start + count).min(to));
        if begin >= end {
            continue;
        }
        let after = seq + (begin - start) - 1;
        match each_leaf(connection, stream, after, end - begin, take)? {
            Ok(found) if found == end - begin => seen += found.unsigned_abs(),
            Ok(found) => return Ok(Err(Gap { stream, seq: after + found + 1 })),
            Err(gap) => return Ok(Err(gap)),
        }
    }
    Ok(Ok(seen))
}
