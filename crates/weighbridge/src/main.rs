//! The command line, and start-up.

mod command;
mod config_check;
mod config_import;
mod console;
mod http_client;
mod ledger;
mod memory;
mod provider_check;
mod quickstart;
mod runtime;
mod serve;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use crate::command::{Arguments, Command, ConfigCommand, ProviderCommand};

/// Smaller and faster than the system's for many short-lived pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit codes, as the outside surface fixes them.
const EXIT_FAILED: u8 = 1;
const EXIT_UNUSABLE: u8 = 2;
const EXIT_CANNOT_RECORD: i32 = 4;

fn main() -> ExitCode {
    memory::keep_pages_small();
    match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Config(ConfigCommand::Check { file }) => config_check::run(&file),
        Command::Config(ConfigCommand::Import(arguments)) => config_import::run(&arguments),
        Command::Quickstart(arguments) => quickstart::run(&arguments),
        Command::Provider(ProviderCommand::Check(arguments)) => provider_check::run(&arguments),
        Command::Ledger(command) => ledger::run(&command),
        Command::Verify(arguments) => verify::run(arguments),
        Command::Other(words) => command::refuse(&words),
    }
}
