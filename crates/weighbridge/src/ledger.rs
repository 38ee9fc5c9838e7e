//! `weighbridge ledger`.

use std::path::PathBuf;
use std::process::ExitCode;

use weighbridge_server::ledger::{self, Audit};
use weighbridge_server::{Config, config};

use crate::command::{LedgerCheckArguments, LedgerCommand};
use crate::console::{complain, say};

pub(crate) fn run(command: &LedgerCommand) -> ExitCode {
    match command {
        LedgerCommand::Check(arguments) => check(arguments),
        LedgerCommand::Other(words) => {
            let name = words.first().map_or("", String::as_str);
            complain(format_args!("weighbridge ledger {name}: not in this version"));
            ExitCode::from(crate::EXIT_UNUSABLE)
        }
    }
}

fn check(arguments: &LedgerCheckArguments) -> ExitCode {
    let unusable = ExitCode::from(crate::EXIT_UNUSABLE);
    let Some(dir) = data_dir(arguments) else { return unusable };
    let mut progress = |receipts| complain(format_args!("{receipts} receipts read ..."));
    let audit = match ledger::check(&dir, &mut progress) {
        Ok(audit) => audit,
        Err(error) => {
            complain(format_args!("the books in {} cannot be read: {error}", dir.display()));
            return unusable;
        }
    };
    if arguments.json {
        say(ledger::show(&audit));
    } else {
        print(&audit);
    }
    if audit.differences_found == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(crate::EXIT_FAILED)
    }
}

/// The directory that was named, else the one that the configuration names.
fn data_dir(arguments: &LedgerCheckArguments) -> Option<PathBuf> {
    if let Some(dir) = &arguments.data {
        return Some(dir.clone());
    }
    let file = arguments.config.clone().or_else(config::default_file);
    let Some(file) = file else {
        let default = config::DEFAULT_FILE;
        complain(format_args!("give --data DIR or --config FILE; there is no {default} here"));
        return None;
    };
    match Config::read(&file) {
        Ok(config) => Some(config.data_dir),
        Err(error) => {
            complain(error);
            None
        }
    }
}

fn print(audit: &Audit) {
    let Audit { receipts, open, unpriced, unknown, recomputed, log_entries, .. } = audit;
    say(format_args!("receipts    {receipts}, and {open} calls that have none yet"));
    say(format_args!("unpriced    {unpriced}"));
    say(format_args!("unknown     {unknown} (their end was not seen)"));
    say(format_args!("recomputed  {recomputed} costs from usage and price"));
    say(format_args!("log         {log_entries} entries, hashed again"));
    for (currency, totals) in &audit.totals {
        say(format_args!(
            "{currency}         {} charged, {} overrun, {} owed to providers",
            totals.charged, totals.overrun, totals.owed
        ));
    }
    for difference in &audit.differences {
        say(format_args!("differs     {difference}"));
    }
    match audit.differences_found {
        0 => say(
            "the books agree: every balance is the sum of its receipts, the log what was signed",
        ),
        found => say(format_args!("the books do not agree: {found} differences")),
    }
}
