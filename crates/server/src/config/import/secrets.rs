//! Credentials that stand in the imported file itself: each becomes an environment variable, and the
//! operator is told to put it there. The credential is dropped here.

use std::collections::BTreeSet;

use super::plan::{Key, Plan};
use super::report::Report;

/// Gives each provider whose credential is not in a variable yet one of its own.
pub(super) fn take_out(plan: &mut Plan, report: &mut Report) {
    let mut taken: BTreeSet<String> = plan
        .providers
        .iter()
        .flat_map(|provider| {
            let key = match &provider.key {
                Key::Variable(name) => Some(name.clone()),
                Key::Absent | Key::Secret(_) | Key::Elsewhere => None,
            };
            let base = provider.base_url.strip_prefix("${").and_then(|it| it.split_once('}'));
            key.into_iter().chain(base.map(|(name, _)| name.to_owned()))
        })
        .collect();
    for provider in &mut plan.providers {
        let what = match provider.key {
            Key::Absent | Key::Variable(_) => continue,
            Key::Secret(_) => "a credential that stands in the file itself; it is not written here",
            Key::Elsewhere => "a credential that is needed, and that the file does not have",
        };
        let name = variable_for(&provider.name, &taken);
        for (path, line) in &provider.secret_at {
            let instead = format!("put it into the environment variable {name}");
            report.lose(path, *line, what, instead);
        }
        taken.insert(name.clone());
        provider.key = Key::Variable(name);
    }
}

/// An environment variable for a provider's credential, of a name that nothing else has.
fn variable_for(provider: &str, taken: &BTreeSet<String>) -> String {
    let upper = provider.chars().map(|letter| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_ascii_uppercase(),
        _ => '_',
    });
    let mut name: String = upper.collect();
    if name.starts_with(|letter: char| letter.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name.push_str("_KEY");
    while taken.contains(&name) {
        name.push_str("_IMPORTED");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_get_names_that_nothing_else_has() {
        let taken = BTreeSet::from(["OPENAI_2_KEY".to_owned()]);
        assert_eq!(variable_for("openai-2", &taken), "OPENAI_2_KEY_IMPORTED");
        assert_eq!(variable_for("7up", &taken), "_7UP_KEY");
    }
}
