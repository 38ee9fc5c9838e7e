//! The list of models.

use bytes::Bytes;
use serde::Serialize;

use super::error::written;

/// One model, as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// The name to call it by.
    pub id: String,
    /// When it came to be, in seconds since 1970.
    pub created: i64,
    /// Who runs it.
    pub owned_by: String,
}

#[derive(Serialize)]
struct Card<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    owned_by: &'a str,
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Card<'a>>,
}

/// The body that answers a request for all models.
#[must_use]
pub fn model_list(models: &[ModelCard]) -> Bytes {
    let data = models.iter().map(Card::from).collect();
    written(&List { object: "list", data }, "", "")
}

/// The body that answers a request for one model.
#[must_use]
pub fn model_body(model: &ModelCard) -> Bytes {
    written(&Card::from(model), "", "")
}

impl<'a> From<&'a ModelCard> for Card<'a> {
    fn from(model: &'a ModelCard) -> Self {
        Self { id: &model.id, object: "model", created: model.created, owned_by: &model.owned_by }
    }
}

#[cfg(test)]
mod tests {
    use super::{ModelCard, model_body, model_list};

    #[test]
    fn a_list_holds_its_models() {
        let model =
            ModelCard { id: "small".to_owned(), created: 1, owned_by: "desk \"1\"".to_owned() };
        let card = r#"{"id":"small","object":"model","created":1,"owned_by":"desk \"1\""}"#;
        assert_eq!(model_body(&model), card);
        assert_eq!(model_list(&[model]), format!(r#"{{"object":"list","data":[{card}]}}"#));
        assert_eq!(model_list(&[]), r#"{"object":"list","data":[]}"#);
    }
}
