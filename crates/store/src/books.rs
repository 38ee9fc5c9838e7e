//! The audit of the books: everything that receipts say about money, added up again.
//!
//! Reads a database that may be in use, in one snapshot, and changes nothing. A long read keeps the
//! write-ahead log from shrinking, so this is for a person who asks, not for every minute.

mod log;
mod receipt;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use weighbridge_core::day::Day;
use weighbridge_core::id::{AccountId, CallId};
use weighbridge_core::money::{Amount, Currency};
use weighbridge_core::price::PriceTable;
use weighbridge_proof::Digest;

use crate::error::StoreError;
use crate::open::FILE;
use crate::spending::parsed;
use receipt::Said;

/// The most differences that are named; the rest is counted.
const NAMED: usize = 100;

/// How many receipts pass between two words about progress.
const STEP: u64 = 50_000;

/// What the books say, and where they disagree with themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// Receipts that were read.
    pub receipts: u64,
    /// Calls that had no receipt yet: in flight, or to be ended at the next start.
    pub open: u64,
    /// Receipts of models without a price.
    pub unpriced: u64,
    /// Receipts whose cost cannot be known.
    pub unknown: u64,
    /// Receipts whose cost was computed again from their usage and the price they cite.
    pub recomputed: u64,
    /// Entries of the log under its newest checkpoint; their hashes make the root that was signed,
    /// unless a difference says otherwise.
    pub log_entries: u64,
    /// What was paid, by currency.
    pub totals: BTreeMap<Currency, Totals>,
    /// The first differences that were found.
    pub differences: Vec<String>,
    /// How many there are.
    pub differences_found: u64,
}

/// Sums of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// What accounts were charged.
    pub charged: Amount,
    /// What the platform bore beyond it.
    pub overrun: Amount,
    /// What providers are owed.
    pub owed: Amount,
}

/// Adds up the books in `dir`. `progress` is told now and then how many receipts were read.
///
/// # Errors
/// When there is no database there, or it cannot be read. A difference is no error.
pub fn audit(dir: &Path, progress: &mut dyn FnMut(u64)) -> Result<Audit, StoreError> {
    let file = dir.join(FILE);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(file, flags)?;
    let snapshot = connection.transaction()?;
    let mut auditor =
        Auditor { prices: prices(&snapshot)?, audit: Audit::default(), days: BTreeMap::new() };
    let mut statement = snapshot
        .prepare("SELECT id, account, finished_at, call, money FROM receipts ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = CallId::from_bytes(row.get(0)?);
        let account = AccountId::from_bytes(row.get(1)?);
        let day = Day::of(weighbridge_proof::Timestamp::from_micros(row.get(2)?));
        let (call, money): (String, String) = (row.get(3)?, row.get(4)?);
        auditor.take(id, account, day, &call, &money);
        if auditor.audit.receipts.is_multiple_of(STEP) {
            progress(auditor.audit.receipts);
        }
    }
    drop(rows);
    drop(statement);
    auditor.compare(&snapshot)?;
    log::check(&snapshot, &mut auditor)?;
    let open: i64 = snapshot.query_row("SELECT count(*) FROM intents", [], |row| row.get(0))?;
    auditor.audit.open = open.unsigned_abs();
    Ok(auditor.audit)
}

struct Auditor {
    prices: HashMap<Digest, PriceTable>,
    audit: Audit,
    /// What receipts charged each account, by currency and day.
    days: BTreeMap<(AccountId, Currency, Day), Amount>,
}

impl Auditor {
    fn take(&mut self, id: CallId, account: AccountId, day: Day, call: &str, money: &str) {
        self.audit.receipts += 1;
        let said = match Said::read(call, money) {
            Ok(said) => said,
            Err(error) => return self.differ(format!("{id} cannot be read: {error}")),
        };
        match said.basis() {
            "unpriced" => self.audit.unpriced += 1,
            "unknown" => self.audit.unknown += 1,
            _ => {}
        }
        let Some(charge) = said.charge() else { return };
        let charge = match charge {
            Ok(charge) => charge,
            Err(missing) => return self.differ(format!("{id} has a charge without {missing}")),
        };
        for broken in charge.check() {
            self.differ(format!("{id}: {broken}"));
        }
        match said.recompute(&self.prices) {
            None => {}
            Some(cost) if cost == charge.actual + charge.overrun => self.audit.recomputed += 1,
            Some(cost) => self.differ(format!(
                "{id}: its usage costs {cost} {}, and it says {} and an overrun of {}",
                charge.currency, charge.actual, charge.overrun
            )),
        }
        let totals = self.audit.totals.entry(charge.currency).or_default();
        totals.charged += charge.actual;
        totals.overrun += charge.overrun;
        totals.owed += charge.owed();
        if !charge.actual.is_zero() {
            *self.days.entry((account, charge.currency, day)).or_default() += charge.actual;
        }
    }

    /// Holds the sums that are kept against those of the receipts, both ways.
    fn compare(&mut self, snapshot: &Connection) -> Result<(), StoreError> {
        let mut statement =
            snapshot.prepare("SELECT currency, account, day, units, nanos FROM spending")?;
        let kept = statement.query_map([], |row| {
            let amount = Amount::join(row.get(3)?, row.get(4)?);
            let account = AccountId::from_bytes(row.get(1)?);
            Ok(((account, parsed(row, 0)?, Day::from_number(row.get(2)?)), amount))
        })?;
        let kept: BTreeMap<(AccountId, Currency, Day), Amount> =
            kept.collect::<rusqlite::Result<_>>()?;
        let receipts = std::mem::take(&mut self.days);
        let keys: std::collections::BTreeSet<_> = kept.keys().chain(receipts.keys()).collect();
        for key in keys {
            let (in_books, in_receipts) = (
                kept.get(key).copied().unwrap_or_default(),
                receipts.get(key).copied().unwrap_or_default(),
            );
            if in_books != in_receipts {
                let (account, currency, day) = key;
                self.differ(format!(
                    "{account} on {}: the receipts charge {in_receipts} {currency}, its balance \
                     says {in_books} {currency}",
                    &day.start().to_string()[..10]
                ));
            }
        }
        Ok(())
    }

    fn differ(&mut self, words: String) {
        self.audit.differences_found += 1;
        if self.audit.differences.len() < NAMED {
            self.audit.differences.push(words);
        }
    }
}

fn prices(snapshot: &Connection) -> Result<HashMap<Digest, PriceTable>, StoreError> {
    let mut statement =
        snapshot.prepare("SELECT sha256, json FROM tables WHERE kind = 'prices'")?;
    let read = statement
        .query_map([], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, String>(1)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut prices = HashMap::new();
    for (digest, json) in read {
        let digest = Digest::from_bytes(digest);
        let table = PriceTable::parse(&json).ok().filter(|table| table.digest() == Some(digest));
        let table = table.ok_or_else(|| {
            StoreError::Database(format!("the table of prices {digest} is not what it was"))
        })?;
        prices.insert(digest, table);
    }
    Ok(prices)
}
