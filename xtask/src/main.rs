//! The workspace's own automation: what a newcomer, a developer and CI run.
//!
//! Every job is a subcommand of `cargo xtask`; there are no shell scripts, so that each runs
//! wherever Rust does.

mod bench;
mod clients;
mod compile;
mod conformance;
mod crash;
mod engines;
mod machine;
mod progress;
mod quickstart;
mod sdk;
mod stopwatch;
mod test;
mod tidy;
mod tool;

use std::process::ExitCode;

use clap::Parser;

/// Build, try and check Weighbridge.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(clap::Subcommand)]
enum Job {
    /// Build everything, start the gateway with an engine beside it and send one call through.
    Quickstart(quickstart::Args),
    /// Run every check, in order, and say how each went.
    Test(test::Args),
    /// Call the gateway with the official SDKs.
    Sdk(sdk::Args),
    /// Write the report of which SDKs work with which providers, and what is lost between them.
    Conformance(conformance::Args),
    /// Let Claude Code and Codex work through the gateway, with providers of other flavors.
    TestClients(clients::Args),
    /// Kill a real model server under load; no caller may see what a healthy one could prevent.
    TestEngines(engines::Args),
    /// Kill the gateway under load, cut the power, check the receipts.
    Crash(crash::Args),
    /// Measure speed and size, as ratios and differences within one run.
    Bench(bench::Args),
    /// Check the rules of the house: crate arrows, file sizes, names, links, manifests.
    #[command(after_help = "Example:\n  cargo xtask tidy")]
    Tidy,
}

fn main() -> ExitCode {
    let done = match Cli::parse().job {
        Job::Quickstart(args) => quickstart::run(&args),
        Job::Test(args) => test::run(&args),
        Job::Sdk(args) => sdk::run(&args),
        Job::Conformance(args) => conformance::run(&args),
        Job::TestClients(args) => clients::run(&args),
        Job::TestEngines(args) => engines::run(&args),
        Job::Crash(args) => crash::run(&args),
        Job::Bench(args) => bench::run(&args),
        Job::Tidy => tidy::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress::note(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
