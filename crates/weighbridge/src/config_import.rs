//! `weighbridge config import`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;
use weighbridge_server::config::import::{self, Imported, NotCarried, Source};

use crate::command::{ImportArguments, ImportFrom};
use crate::console::{complain, say};

pub(crate) fn run(arguments: &ImportArguments) -> ExitCode {
    let source = arguments.from.map(|from| match from {
        ImportFrom::Litellm => Source::LiteLlm,
        ImportFrom::Aog => Source::Aog,
    });
    let imported = match import::read(&arguments.file, source) {
        Ok(imported) => imported,
        Err(error) => {
            complain(format_args!("cannot import {}: {error}", arguments.file.display()));
            return ExitCode::from(crate::EXIT_UNUSABLE);
        }
    };
    if let Some(out) = &arguments.out
        && let Err(error) = write(out, &imported.toml, arguments.force)
    {
        let exists = error.kind() == io::ErrorKind::AlreadyExists;
        let out = out.display();
        return if exists {
            complain(format_args!("{out} is there already: name another file, or add --force"));
            ExitCode::from(crate::EXIT_UNUSABLE)
        } else {
            complain(format_args!("cannot write {out}: {error}"));
            ExitCode::from(crate::EXIT_FAILED)
        };
    }
    if arguments.json {
        let lost: Vec<_> = imported.not_carried.iter().map(NotCarried::to_json).collect();
        say(json!({ "toml": imported.toml, "not_carried": lost }));
    } else {
        tell(&imported, arguments.out.as_deref());
    }
    ExitCode::SUCCESS
}

/// Writes a file that is not there yet, unless it may be.
fn write(out: &Path, toml: &str, force: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match force {
        true => options.write(true).create(true).truncate(true),
        false => options.write(true).create_new(true),
    };
    options.open(out)?.write_all(toml.as_bytes())
}

fn tell(imported: &Imported, out: Option<&Path>) {
    for lost in &imported.not_carried {
        complain(format_args!("not carried: {lost}"));
    }
    match out {
        Some(out) => {
            let (out, lost) = (out.display(), imported.not_carried.len());
            say(format_args!(
                "{out}: written, {lost} things not carried; now `weighbridge config check {out}`"
            ));
        }
        None => say(imported.toml.trim_end()),
    }
}
