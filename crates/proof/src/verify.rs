//! Checking a bundle: what it claims, step by step, against keys that come from elsewhere.
//!
//! A bundle never brings the key it is checked with. Without a pinned key the most that can be said
//! is that it is consistent: whoever made it could have made the log, too.

mod report;
mod trust;

use serde::Deserialize;

use crate::bundle::Bundle;
use crate::canonical;
use crate::checkpoint::Checkpoint;
use crate::content::{Content, Measured};
use crate::digest::Digest;
use crate::merkle::{inclusion, leaf_hash};
use crate::note::SignedNote;
use crate::section::commitment;
use crate::tlog_proof;

pub use report::{About, Check, Report, Verdict};
pub use trust::{Known, NotKnown, Trust};

/// What whoever checks has of the call itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// The request's bytes, hashed.
    pub request: Option<Content>,
    /// The reply's bytes, hashed.
    pub reply: Option<Content>,
}

/// Checks the bytes of a bundle, or of a `.tlog-proof` file that holds one.
pub fn verify(bytes: &[u8], trust: &Trust, held: Held) -> Report {
    let standard = bytes.starts_with(tlog_proof::FIRST_LINE.as_bytes());
    let read = if standard { tlog_proof::read(bytes) } else { Bundle::parse(bytes) };
    match read {
        Ok(bundle) => check(&bundle, standard, trust, held),
        Err(error) => Report::unusable(error.to_string()),
    }
}

/// A receipt's leaf.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeafForm {
    pub(crate) finished_at: String,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) received_at: String,
    sections: std::collections::BTreeMap<String, String>,
    v: u8,
}

/// The content section, as far as it is held against bytes.
#[derive(Deserialize)]
struct ContentSection {
    input: Option<Said>,
    output: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    bytes: u64,
    sha256: Digest,
}

fn check(bundle: &Bundle, standard: bool, trust: &Trust, held: Held) -> Report {
    if !canonical::is_canonical(bundle.leaf.as_bytes()) {
        return Report::unusable("its leaf is not canonical JSON".to_owned());
    }
    let leaf: LeafForm = match serde_json::from_str(&bundle.leaf) {
        Ok(leaf) => leaf,
        Err(error) => return Report::unusable(format!("its leaf is not a receipt's: {error}")),
    };
    if leaf.kind != "receipt" || leaf.v != crate::receipt::VERSION {
        let words = format!("its leaf is a `{}` of version {}, and not known", leaf.kind, leaf.v);
        return Report::unusable(words);
    }
    let note = match SignedNote::parse(&bundle.checkpoint) {
        Ok(note) => note,
        Err(error) => return Report::unusable(format!("its checkpoint is {error}")),
    };
    let checkpoint: Checkpoint = match note.text().parse() {
        Ok(checkpoint) => checkpoint,
        Err(error) => return Report::unusable(format!("its checkpoint is none: {error}")),
    };
    let mut report = Report::about(About::of(bundle, &leaf, &checkpoint));
    if let Err(words) = check_sections(bundle, &leaf, &mut report) {
        return report.turned_unusable(words);
    }
    check_inclusion(bundle, &checkpoint, &mut report);
    if let Err(words) = trust.check(&note, &checkpoint, standard, &mut report) {
        return report.turned_unusable(words);
    }
    if let Err(words) = check_content(bundle, held, &mut report) {
        return report.turned_unusable(words);
    }
    report
}

/// Each section that is shown is the one that the leaf commits to.
fn check_sections(bundle: &Bundle, leaf: &LeafForm, report: &mut Report) -> Result<(), String> {
    for (name, shown) in &bundle.disclosures {
        let Some(said) = leaf.sections.get(name) else {
            report.refute(&format!("section {name}"), "the leaf has no such section");
            continue;
        };
        if !canonical::is_canonical(shown.section.as_bytes()) {
            return Err(format!("its section `{name}` is not canonical JSON"));
        }
        let holds = commitment(name, &shown.salt, &shown.section).base64() == *said;
        let words = if holds {
            "is the one that the leaf commits to"
        } else {
            "is not the one that the leaf commits to"
        };
        report.add(&format!("section {name}"), holds, words);
    }
    Ok(())
}

/// The leaf stands where the bundle says, in the tree that the checkpoint names.
fn check_inclusion(bundle: &Bundle, checkpoint: &Checkpoint, report: &mut Report) {
    let Bundle { leaf_index, tree_size, .. } = bundle;
    if *tree_size != checkpoint.size {
        let words = format!("the bundle says {tree_size}, the checkpoint {}", checkpoint.size);
        report.refute("tree size", &words);
    }
    let hash = leaf_hash(bundle.leaf.as_bytes());
    let root = inclusion::root_of(&hash, *leaf_index, checkpoint.size, &bundle.inclusion);
    let holds = root == Some(checkpoint.root);
    let words = if holds {
        format!("the leaf is entry {leaf_index} of the {} under the root", checkpoint.size)
    } else {
        format!("the leaf is not entry {leaf_index} of the tree with that root")
    };
    report.add("inclusion", holds, &words);
}

/// The bytes at hand are those of the call.
fn check_content(bundle: &Bundle, held: Held, report: &mut Report) -> Result<(), String> {
    if held.request.is_none() && held.reply.is_none() {
        return Ok(());
    }
    let shown = bundle.disclosures.get("content").ok_or(
        "it does not show its section `content`, so no request or reply can be held against it",
    )?;
    let said: ContentSection = serde_json::from_str(&shown.section)
        .map_err(|error| format!("its section `content` is none: {error}"))?;
    if let Some(request) = held.request {
        compare("request", said.input.as_ref(), &[request.whole], report);
    }
    if let Some(reply) = held.reply {
        let either = [reply.whole, reply.without_comments];
        compare("reply", said.output.as_ref(), &either, report);
    }
    Ok(())
}

fn compare(what: &str, said: Option<&Said>, held: &[Measured], report: &mut Report) {
    let Some(said) = said else {
        return report.refute(what, "the receipt says that there was none");
    };
    if held.iter().any(|held| held.sha256 == said.sha256 && held.bytes == said.bytes) {
        return report.add(what, true, "these are its bytes");
    }
    let words = match held.last() {
        Some(held) => format!(
            "these are not its bytes: sha256 {} ({} bytes), and the receipt says {} ({} bytes)",
            held.sha256, held.bytes, said.sha256, said.bytes
        ),
        None => "there are no bytes".to_owned(),
    };
    report.refute(what, &words);
}
