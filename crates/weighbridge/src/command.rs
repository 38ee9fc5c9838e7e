//! The commands.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::console::complain;

/// Weighbridge: one gateway between applications and AI providers, with a receipt for every call.
#[derive(Debug, Parser)]
#[command(name = "weighbridge", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway
    #[command(after_help = "Example: weighbridge serve --config weighbridge.toml")]
    Serve(ServeArguments),
    /// Check a configuration file, or make one out of another gateway's
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Ask providers which models they have
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Start a gateway with a small engine beside it and send one call through
    #[command(after_help = "Example: weighbridge quickstart --once")]
    Quickstart(QuickstartArguments),
    /// Look at what was spent
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Check the proof of a receipt, offline
    ///
    /// Exit 0 proved, 1 refuted (what does not match is named), 2 unusable, 3 consistent but no key
    /// is pinned. `weighbridge-verify` does the same and is built of far less.
    #[command(
        after_help = "Example: weighbridge verify proof.json --key \"$VKEY\" --reply reply.json"
    )]
    Verify(VerifyArguments),
    /// Everything else
    #[command(external_subcommand)]
    Other(Vec<String>),
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// What GET /gateway/v1/receipts/{id}/proof gave, or a .tlog-proof file
    #[arg(value_name = "FILE")]
    pub(crate) bundle: PathBuf,
    /// The log's verifier key, from a source that you trust (GET /ledger/key)
    #[arg(long, value_name = "VKEY", conflicts_with = "known")]
    pub(crate) key: Option<String>,
    /// A verifier key a line, each with the size and root last seen, if any
    #[arg(long, value_name = "FILE")]
    pub(crate) known: Option<PathBuf>,
    /// The exact bytes of the request
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// The exact bytes of the reply; the gateway's own comment lines may be in it
    #[arg(long, value_name = "FILE")]
    pub(crate) reply: Option<PathBuf>,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The configuration file; `weighbridge.toml` in this directory when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Listen here instead of where the file says
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Keep everything here instead of where the file says
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Say every mistake in a file; exit 0 when there is none, 2 otherwise
    #[command(after_help = "Example: weighbridge config check weighbridge.toml")]
    Check {
        /// The file
        file: PathBuf,
    },
    /// Make a configuration out of LiteLLM's config.yaml, or of an export of AOG's
    ///
    /// Prices, names and addresses are carried; what has no place here is named on standard error
    /// and at the end of the file, with what to do instead. No secret that stands in the file is
    /// written: it has to be put into the variable that is named. Exit 0 when written, also where
    /// something was not carried; 2 when the file cannot be read.
    #[command(after_help = "Example: weighbridge config import config.yaml --out weighbridge.toml")]
    Import(ImportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ImportArguments {
    /// The file
    pub(crate) file: PathBuf,
    /// Whose it is; told by what stands in it when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) from: Option<ImportFrom>,
    /// Write here, where nothing may be yet; to standard output when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Write over what is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// For programs: {"toml": ..., "not_carried": [{"at", "what", "instead"}]}
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ImportFrom {
    /// The config.yaml of LiteLLM's proxy
    Litellm,
    /// An .aog file
    Aog,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Ask the providers of a configuration which models they have, and say what is wrong with them
    ///
    /// With a name: how long it took, its models, which of `models` it does not list, which services
    /// none of its models seems to be for. Without: a line for each provider. No model is called, so
    /// it costs nothing. Exit 0 when all is well, 1 when one does not answer or does not list what the
    /// file names, 2 for a configuration that cannot be used.
    #[command(
        after_help = "Example: weighbridge provider check desk --config weighbridge.toml --json"
    )]
    Check(ProviderCheckArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ProviderCheckArguments {
    /// The provider; all of them when not given
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The configuration file; `weighbridge.toml` in this directory when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For programs: {"ok", "providers": [{"name", "outcome", "models", "not_listed", ...}]}
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Add up what every receipt charges, hold the balances against it, hash the log again
    ///
    /// Exit 0 when they agree, 1 when they do not, 2 when the books cannot be read. A gateway may
    /// be running on them.
    #[command(after_help = "Example: weighbridge ledger check --data data --json")]
    Check(LedgerCheckArguments),
    /// Everything else
    #[command(external_subcommand)]
    Other(Vec<String>),
}

#[derive(Debug, Args)]
pub(crate) struct LedgerCheckArguments {
    /// The data directory; the one that the configuration names when not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The configuration file; `weighbridge.toml` in this directory when not given
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// For programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct QuickstartArguments {
    /// Send the one call, then stop
    #[arg(long)]
    pub(crate) once: bool,
    /// Listen here
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8686")]
    pub(crate) listen: SocketAddr,
    /// Keep the receipts here; a new temporary directory when not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Not in this version
    #[arg(long, value_name = "NAME", hide = true)]
    pub(crate) provider: Option<String>,
}

/// Commands of the finished design that this version does not have.
const NOT_YET: [&str; 8] =
    ["capability", "plugin", "adapter", "task", "account", "key", "backup", "restore"];

/// Refuses a command that is not there, by name.
pub(crate) fn refuse(words: &[String]) -> ExitCode {
    let name = words.first().map_or("", String::as_str);
    if NOT_YET.contains(&name) {
        complain(format_args!("weighbridge {name}: not in this version"));
    } else {
        complain(format_args!("weighbridge {name}: no such command; see `weighbridge --help`"));
    }
    ExitCode::from(crate::EXIT_UNUSABLE)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_command_line_is_sound_and_its_help_reads_as_reviewed() {
        let mut command = Arguments::command();
        command.clone().debug_assert();
        let mut help = command.render_long_help().to_string();
        for name in ["serve", "config", "quickstart", "ledger", "verify"] {
            let part = command.find_subcommand_mut(name).unwrap();
            help.push_str(&format!("\n--- {name}\n{}", part.render_long_help()));
        }
        let config = command.find_subcommand_mut("config").unwrap();
        let import = config.find_subcommand_mut("import").unwrap();
        help.push_str(&format!("\n--- config import\n{}", import.render_long_help()));
        let provider = command.find_subcommand_mut("provider").unwrap();
        let check = provider.find_subcommand_mut("check").unwrap();
        help.push_str(&format!("\n--- provider check\n{}", check.render_long_help()));
        insta::assert_snapshot!(help);
    }
}
