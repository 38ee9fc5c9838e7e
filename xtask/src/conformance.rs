//! The public report of what holds between every SDK and every flavor of provider, and what is lost
//! on the way: made from the runs themselves and from the conversions, not written by hand.

mod feature;
mod loss;
mod matrix;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{machine, progress, sdk};

/// Where the report lies, from the workspace's root.
const PAGE: &str = "docs/conformance.md";

/// What `cargo xtask conformance` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask conformance
  cargo xtask conformance --last")]
pub(crate) struct Args {
    /// Make the report from the last runs of the suites instead of running them
    #[arg(long)]
    last: bool,
}

/// Runs the suites of the official SDKs and writes the report.
pub(crate) fn run(args: &Args) -> Result<()> {
    if !args.last {
        for suite in [sdk::python, sdk::node] {
            if let Some(reason) = suite()? {
                bail!("a report needs every suite: {reason}");
            }
        }
    }
    let python = matrix::read(&sdk::PYTHON.matrix())?;
    let node = matrix::read(&sdk::NODE.matrix())?;
    let whole = format!(
        "{HEAD}\n## The SDKs\n\n{}{}\n{}",
        python.section("Python"),
        node.section("Node"),
        loss::section()
    );
    let page = machine::root().join(PAGE);
    fs::write(&page, whole).with_context(|| page.display().to_string())?;
    progress::line(format_args!("{PAGE} is written"));
    Ok(())
}

const HEAD: &str = "\
# Conformance

Made by `cargo xtask conformance`; do not edit. It runs the official SDKs against the real program with a provider of
each flavor behind it, and asks the conversions themselves what they lose. The providers are scripted ones that hold
every request against their protocol's rules and refuse what the real ones refuse.
";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{PAGE, loss};
    use crate::machine;

    #[test]
    fn what_the_report_says_is_lost_is_what_is_lost() {
        let page = fs::read_to_string(machine::root().join(PAGE)).unwrap();
        assert!(
            page.replace("\r\n", "\n").ends_with(&loss::section()),
            "{PAGE} is of an older version: run `cargo xtask conformance`"
        );
    }
}
