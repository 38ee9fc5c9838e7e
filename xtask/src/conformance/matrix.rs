//! What came of every caller with every provider, as a suite of SDKs wrote it down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The results of one suite: of conversations, and of the services beside them.
pub(crate) struct Results {
    sdks: BTreeMap<String, String>,
    chat: Matrix,
    services: Matrix,
}

/// What came of some cases.
struct Matrix {
    cases: Vec<String>,
    cells: Vec<Cell>,
}

/// One caller with one provider.
struct Cell {
    caller: String,
    provider: String,
    good: usize,
    tried: usize,
    reasons: Vec<String>,
}

/// Reads what a suite wrote.
pub(crate) fn read(file: &Path) -> Result<Results> {
    let named = || file.display().to_string();
    let text = fs::read_to_string(file)
        .with_context(|| format!("{}: run `cargo xtask conformance` without --last", named()))?;
    let whole: Value = serde_json::from_str(&text).with_context(named)?;
    if whole["direct"] != Value::Bool(false) {
        bail!("{} is of a run without the gateway", named());
    }
    Ok(Results {
        sdks: serde_json::from_value(whole["sdks"].clone()).with_context(named)?,
        chat: Matrix::read(&whole).with_context(named)?,
        services: Matrix::read(&whole["services"]).with_context(named)?,
    })
}

impl Results {
    /// The tables for people.
    pub(crate) fn section(&self, language: &str) -> String {
        let sdks: Vec<_> = self.sdks.iter().map(|(name, at)| format!("{name} {at}")).collect();
        let mut page = format!("### {language}\n\nWith {}.\n\n", sdks.join(", "));
        self.chat.write("Conversations", &mut page);
        self.services.write("Vectors, pictures, speech and transcripts", &mut page);
        page
    }
}

impl Cell {
    fn read(cell: &Value) -> Option<Self> {
        let results = cell["results"].as_object()?;
        let reasons = results.values().filter_map(|it| it["reason"].as_str());
        Some(Self {
            caller: cell["caller"].as_str()?.to_owned(),
            provider: cell["provider"].as_str()?.to_owned(),
            good: results.values().filter(|it| it["outcome"] == "ok").count(),
            tried: results.len(),
            reasons: distinct(reasons).into_iter().map(str::to_owned).collect(),
        })
    }
}

impl Matrix {
    fn read(table: &Value) -> Option<Self> {
        let cells = table["cells"].as_array()?;
        Some(Self {
            cases: serde_json::from_value(table["cases"].clone()).ok()?,
            cells: cells.iter().map(Cell::read).collect::<Option<_>>()?,
        })
    }

    /// A row for each caller, a column for each provider.
    fn write(&self, what: &str, page: &mut String) {
        let cases: Vec<_> = self.cases.iter().map(|case| case.replace('_', " ")).collect();
        let (good, tried) = self
            .cells
            .iter()
            .fold((0, 0), |(good, tried), cell| (good + cell.good, tried + cell.tried));
        let cases = cases.join("; ");
        writeln!(page, "{what}: {good} of {tried} cases hold. Each cell is of: {cases}.\n").ok();
        let providers = distinct(self.cells.iter().map(|cell| cell.provider.as_str()));
        writeln!(page, "| caller | {} |", providers.join(" | ")).ok();
        writeln!(page, "|---|{}", "---|".repeat(providers.len())).ok();
        let mut reasons = Vec::new();
        for caller in distinct(self.cells.iter().map(|cell| cell.caller.as_str())) {
            let words = providers.iter().map(|provider| self.word(caller, provider, &mut reasons));
            let words: Vec<_> = words.collect();
            writeln!(page, "| {caller} | {} |", words.join(" | ")).ok();
        }
        for (at, reason) in reasons.iter().enumerate() {
            writeln!(page, "\n[{}] {reason}", at + 1).ok();
        }
        page.push('\n');
    }

    fn word<'a>(&'a self, caller: &str, provider: &str, reasons: &mut Vec<&'a str>) -> String {
        let is_it = |cell: &&Cell| cell.caller == caller && cell.provider == provider;
        let Some(cell) = self.cells.iter().find(is_it) else { return "-".to_owned() };
        let mut word = format!("{}/{}", cell.good, cell.tried);
        for reason in &cell.reasons {
            let at = reasons.iter().position(|one| one == reason).unwrap_or_else(|| {
                reasons.push(reason);
                reasons.len() - 1
            });
            write!(word, " [{}]", at + 1).ok();
        }
        word
    }
}

fn distinct<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for one in all {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_counted_and_what_cannot_be_has_its_reason() {
        let whole = serde_json::json!({
            "direct": false, "sdks": {"openai": "1.2.3"}, "cases": ["text", "an_image"],
            "cells": [
                {"caller": "openai", "provider": "gemini", "results": {
                    "text": {"outcome": "ok"}, "an_image": {"outcome": "cannot", "reason": "no pictures"}}},
                {"caller": "openai", "provider": "ollama", "results": {"text": {"outcome": "failed"}}}],
            "services": {"cases": ["one"], "cells": [
                {"caller": "openai", "provider": "aog", "results": {"one": {"outcome": "ok"}}}]},
        });
        let folder = std::env::temp_dir();
        let file = folder.join(format!("weighbridge-matrix-{}.json", std::process::id()));
        fs::write(&file, whole.to_string()).unwrap();
        let page = read(&file).unwrap().section("Python");
        fs::remove_file(&file).unwrap();
        assert!(page.contains("With openai 1.2.3."), "{page}");
        assert!(
            page.contains("Conversations: 1 of 3 cases hold. Each cell is of: text; an image.")
        );
        assert!(page.contains("1 of 1 cases hold. Each cell is of: one.\n\n| caller | aog |"));
        assert!(page.contains("| openai | 1/2 [1] | 0/1 |"), "{page}");
        assert!(page.contains("[1] no pictures"));
    }
}
