//! The list of models as Anthropic's clients take it.

use crate::json::writer::{self, Members};

/// One model, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// The name to call it by, and the one to show.
    pub id: String,
    /// When it came to be, as RFC 3339 has it.
    pub created_at: String,
}

/// The body that answers a request for a page of models.
pub fn model_list(page: &[ModelCard], has_more: bool) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.list("data", |items| {
            page.iter().for_each(|model| items.object(|item| write(model, item)));
        });
        root.flag("has_more", has_more);
        for (name, model) in [("first_id", page.first()), ("last_id", page.last())] {
            match model {
                Some(model) => root.text(name, &model.id),
                None => root.null(name),
            }
        }
    });
    out
}

/// The body that answers a request for one model.
pub fn model_body(model: &ModelCard) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| write(model, root));
    out
}

fn write(model: &ModelCard, members: &mut Members<'_>) {
    members.text("type", "model");
    members.text("id", &model.id);
    members.text("display_name", &model.id);
    members.text("created_at", &model.created_at);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_ends() {
        let card = |id: &str| ModelCard {
            id: id.to_owned(),
            created_at: "2026-01-01T00:00:00Z".to_owned(),
        };
        let page = String::from_utf8(model_list(&[card("a"), card("b")], true)).unwrap();
        assert!(page.ends_with(r#""has_more":true,"first_id":"a","last_id":"b"}"#), "{page}");
        assert_eq!(
            model_list(&[], false),
            br#"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#
        );
    }
}
