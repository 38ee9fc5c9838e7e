//! Whether every reply has its receipt, and the books agree with the receipts.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::report::Table;
use crate::stand::Receipts;
use crate::{figures, progress};

/// What came of looking.
pub(super) struct Books {
    /// Receipts that there are in all.
    pub(super) receipts: u64,
    /// The counts.
    pub(super) table: Table,
    /// Whether they agree.
    pub(super) verdict: Result<()>,
}

/// Holds what the load saw against the account's receipts, and has the books audited.
pub(super) fn compare(
    binary: &Path,
    data: &Path,
    complete: u64,
    broken: u64,
    receipts: &Receipts,
) -> Result<Books> {
    progress::note("auditing the books");
    let audit = audit(binary, data)?;
    let figure = |name: &str| audit[name].as_u64().with_context(|| format!("no `{name}`"));
    let (all, open, differences) =
        (figure("receipts")?, figure("open")?, figure("differences_found")?);
    let rows = [
        ("complete replies of status 200, and receipts `ok`", complete, receipts.ok),
        ("replies that broke off, and receipts of another outcome", broken, receipts.other),
        ("calls that have no receipt", 0, open),
        ("differences that the audit of the books found", 0, differences),
    ];
    let (table, verdict) = judge(&rows);
    Ok(Books { receipts: all, table, verdict })
}

/// The table of what was expected and what was found, and whether they are the same throughout.
fn judge(rows: &[(&str, u64, u64)]) -> (Table, Result<()>) {
    let words = "What the load saw of Weighbridge, and what the API lists for its account; then \
                 `weighbridge ledger check` on the whole data directory.";
    let mut table = Table::new("Receipts", words, &["", "expected", "found", "verdict"]);
    let mut wrong = Vec::new();
    for (what, expected, found) in rows {
        let counts = [*expected, *found].map(figures::count);
        let verdict = if expected == found { "equal" } else { "**different**" };
        table.row([&[(*what).to_owned()][..], &counts, &[verdict.to_owned()]].concat());
        if expected != found {
            wrong.push(format!("{what}: {expected} expected, {found} found"));
        }
    }
    if wrong.is_empty() {
        return (table, Ok(()));
    }
    (table, Err(anyhow!("replies and receipts differ: {}", wrong.join("; "))))
}

fn audit(binary: &Path, data: &Path) -> Result<Value> {
    let mut command = Command::new(binary);
    command.args(["ledger", "check", "--json", "--data"]).arg(data).stdin(Stdio::null());
    let said = command.stderr(Stdio::null()).output().context("the audit cannot be started")?;
    // It ends with 1 where it found differences, and says them all the same.
    if !matches!(said.status.code(), Some(0 | 1)) {
        bail!("the audit failed ({})", said.status);
    }
    serde_json::from_slice(&said.stdout).context("the audit does not say JSON")
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn one_receipt_too_few_is_an_error_that_names_it() {
        let (table, verdict) = judge(&[("replies", 1_000, 1_000), ("broken", 2, 1)]);
        assert_eq!(table.rows[0], ["replies", "1,000", "1,000", "equal"]);
        assert_eq!(table.rows[1][3], "**different**");
        let words = verdict.unwrap_err().to_string();
        assert_eq!(words, "replies and receipts differ: broken: 2 expected, 1 found");
        assert!(judge(&[("replies", 5, 5)]).1.is_ok());
    }
}
