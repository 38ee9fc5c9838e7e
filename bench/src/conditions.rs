//! What a figure has to be read with: the machine, the system, the code, the day.

use std::process::Command;

use weighbridge_core::clock::Clock as _;

use crate::clock::SystemClock;
use crate::{figures, machine};

/// See the module's words.
pub(crate) struct Conditions {
    /// The day, as in `2026-11-25`.
    pub(crate) date: String,
    /// What is known, and what it is.
    pub(crate) facts: Vec<(&'static str, String)>,
}

impl Conditions {
    /// What can be known before anything runs.
    pub(crate) fn look() -> Self {
        let now = SystemClock::start().now().wall.to_string();
        let date = now.get(..10).unwrap_or(&now).to_owned();
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let profile = if cfg!(debug_assertions) { "dev: no figure counts" } else { "release" };
        let facts = vec![
            ("began", now),
            ("commit", commit()),
            ("build", profile.to_owned()),
            ("CPU", format!("{}, {cores} cores", cpu_model())),
            ("kernel", first_line("/proc/sys/kernel/osrelease")),
            ("load average before", load_average(&first_line("/proc/loadavg"))),
        ];
        Self { date, facts }
    }

    /// Adds one.
    pub(crate) fn add(&mut self, what: &'static str, is: impl Into<String>) {
        self.facts.push((what, is.into()));
    }

    /// Adds a count.
    pub(crate) fn add_count(&mut self, what: &'static str, number: u64) {
        self.add(what, figures::count(number));
    }
}

/// The command line as somebody would type it.
pub(crate) fn command_line() -> String {
    let words = ["cargo".to_owned(), "xtask".to_owned(), "bench".to_owned()];
    let words: Vec<String> = words.into_iter().chain(std::env::args().skip(1)).collect();
    words.join(" ")
}

fn commit() -> String {
    let Some(head) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => head,
        Some(_) => format!("{head}, with changes that are not committed"),
        None => format!("{head}, changes unknown"),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    let said = command.current_dir(machine::root()).args(arguments).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn cpu_model() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    model_in(&text).unwrap_or("unknown").to_owned()
}

fn model_in(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

/// Of one, five and fifteen minutes; what stands after them is of no use here.
fn load_average(line: &str) -> String {
    line.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

fn first_line(path: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_of_a_cpu_is_what_the_system_calls_it() {
        assert_eq!(model_in("processor\t: 0\nmodel name\t: Zen 9\n"), Some("Zen 9"));
        assert_eq!(model_in("processor\t: 0\n"), None);
    }

    #[test]
    fn a_load_average_is_three_figures() {
        assert_eq!(load_average("2.05 1.85 1.61 1/83 8316"), "2.05 1.85 1.61");
    }

    #[test]
    fn a_date_is_a_day() {
        let conditions = Conditions::look();
        assert_eq!(conditions.date.len(), 10);
        assert_eq!(conditions.date.matches('-').count(), 2);
    }
}
