//! `[[models]]`.

use weighbridge_core::directory::{Abilities, Model, Provider};

use super::reader::Table;

/// The most tokens that a model may take.
const TOKENS: usize = 1 << 40;

pub(super) fn read(
    root: &Table<'_>,
    providers: &[Provider],
    notes: &mut Vec<String>,
) -> Vec<Model> {
    let mut models: Vec<Model> = Vec::new();
    for table in root.tables("models") {
        table.only(&["name", "provider", "context_length", "lacks"], &[]);
        let Some(name) = table.needed("name") else { continue };
        let provider = table.text("provider");
        if let Some(named) = provider.as_deref().filter(|named| !is_known(providers, named)) {
            table.complain("provider", format!("no provider has the name `{named}`"));
        }
        let context_length = table.count("context_length", TOKENS).map(|tokens| tokens as u64);
        let lacks = read_lacks(&table);
        if models.iter().any(|other| other.name == name && other.provider == provider) {
            table.complain("name", format!("`{name}` is described already"));
        }
        let is_meant = |it: &&Provider| provider.as_ref().is_none_or(|named| *named == it.name);
        if !providers.iter().filter(is_meant).any(|provider| provider.models.contains(&name)) {
            notes.push(format!("`{name}` is described, and nobody serves it"));
        }
        models.push(Model { name, provider, context_length, lacks });
    }
    models
}

fn is_known(providers: &[Provider], name: &str) -> bool {
    providers.iter().any(|provider| provider.name == name)
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
