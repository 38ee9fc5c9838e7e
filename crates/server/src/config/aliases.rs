//! `[[aliases]]`.

use weighbridge_core::directory::Alias;

use super::offer::Offer;
use super::reader::Table;

/// The most names that may be given.
const MOST: usize = 1000;

/// The most models that one may stand for.
const TARGETS: usize = 100;

pub(super) fn read(root: &Table<'_>, offer: &Offer<'_>) -> Vec<Alias> {
    let mut aliases: Vec<Alias> = Vec::new();
    let tables = root.tables("aliases");
    if tables.len() > MOST {
        root.complain("aliases", format!("should be at most {MOST}"));
        return aliases;
    }
    for table in tables {
        table.only(&["match", "to"], &[]);
        let (Some(pattern), Some(to)) = (table.needed("match"), table.text_or_texts("to")) else {
            if !table.has("to") {
                table.complain("to", "is needed".to_owned());
            }
            continue;
        };
        if to.is_empty() || to.len() > TARGETS {
            table.complain("to", format!("should be a model, or 1 to {TARGETS} of them"));
        }
        if aliases.iter().any(|other| other.pattern == pattern) {
            table.complain("match", format!("`{pattern}` stands for a model already"));
        }
        for to in to.iter().filter(|to| !is_served(offer, to)) {
            let words = format!("nobody serves `{to}`; name a model, or `provider/model`");
            table.complain("to", words);
        }
        aliases.push(Alias { pattern, to });
    }
    aliases
}

fn is_served(offer: &Offer<'_>, to: &str) -> bool {
    let of_provider =
        || to.split_once('/').is_some_and(|(name, model)| offer.serves(Some(name), model));
    offer.serves(None, to) || of_provider()
}
