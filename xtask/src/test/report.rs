//! How the steps went, as a table and in one line.

use std::time::Duration;

use anyhow::Result;

use crate::stopwatch;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It found nothing wrong.
    Passed,
    /// It did, or could not be run.
    Failed(String),
    /// It was not run, for this reason.
    Skipped(String),
}

impl Outcome {
    /// What a step's own result means: `Some` is the reason why it was skipped.
    pub(crate) fn of(result: Result<Option<String>>) -> Self {
        match result {
            Ok(None) => Self::Passed,
            Ok(Some(reason)) => Self::Skipped(reason),
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }

    /// The word for it.
    pub(crate) fn verb(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    fn reason(&self) -> &str {
        match self {
            Self::Passed => "",
            Self::Failed(words) | Self::Skipped(words) => words.lines().next().unwrap_or_default(),
        }
    }
}

/// The steps that were run or left out.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(&'static str, Outcome, Option<Duration>)>,
}

impl Report {
    /// Adds a step.
    pub(crate) fn add(&mut self, name: &'static str, outcome: Outcome, time: Option<Duration>) {
        self.rows.push((name, outcome, time));
    }

    /// One line per step.
    pub(crate) fn table(&self) -> Vec<String> {
        let row = |name: &str, verb: &str, time: &str, reason: &str| {
            format!("{name:18} {verb:8} {time:>12}  {reason}").trim_end().to_owned()
        };
        let mut lines = vec![row("step", "result", "time", "")];
        for (name, outcome, time) in &self.rows {
            let time = time.map(stopwatch::words).unwrap_or_default();
            lines.push(row(name, outcome.verb(), &time, outcome.reason()));
        }
        lines
    }

    /// `9 passed, 0 failed`, and `, 1 skipped` if there were any.
    pub(crate) fn closing(&self) -> String {
        let count = |verb| self.rows.iter().filter(|(_, it, _)| it.verb() == verb).count();
        let (passed, failed, skipped) = (count("passed"), count("failed"), count("skipped"));
        match skipped {
            0 => format!("{passed} passed, {failed} failed"),
            _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_counts_and_leaves_out_zero_skipped() {
        let mut report = Report::default();
        report.add("fmt", Outcome::Passed, Some(Duration::from_secs(1)));
        report.add("test", Outcome::Failed("two tests\nmore".to_owned()), None);
        assert_eq!(report.closing(), "1 passed, 1 failed");
        report.add("sdk", Outcome::of(Ok(Some("python3 is not here".to_owned()))), None);
        assert_eq!(report.closing(), "1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn the_table_has_a_row_and_a_reason_per_step() {
        let mut report = Report::default();
        report.add("fmt", Outcome::Passed, Some(Duration::from_millis(1200)));
        report.add("test", Outcome::Failed("two tests\nmore".to_owned()), None);
        assert_eq!(
            report.table(),
            [
                "step               result           time",
                "fmt                passed          1.2 s",
                "test               failed                 two tests",
            ]
        );
    }
}
