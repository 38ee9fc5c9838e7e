//! Every check there is, in order: what CI runs, and what a developer runs before it.

mod report;
mod step;
mod steps;

use anyhow::{Result, bail};

use crate::progress;
use crate::stopwatch::Stopwatch;
use report::{Outcome, Report};
use step::{STEPS, Step};

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask test
  cargo xtask test --list
  cargo xtask test --only fmt --only clippy
  cargo xtask test --skip sdk --keep-going

A step may be named by its first words: `--only sdk` is every step that begins with `sdk-`.")]
pub(crate) struct Args {
    /// Run only this step (may be repeated).
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Leave this step out (may be repeated).
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// List the steps and run none.
    #[arg(long)]
    list: bool,
    /// Go on after a step has failed.
    #[arg(long)]
    keep_going: bool,
}

/// Runs the steps and prints how each went; the last line counts them.
pub(crate) fn run(args: &Args) -> Result<()> {
    let chosen = choose(args)?;
    if args.list {
        for step in chosen {
            progress::line(format_args!("{:20} {}", step.name, step.about));
        }
        return Ok(());
    }
    let mut report = Report::default();
    let mut broken = false;
    for step in chosen {
        if broken && !args.keep_going {
            report.add(step.name, Outcome::Skipped("not reached".to_owned()), None);
            continue;
        }
        progress::note(format_args!("\n== {}: {}", step.name, step.about));
        let watch = Stopwatch::start();
        let outcome = Outcome::of((step.run)());
        if let Outcome::Failed(words) | Outcome::Skipped(words) = &outcome {
            progress::note(format_args!("{} {}: {words}", step.name, outcome.verb()));
        }
        broken |= matches!(outcome, Outcome::Failed(_));
        report.add(step.name, outcome, Some(watch.elapsed()));
    }
    progress::line("");
    for line in report.table() {
        progress::line(line);
    }
    progress::line(report.closing());
    if broken {
        std::process::exit(1);
    }
    Ok(())
}

/// The steps that are asked for, in their order.
fn choose(args: &Args) -> Result<Vec<&'static Step>> {
    for name in args.only.iter().chain(&args.skip) {
        if !STEPS.iter().any(|step| step.answers_to(name)) {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!("there is no step `{name}`; there are {}", names.join(", "));
        }
    }
    let named = |names: &[String], step: &Step| names.iter().any(|name| step.answers_to(name));
    let is_chosen = |step: &&Step| {
        (args.only.is_empty() || named(&args.only, step)) && !named(&args.skip, step)
    };
    Ok(STEPS.iter().filter(is_chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str], skip: &[&str]) -> Result<Vec<&'static str>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let args = Args { only: owned(only), skip: owned(skip), list: false, keep_going: false };
        Ok(choose(&args)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn steps_are_chosen_by_name_and_by_first_word_in_their_own_order() {
        assert_eq!(names(&["clippy", "fmt"], &[]).unwrap(), ["fmt", "clippy"]);
        assert_eq!(names(&["sdk"], &["sdk-node"]).unwrap(), ["sdk-python", "sdk-python-clients"]);
        assert_eq!(names(&[], &[]).unwrap().len(), STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_names_there_are() {
        let error = names(&["clipy"], &[]).unwrap_err().to_string();
        assert!(error.contains("no step `clipy`") && error.contains("clippy"), "{error}");
    }
}
