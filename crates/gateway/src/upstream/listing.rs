//! Asks a provider which models it has, in its flavor's own way. It costs nothing there: no model is called.

mod neighbour;
mod no_list;
mod page;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;
use weighbridge_core::directory::{Flavor, Listed};

use super::lane::Lane;
use super::manner;
pub use neighbour::{Neighbour, Sight};
pub use no_list::NoList;
use page::Page;

/// How long a provider may take for its whole list.
const TIME: Duration = Duration::from_secs(10);

/// How many bytes its answers may have, all together.
const BYTES: usize = 4 << 20;

/// How many models it may have.
const MODELS: usize = 5_000;

/// How many pages it may spread them over.
const PAGES: usize = 50;

/// The longest name that is taken, in bytes. A longer one is no name that anybody could call.
const NAME_BYTES: usize = 256;

/// How many models are asked about one by one, where the list itself says too little.
const SHOWN: usize = 50;

/// The models of a provider of this flavor, each once, in its own order.
pub(super) async fn ask(flavor: Flavor, lane: &Arc<Lane>) -> Result<Vec<Listed>, NoList> {
    let until = Instant::now() + TIME;
    let mut inquiry = Inquiry { lane, left: BYTES, until };
    match flavor {
        Flavor::OpenAi => inquiry.pages("/models", "/models", "", page::openai).await,
        Flavor::Anthropic => {
            inquiry
                .pages("/v1/models", "/v1/models?limit=1000", "&after_id=", page::anthropic)
                .await
        }
        Flavor::Gemini => {
            let first = "/v1beta/models?pageSize=1000";
            inquiry.pages("/v1beta/models", first, "&pageToken=", page::gemini).await
        }
        Flavor::Aog => inquiry.pages("/aog/v0.2/model", "/aog/v0.2/model", "", page::aog).await,
        Flavor::Ollama => inquiry.ollama().await,
        Flavor::Custom(name) => Err(NoList::Never(format!(
            "the flavor `{name}` of a file has no words to ask for models; name them"
        ))),
    }
}

/// What is asked of one provider, and how much it may still say.
struct Inquiry<'a> {
    lane: &'a Arc<Lane>,
    left: usize,
    until: Instant,
}

impl Inquiry<'_> {
    /// All pages of a list: the first one at `first`, each later one behind `more` and the mark that the
    /// one before ended with.
    async fn pages(
        &mut self,
        path: &'static str,
        first: &str,
        more: &str,
        read: fn(&Value) -> Option<Page>,
    ) -> Result<Vec<Listed>, NoList> {
        let mut found = Found::default();
        let mut at = first.to_owned();
        for _ in 0..PAGES {
            let answer = self.answer(path, &at, None).await?;
            let page = read(&answer).ok_or(NoList::Unreadable { path })?;
            found.take(page.models)?;
            let Some(next) = page.next.filter(|_| !more.is_empty()) else {
                return Ok(found.models);
            };
            at = format!("{first}{more}{}", manner::escaped(&next));
        }
        Err(NoList::TooLong)
    }

    /// Ollama's list says neither what a model can do nor how much it takes: both stand on its own page.
    async fn ollama(&mut self) -> Result<Vec<Listed>, NoList> {
        let mut models = self.pages("/api/tags", "/api/tags", "", page::ollama).await?;
        for model in models.iter_mut().take(SHOWN) {
            let body = Bytes::from(json!({ "model": model.name }).to_string());
            // What cannot be learnt is not known; the list stands without it.
            match self.answer("/api/show", "/api/show", Some(body)).await {
                Ok(shown) => page::shown(model, &shown),
                Err(NoList::Refused { .. } | NoList::Unreadable { .. }) => {}
                Err(_) => break,
            }
        }
        Ok(models)
    }

    /// One answer, as JSON.
    async fn answer(
        &mut self,
        path: &'static str,
        at: &str,
        body: Option<Bytes>,
    ) -> Result<Value, NoList> {
        let until = self.until;
        let answer = tokio::time::timeout_at(until, Box::pin(self.exchange(path, at, body))).await;
        let whole = answer.map_err(|_| NoList::Late(TIME))??;
        serde_json::from_slice(&whole).map_err(|_| NoList::Unreadable { path })
    }

    async fn exchange(
        &mut self,
        path: &'static str,
        at: &str,
        body: Option<Bytes>,
    ) -> Result<Bytes, NoList> {
        let (head, mut body) =
            self.lane.send(self.lane.question(at, body)?, false).await?.into_parts();
        if head.status != StatusCode::OK {
            return Err(NoList::Refused { path, status: head.status });
        }
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| NoList::Broken(super::chain(&error)))?;
            let Ok(data) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or(NoList::TooLong)?;
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    models: Vec<Listed>,
    names: std::collections::HashSet<String>,
}

impl Found {
    /// Takes in a page. What has no name that could be called is left out.
    fn take(&mut self, page: Vec<Listed>) -> Result<(), NoList> {
        for model in page {
            let is_name = (1..=NAME_BYTES).contains(&model.name.len())
                && !model.name.chars().any(char::is_control)
                && model.name != "*";
            if !is_name || !self.names.insert(model.name.clone()) {
                continue;
            }
            if self.models.len() >= MODELS {
                return Err(NoList::TooLong);
            }
            self.models.push(model);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
