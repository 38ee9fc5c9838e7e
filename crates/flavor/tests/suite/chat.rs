//! Chat completions and the canonical form: what the wire samples show, and what holds for any
//! conversation.

mod conversation;
pub(crate) mod property;
mod request;
mod stream;

use std::{fs, path::PathBuf};

use serde::de::DeserializeOwned;
use weighbridge_flavor::canon::{Face, Target, ToolNames};

fn sample<T: DeserializeOwned>(name: &str) -> T {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("../../fixtures/openai").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn face() -> Face {
    Face {
        names: ToolNames::default(),
        id: "k7".to_owned(),
        model: "qwen3:8b-q4".to_owned(),
        created: 1_760_000_000,
        wants_usage: true,
    }
}

fn target() -> Target {
    Target::usual("qwen3:8b".to_owned(), 4096)
}
