//! `[[models]]`.

use weighbridge_core::directory::{Abilities, Model};

use super::offer::Offer;
use super::reader::Table;

/// The most tokens that a model may take.
const TOKENS: usize = 1 << 40;

pub(super) fn read(root: &Table<'_>, offer: &Offer<'_>, notes: &mut Vec<String>) -> Vec<Model> {
    let mut models: Vec<Model> = Vec::new();
    for table in root.tables("models") {
        table.only(&["name", "provider", "context_length", "lacks"], &[]);
        let Some(name) = table.needed("name") else { continue };
        let provider = table.text("provider");
        if let Some(named) = provider.as_deref().filter(|named| !offer.has_provider(named)) {
            table.complain("provider", format!("no provider has the name `{named}`"));
        }
        let context_length = table.count("context_length", TOKENS).map(|tokens| tokens as u64);
        let lacks = read_lacks(&table);
        if models.iter().any(|other| other.name == name && other.provider == provider) {
            table.complain("name", format!("`{name}` is described already"));
        }
        if !offer.serves(provider.as_deref(), &name) {
            notes.push(format!("`{name}` is described, and nobody serves it"));
        }
        models.push(Model { name, provider, context_length, lacks });
    }
    models
}

/// What a model does not do.
fn read_lacks(table: &Table<'_>) -> Abilities {
    let mut lacks = Abilities::default();
    for word in table.texts("lacks").unwrap_or_default() {
        match word.as_str() {
            "tools" => lacks.tools = true,
            "vision" => lacks.vision = true,
            "audio" => lacks.audio = true,
            _ => table.complain("lacks", format!("\"{word}\" should be tools, vision or audio")),
        }
    }
    lacks
}
