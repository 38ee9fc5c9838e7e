//! `weighbridge-verify`: checks a receipt's bundle offline, with nothing but this crate.

use std::path::PathBuf;
use std::process::ExitCode;

use weighbridge_proof::offline::{self, Files};
use weighbridge_proof::verify::{Report, Verdict};

const HELP: &str = "\
Checks a receipt's proof offline: the leaf, the sections that are shown, its place in the log, the
checkpoint's signature, and the bytes of the request and the reply where they are given.

Usage: weighbridge-verify FILE (--key VKEY | --known FILE) [--request FILE] [--reply FILE] [--json]

  FILE            what GET /gateway/v1/receipts/{id}/proof gave, or a .tlog-proof file
  --key VKEY      the log's verifier key, from a source that you trust (GET /ledger/key)
  --known FILE    a verifier key a line, each with the size and root last seen, if any
  --request FILE  the exact bytes of the request
  --reply FILE    the exact bytes of the reply; the gateway's own comment lines may be in it
  --json          for programs

Exit code: 0 proved, 1 refuted, 2 unusable, 3 consistent but no key is pinned.

Example: weighbridge-verify proof.json --key 'example.com/log+530d903a+AekyeRrm...' --reply reply.json";

fn main() -> ExitCode {
    let (files, json) = match read_arguments(std::env::args().skip(1)) {
        Ok(read) => read,
        Err(Some(wrong)) => {
            let words = format!("{wrong}; see weighbridge-verify --help");
            print(&mut std::io::stderr(), &words);
            return ExitCode::from(2);
        }
        Err(None) => {
            print(&mut std::io::stdout(), HELP);
            return ExitCode::SUCCESS;
        }
    };
    let report: Report = offline::check(&files);
    let verdict = report.verdict();
    match (json, &verdict) {
        (true, _) => print(&mut std::io::stdout(), &report.to_json().to_string()),
        (false, Verdict::Unusable(_)) => print(&mut std::io::stderr(), &report.to_string()),
        (false, _) => print(&mut std::io::stdout(), &report.to_string()),
    }
    ExitCode::from(verdict.exit_code())
}

/// When nobody reads it, that is no failure: the exit code says the same.
fn print(out: &mut impl std::io::Write, words: &str) {
    let _nobody_reads = writeln!(out, "{words}").is_err();
}

/// What was asked for, and whether for programs. No words where help was asked for.
fn read_arguments(
    mut arguments: impl Iterator<Item = String>,
) -> Result<(Files, bool), Option<String>> {
    let (mut files, mut bundle, mut json) = (Files::default(), None, false);
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            return Err(None);
        }
        if argument == "--json" {
            json = true;
            continue;
        }
        if !argument.starts_with('-') {
            if bundle.replace(PathBuf::from(&argument)).is_some() {
                return Err(Some(format!("{argument} is a second FILE")));
            }
            continue;
        }
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, arguments.next()),
        };
        let value = value.ok_or_else(|| Some(format!("{name} needs a value")))?;
        let twice = match name.as_str() {
            "--key" => files.key.replace(value).is_some(),
            "--known" => files.known.replace(value.into()).is_some(),
            "--request" => files.request.replace(value.into()).is_some(),
            "--reply" => files.reply.replace(value.into()).is_some(),
            _ => return Err(Some(format!("there is no {name}"))),
        };
        if twice {
            return Err(Some(format!("{name} is given twice")));
        }
    }
    files.bundle = bundle.ok_or_else(|| Some("a FILE is needed".to_owned()))?;
    Ok((files, json))
}
