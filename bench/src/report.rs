//! The results as a page of Markdown.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::bars::Verdict;
use crate::conditions::{self, Conditions};
use crate::machine;

/// A table, with a word before it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// What it is about.
    pub(crate) title: &'static str,
    /// How it came about.
    pub(crate) words: String,
    /// The columns.
    pub(crate) head: Vec<String>,
    /// The rows, each as long as the head.
    pub(crate) rows: Vec<Vec<String>>,
    /// How its figures stand beside their bars.
    pub(crate) verdicts: Vec<Verdict>,
}

impl Table {
    /// An empty one.
    pub(crate) fn new(title: &'static str, words: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(|name| (*name).to_owned()).collect();
        Self { title, words: words.into(), head, ..Self::default() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a row that ends in a bar, and how the figure stands beside it.
    pub(crate) fn judged(&mut self, mut cells: Vec<String>, bar: &str, verdict: Verdict) {
        cells.extend([bar.to_owned(), verdict.to_string()]);
        self.rows.push(cells);
        self.verdicts.push(verdict);
    }

    fn render(&self) -> String {
        let mut text = format!("\n## {}\n\n{}\n\n", self.title, self.words);
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(&self.head));
        text.push_str(&format!("|{}\n", "---|".repeat(self.head.len())));
        for row in &self.rows {
            text.push_str(&line(row));
        }
        text
    }
}

/// The page.
pub(crate) fn render(conditions: &Conditions, tables: &[Table]) -> String {
    let mut text = format!("# Bench of {}\n\n", conditions.date);
    text.push_str(&format!("`{}`\n\n", conditions::command_line()));
    text.push_str(&summary(tables));
    text.push_str("\n\n| condition | |\n|---|---|\n");
    for (what, is) in &conditions.facts {
        text.push_str(&format!("| {what} | {is} |\n"));
    }
    for table in tables {
        text.push_str(&table.render());
    }
    text
}

fn summary(tables: &[Table]) -> String {
    let all: Vec<Verdict> = tables.iter().flat_map(|table| table.verdicts.clone()).collect();
    let count = |wanted| all.iter().filter(|verdict| **verdict == wanted).count();
    let (goals, missed) = (count(Verdict::GoalMissed), count(Verdict::Missed));
    let held = all.len() - missed;
    format!(
        "Of {} bars {held} are held, {goals} of them without their goal, and {missed} are missed.",
        all.len()
    )
}

/// Writes the page to where results are kept, over an earlier one of the same day, and says where.
pub(crate) fn write(conditions: &Conditions, page: &str) -> Result<PathBuf> {
    let folder = machine::root().join("bench").join("results");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let file = folder.join(format!("{}.md", conditions.date));
    std::fs::write(&file, page).with_context(|| file.display().to_string())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_conditions_and_its_tables() {
        let mut table = Table::new("Calls", "Measured.", &["what", "figure", "bar", "verdict"]);
        table.judged(vec!["a".into(), "1 µs".into()], "2 µs", Verdict::Held);
        table.judged(vec!["b".into(), "3 µs".into()], "2 µs", Verdict::Missed);
        let facts = vec![("kernel", "6.1".to_owned())];
        let conditions = Conditions { date: "2026-11-25".to_owned(), facts };
        let page = render(&conditions, &[table]);
        assert!(page.starts_with("# Bench of 2026-11-25\n\n`cargo xtask bench"), "{page}");
        assert!(page.contains("Of 2 bars 1 are held, 0 of them without their goal, and 1 are"));
        let rest = "| kernel | 6.1 |\n\n## Calls\n\nMeasured.\n\n\
                    | what | figure | bar | verdict |\n|---|---|---|---|\n\
                    | a | 1 µs | 2 µs | held |\n| b | 3 µs | 2 µs | **missed** |\n";
        assert!(page.ends_with(rest), "{page}");
    }
}
