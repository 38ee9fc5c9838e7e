//! What prices and budgets add to the CPU time of a call.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::load;
use super::stand::{MODEL, Stand};
use crate::progress;

/// What `cargo xtask bench money` takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Connections that are open at a time
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// Calls in each round
    #[arg(long, default_value_t = 20_000)]
    calls: u64,
    /// Rounds of each kind, one after the other
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// Calls before anything counts.
const WARM_UP: u64 = 5_000;

pub(crate) async fn run(binary: &Path, args: &Args) -> Result<()> {
    let Args { connections, calls, rounds } = *args;
    let price = format!(
        "[[prices]]\nmodel = \"{MODEL}\"\ncurrency = \"USD\"\ninput = \"3\"\noutput = \"15\"\n"
    );
    let budget = json!({ "amount": "1000000", "currency": "USD" });
    let off = Stand::build(binary, "", Value::Null).await?;
    let on = Stand::build(binary, &price, budget).await?;
    for stand in [&off, &on] {
        load::run(stand, connections, WARM_UP).await?;
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        // Turn about, so that whatever else the machine does falls on both.
        let order = if round % 2 == 0 { [&on, &off] } else { [&off, &on] };
        for stand in order {
            let before = stand.cpu_micros()?;
            load::run(stand, connections, calls).await?;
            let nanos = (stand.cpu_micros()? - before) * 1_000 / calls;
            if std::ptr::eq(stand, &raw const on) { &mut with } else { &mut without }.push(nanos);
        }
        progress::note(format_args!(
            "round {round} of {rounds}: {} us without, {} us with",
            micros(without[round - 1]),
            micros(with[round - 1])
        ));
    }
    let (without, with) = (median(without), median(with));
    let (sign, more) = if with < without { ("-", without - with) } else { ("", with - without) };
    progress::line(format_args!(
        "money: {} us CPU per call with prices and a budget, {} us without: {sign}{} us more \
         (medians of {rounds} rounds of {calls} calls of 1 KB, {connections} connections)",
        micros(with),
        micros(without),
        micros(more)
    ));
    Ok(())
}

fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or(0)
}

/// Nanoseconds in microseconds with one decimal.
fn micros(nanos: u64) -> String {
    format!("{}.{}", nanos / 1_000, nanos % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_medians_in_microseconds() {
        assert_eq!(median(vec![5, 1, 9]), 5);
        assert_eq!(micros(70_950), "70.9");
    }
}
