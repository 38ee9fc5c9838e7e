//! Makes a configuration out of another gateway's file: the `config.yaml` of LiteLLM's proxy, or an
//! export of AOG's. What has no place here is named, with what to do instead; nothing of the file
//! is left out unseen, and no secret that stands in it is written or shown anywhere.

mod address;
mod aog;
mod decimal;
mod document;
mod failure;
mod litellm;
mod node;
mod plan;
mod report;
mod secrets;
mod writer;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub use failure::ImportError;
use node::{Field, Map};
pub use report::NotCarried;
use report::Report;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 4 << 20;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// LiteLLM's proxy's.
    LiteLlm,
    /// AOG's.
    Aog,
}

impl Source {
    /// In words.
    const fn words(self) -> &'static str {
        match self {
            Self::LiteLlm => "a configuration of LiteLLM's proxy",
            Self::Aog => "an export of AOG's",
        }
    }
}

/// What a file became.
#[derive(Debug)]
pub struct Imported {
    /// Whose file it was.
    pub source: Source,
    /// The configuration.
    pub toml: String,
    /// What is not in it.
    pub not_carried: Vec<NotCarried>,
}

/// Reads the file at `path`; whose it is is told by what stands in it where `source` does not say.
///
/// # Errors
/// [`ImportError`] when it cannot be read.
pub fn read(path: &Path, source: Option<Source>) -> Result<Imported, ImportError> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(ImportError::TooLong { most: LONGEST });
    }
    import(&text, source)
}

/// The same for a text.
///
/// # Errors
/// [`ImportError`] when it cannot be read.
pub fn import(text: &str, source: Option<Source>) -> Result<Imported, ImportError> {
    let document = document::read(text)?;
    let whole = Field::whole(&document.root).map().ok_or(ImportError::UnknownKind)?;
    let source = source.or_else(|| told_by(&whole)).ok_or(ImportError::UnknownKind)?;
    let mut report = Report::default();
    for (name, line) in &document.doubled {
        let what = "this name stands twice in the same map; the last one was read";
        report.lose(name, *line, what, "look whether that is the one you mean");
    }
    let mut plan = match source {
        Source::LiteLlm => litellm::read(&whole, &mut report),
        Source::Aog => aog::read(&whole, &mut report)?,
    };
    secrets::take_out(&mut plan, &mut report);
    let not_carried = report.finish();
    let toml = writer::write(&plan, source.words(), &not_carried);
    Ok(Imported { source, toml, not_carried })
}

fn told_by(whole: &Map<'_>) -> Option<Source> {
    let any = |names: &[&str]| names.iter().any(|name| whole.has(name));
    if any(&["model_list", "litellm_settings", "router_settings", "general_settings"]) {
        Some(Source::LiteLlm)
    } else if any(&["service_providers", "services", "service"]) {
        Some(Source::Aog)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
