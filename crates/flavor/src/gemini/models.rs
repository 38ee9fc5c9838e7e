//! The list of models, and the count of a prompt, as Google's clients take them.

use crate::json::writer::{self, Members};

/// The body that answers a request for all models.
pub fn model_list<'a>(models: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("models", |items| {
            models.for_each(|model| items.object(|item| write(model, item)));
        });
    });
    out
}

/// The body that answers a request for one model.
pub fn model_body(model: &str) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| write(model, root));
    out
}

fn write(model: &str, members: &mut Members<'_>) {
    members.text("name", &format!("models/{model}"));
    members.text("displayName", model);
    members.list("supportedGenerationMethods", |methods| {
        for method in ["generateContent", "streamGenerateContent", "countTokens"] {
            methods.text(method);
        }
    });
}

/// The body that answers `countTokens`.
pub fn count_body(tokens: u64) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| root.whole("totalTokens", tokens));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_as_a_resource() {
        let list = String::from_utf8(model_list(["a"].into_iter())).unwrap();
        assert!(list.starts_with(r#"{"models":[{"name":"models/a","displayName":"a","#), "{list}");
        assert_eq!(count_body(7), br#"{"totalTokens":7}"#);
    }
}
