//! What prices and budgets add to the CPU time of a call.

use anyhow::Result;

use crate::load::{self, Load};
use crate::mock::Mock;
use crate::stand::{Setup, Stand};
use crate::{figures, machine, progress};

/// What `cargo xtask bench money` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Connections that are open at a time
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// Calls in each round
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    calls: u64,
    /// Rounds of each kind, one after the other
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
}

/// Calls before anything counts.
const WARM_UP: u64 = 5_000;

/// Measures both, turn about.
pub(crate) async fn run(args: &Args) -> Result<()> {
    let Args { connections, calls, rounds } = *args;
    let binary = machine::gateway()?;
    let mock = Mock::start().await?;
    let off = Stand::build(&binary, &mock, &Setup::default()).await?;
    let on = Stand::build(&binary, &mock, &Setup::everything()).await?;
    for stand in [&off, &on] {
        load::run(&stand.target(), Load::whole(connections, WARM_UP)).await?;
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        // Turn about, so that whatever else the machine does falls on both.
        let order = if round % 2 == 0 { [true, false] } else { [false, true] };
        for is_on in order {
            let (stand, nanos) = if is_on { (&on, &mut with) } else { (&off, &mut without) };
            let before = stand.cpu_nanos()?;
            load::run(&stand.target(), Load::whole(connections, calls)).await?;
            nanos.push(stand.cpu_nanos()?.saturating_sub(before) / calls);
        }
        progress::note(format_args!("round {round} of {rounds}"));
    }
    let (without, with) = (figures::median(without), figures::median(with));
    let sign = if with < without { "-" } else { "" };
    progress::line(format_args!(
        "money: {} CPU per call with prices and a budget, {} without: {sign}{} more \
         (medians of {rounds} rounds of {calls} calls of 1 KB, {connections} connections)",
        figures::micros(with),
        figures::micros(without),
        figures::micros(with.abs_diff(without))
    ));
    on.stop().await?;
    off.stop().await.map(drop)
}
