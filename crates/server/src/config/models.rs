//! `[[models]]`.

use weighbridge_core::directory::{Model, Provider};

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
        table.only(&["name", "context_length"], &[]);
        let Some(name) = table.needed("name") else { continue };
        let context_length = table.count("context_length", TOKENS).map(|tokens| tokens as u64);
        if models.iter().any(|other| other.name == name) {
            table.complain("name", format!("`{name}` is described already"));
        }
        if !providers.iter().any(|provider| provider.models.contains(&name)) {
            notes.push(format!("`{name}` is described, and nobody serves it"));
        }
        models.push(Model { name, context_length });
    }
    models
}
