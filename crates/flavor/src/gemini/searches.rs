//! Searches that Google made for a reply: what its candidates are grounded in.

use std::collections::BTreeSet;

use super::fields::Fields;
use crate::json::object;

/// The most queries of one reply that are told apart.
const QUERIES: usize = 1024;

/// Models whose searches are charged by the prompt, however many there were; all later ones are
/// charged by the query. Source: "Pricing" in Google's guide to grounding.
const BY_THE_PROMPT: [&str; 2] = ["gemini-1.", "gemini-2."];

/// The searches of one reply.
#[derive(Debug, Default)]
pub(super) struct Searches {
    /// Every query once, as Google counts them.
    queries: BTreeSet<String>,
    by_the_prompt: bool,
}

impl Searches {
    /// Which model answers, as the reply has it.
    pub(super) fn answered_by(&mut self, model: Option<&str>) {
        let name = model.and_then(|model| model.rsplit('/').next()).unwrap_or_default();
        self.by_the_prompt = BY_THE_PROMPT.iter().any(|older| name.starts_with(older));
    }

    /// Takes note of what a candidate is grounded in. No reply is lost for what is odd there.
    pub(super) fn note(&mut self, candidate: &mut Fields<'_>) {
        let Ok(Some(mut grounding)) = candidate.object("groundingMetadata") else { return };
        for query in grounding.list("webSearchQueries").ok().flatten().unwrap_or_default() {
            // Empty ones are not charged.
            let query = object::text(query).ok().filter(|query| !query.trim().is_empty());
            if let Some(query) = query.filter(|_| self.queries.len() < QUERIES) {
                self.queries.insert(query.into_owned());
            }
        }
    }

    /// How many are charged.
    pub(super) fn count(&self) -> u64 {
        let queries = u64::try_from(self.queries.len()).unwrap_or(u64::MAX);
        if self.by_the_prompt { queries.min(1) } else { queries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_are_charged_by_the_prompt_or_by_the_query() {
        let candidate = r#"{"groundingMetadata":{"webSearchQueries":["a","","b","a"]}}"#;
        for (model, charged) in [
            (Some("gemini-2.5-flash"), 1),
            (Some("models/gemini-2.0-pro"), 1),
            (Some("gemini-3-pro"), 2),
            (None, 2),
        ] {
            let mut searches = Searches::default();
            searches.answered_by(model);
            assert_eq!(searches.count(), 0);
            for _ in 0..2 {
                searches.note(&mut Fields::parse(candidate).unwrap());
            }
            assert_eq!(searches.count(), charged, "{model:?}");
        }
    }

    #[test]
    fn odd_grounding_is_no_search() {
        let mut searches = Searches::default();
        for odd in [
            r#"{"groundingMetadata":7}"#,
            r#"{"groundingMetadata":{"webSearchQueries":"a"}}"#,
            r#"{"groundingMetadata":{"webSearchQueries":[7]}}"#,
            r#"{"groundingMetadata":{}}"#,
        ] {
            searches.note(&mut Fields::parse(odd).unwrap());
        }
        assert_eq!(searches.count(), 0);
    }
}
