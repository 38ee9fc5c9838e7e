//! Real agents against the real gateway: Claude Code and Codex, each with providers of other flavors.
//!
//! They are installed from npm at pinned versions, and run without anybody at the keyboard, in a
//! network of their own that has only the loopback. Behind the gateway stand scripted providers,
//! whose model has the agent's shell run a command and then says what came of it.

mod agent;
mod cage;
mod companion;
mod exchange;
mod install;
mod judge;
mod process;
mod stand;
mod turn;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::compile::{self, Profile};
use crate::stopwatch::{self, Stopwatch};
use crate::{machine, progress, sdk, tool};
use agent::Agent;
use stand::Stand;

/// Most time for all turns together, each of which has its own.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// What `cargo xtask test-clients` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test-clients
  cargo xtask test-clients codex

What an agent and the gateway said to each other stays in target/clients/runs.")]
pub(crate) struct Args {
    /// Which agent; all of them when none is named.
    agent: Option<Agent>,
    /// The gateway to run: the turns are taken here and now, in this network.
    #[arg(long, hide = true, value_name = "PATH")]
    turns_with: Option<PathBuf>,
    /// This network leads elsewhere, so proxies that nobody is at are set.
    #[arg(long, hide = true)]
    uncaged: bool,
}

/// Installs the agents, builds the gateway, and lets every agent take its turns.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(gateway) = &args.turns_with {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(take_turns(gateway.clone(), args));
    }
    if let Err(reason) = tools() {
        if machine::is_ci() {
            bail!("{reason}, and CI is set");
        }
        progress::line(format_args!("skipped: {reason}"));
        return Ok(());
    }
    install::agents()?;
    let built = compile::gateway(Profile::Dev)?;
    let myself = std::env::current_exe().context("where this program lies is not known")?;
    let mut turns = cage::command(&myself);
    turns.arg("--turns-with").arg(built.program("weighbridge")?);
    if let Some(agent) = args.agent {
        turns.arg(agent.name());
    }
    tool::run(&mut turns, LIMIT)
}

/// Whether everything is here that the agents and the providers need.
fn tools() -> Result<(), String> {
    if !cfg!(unix) {
        return Err("the agents are run on Unix only".to_owned());
    }
    sdk::need_node().and_then(|()| sdk::need_python())
}

/// Lets the agents take their turns, one after the other. A line says how each went.
async fn take_turns(gateway: PathBuf, args: &Args) -> Result<()> {
    let mut stand = Stand::build(&gateway).await?;
    let mut failed = 0;
    for agent in Agent::ALL.into_iter().filter(|agent| args.agent.is_none_or(|it| it == *agent)) {
        for flavor in agent.foreign_flavors() {
            let watch = Stopwatch::start();
            let said = turn::take(&stand, agent, flavor, args.uncaged).await?;
            let named = format!("{:12} {:10} to {flavor:10}", agent.name(), agent.version()?);
            let time = stopwatch::words(watch.elapsed());
            match said.faults.as_slice() {
                [] => progress::line(format_args!("{named} ok, {} calls, {time}", said.calls)),
                faults => {
                    failed += 1;
                    progress::line(format_args!("{named} FAILED, {time}; see {}", said.folder));
                    faults.iter().for_each(|fault| progress::line(format_args!("  {fault}")));
                }
            }
        }
    }
    stand.end().await?;
    if failed > 0 {
        bail!("{failed} turns failed");
    }
    Ok(())
}
