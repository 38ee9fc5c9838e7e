//! What a check found, for people and for programs.

use std::fmt;

use serde_json::{Map, Value, json};

use super::LeafForm;
use crate::bundle::Bundle;
use crate::checkpoint::Checkpoint;

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds, under a key that was pinned.
    Proved,
    /// Something does not hold.
    Refuted,
    /// It is not something that can be checked.
    Unusable(String),
    /// Everything holds, and no key was pinned: whoever made it could have made all of it.
    Consistent,
}

impl Verdict {
    /// The exit code of the program that checked.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Proved => 0,
            Self::Refuted => 1,
            Self::Unusable(_) => 2,
            Self::Consistent => 3,
        }
    }

    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Unusable(_) => "unusable",
            Self::Consistent => "consistent",
        }
    }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
    /// In words.
    pub words: String,
}

/// What a bundle is of, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    id: String,
    received_at: String,
    finished_at: String,
    origin: String,
    index: u64,
    size: u64,
    sections: Vec<(String, String)>,
}

impl About {
    pub(super) fn of(bundle: &Bundle, leaf: &LeafForm, checkpoint: &Checkpoint) -> Self {
        let shown = bundle.disclosures.iter();
        Self {
            id: leaf.id.clone(),
            received_at: leaf.received_at.clone(),
            finished_at: leaf.finished_at.clone(),
            origin: checkpoint.origin.clone(),
            index: bundle.leaf_index,
            size: checkpoint.size,
            sections: shown.map(|(name, shown)| (name.clone(), shown.section.clone())).collect(),
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    checks: Vec<Check>,
    notes: Vec<String>,
    unusable: Option<String>,
    pinned: bool,
    about: Option<About>,
}

impl Report {
    /// Nothing could be checked.
    pub fn unusable(words: String) -> Self {
        let (checks, notes) = (Vec::new(), Vec::new());
        Self { checks, notes, unusable: Some(words), pinned: false, about: None }
    }

    pub(super) fn about(about: About) -> Self {
        let (checks, notes) = (Vec::new(), Vec::new());
        Self { checks, notes, unusable: None, pinned: false, about: Some(about) }
    }

    /// What was found so far stands: something refuted stays so.
    pub(super) fn turned_unusable(mut self, words: String) -> Self {
        self.unusable = Some(words);
        self
    }

    pub(super) fn pinned(&mut self) {
        self.pinned = true;
    }

    pub(super) fn add(&mut self, what: &str, holds: bool, words: &str) {
        self.checks.push(Check { what: what.to_owned(), holds, words: words.to_owned() });
    }

    pub(super) fn refute(&mut self, what: &str, words: &str) {
        self.add(what, false, words);
    }

    pub(super) fn note(&mut self, words: &str) {
        self.notes.push(words.to_owned());
    }

    /// What was checked, in order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// How it ended.
    pub fn verdict(&self) -> Verdict {
        if self.checks.iter().any(|check| !check.holds) {
            return Verdict::Refuted;
        }
        match (&self.unusable, self.pinned) {
            (Some(words), _) => Verdict::Unusable(words.clone()),
            (None, true) => Verdict::Proved,
            (None, false) => Verdict::Consistent,
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let verdict = self.verdict();
        let checks = self
            .checks
            .iter()
            .map(|check| json!({ "what": check.what, "holds": check.holds, "words": check.words }));
        let mut shown = json!({
            "verdict": verdict.as_str(),
            "exit": verdict.exit_code(),
            "checks": checks.collect::<Vec<_>>(),
            "notes": self.notes,
        });
        if let Some(words) = &self.unusable {
            shown["unusable"] = json!(words);
        }
        if let Some(about) = &self.about {
            let parse = |json: &String| serde_json::from_str(json).unwrap_or(Value::Null);
            let sections: Map<String, Value> =
                about.sections.iter().map(|(name, json)| (name.clone(), parse(json))).collect();
            shown["receipt"] = json!({
                "id": about.id,
                "received_at": about.received_at,
                "finished_at": about.finished_at,
                "sections": sections,
            });
            shown["log"] =
                json!({ "origin": about.origin, "index": about.index, "size": about.size });
        }
        shown
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(about) = &self.about {
            writeln!(f, "receipt   {}", plain(&about.id))?;
            writeln!(f, "received  {}", plain(&about.received_at))?;
            writeln!(f, "finished  {}", plain(&about.finished_at))?;
            let origin = plain(&about.origin);
            writeln!(f, "log       {origin}, entry {} of {}", about.index, about.size)?;
            for (name, json) in &about.sections {
                writeln!(f, "{:<9} {}", plain(name), plain(json))?;
            }
            writeln!(f)?;
        }
        for check in &self.checks {
            let word = if check.holds { "holds " } else { "FAILS " };
            writeln!(f, "{word}    {}: {}", plain(&check.what), plain(&check.words))?;
        }
        for note in &self.notes {
            writeln!(f, "note      {note}")?;
        }
        match self.verdict() {
            Verdict::Proved => write!(f, "proved: everything holds, under a key that you gave"),
            Verdict::Refuted => {
                let failed = self.checks.iter().filter(|check| !check.holds);
                let failed: Vec<String> = failed.map(|check| plain(&check.what)).collect();
                write!(f, "refuted: {} does not match", failed.join(" and "))
            }
            Verdict::Unusable(words) => write!(f, "unusable: {}", plain(&words)),
            Verdict::Consistent => write!(
                f,
                "consistent, but not proved: no key is pinned, so whoever made this could have \
                 made all of it; give --key or --known, from a source that you trust"
            ),
        }
    }
}

/// Text out of a bundle as a person can trust to see it: what moves the cursor, hides text or turns its
/// direction is escaped.
fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_bundle_says_cannot_pass_for_what_the_check_says() {
        let forged = plain("x\n\nproved: everything holds\u{1b}[8m\u{202e}");
        assert_eq!(forged, "x\\u{a}\\u{a}proved: everything holds\\u{1b}[8m\\u{202e}");
        assert_eq!(plain("K\u{e4}se \u{4f60}\u{597d}"), "K\u{e4}se \u{4f60}\u{597d}");
    }
}
