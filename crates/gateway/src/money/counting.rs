//! Counting a prompt exactly, where that is worth its time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use weighbridge_flavor::openai::read_prompt;
use weighbridge_tokens::{Conversation, Family, count};

/// Longer requests are not counted: what bounds them has to do.
const LONGEST: usize = 1 << 20;

/// Counts at a time; a thread each.
const AT_A_TIME: usize = 2;

/// How long a turn, and then the count, is waited for. What takes longer has to do with its bound.
const PATIENCE: Duration = Duration::from_secs(2);

/// Turns for counting.
#[derive(Debug)]
pub(crate) struct Counting {
    turns: Arc<Semaphore>,
}

impl Default for Counting {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }
}

impl Counting {
    /// The tokens of a chat request as `model` sees it. Nothing where its tokeniser is not here, the
    /// request is too long to be counted, or too many others are being counted.
    pub(crate) async fn prompt(&self, model: &str, body: &Bytes) -> Option<u64> {
        let family = Family::of(model).filter(|_| body.len() <= LONGEST)?;
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await.ok()?.ok()?;
        let body = body.clone();
        let counted = tokio::task::spawn_blocking(move || {
            let prompt = read_prompt(&body)?;
            let conversation = Conversation {
                texts: &prompt.texts,
                messages: prompt.messages,
                names: prompt.names,
            };
            let tokens = count(family, &conversation);
            drop(turn);
            Some(tokens)
        });
        match tokio::time::timeout(PATIENCE, counted).await {
            Ok(Ok(tokens)) => tokens,
            Err(_) => None,
            Ok(Err(error)) => {
                tracing::error!(%error, "a prompt could not be counted; its bytes bound it");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_flavor::estimate::estimate_tokens;

    use super::*;

    #[tokio::test]
    async fn a_prompt_is_counted_where_its_models_tokeniser_is_here() {
        let body = Bytes::from_static(
            br#"{"model":"gpt-4o","messages":[{"role":"user","content":"2 + 2 = 4"}]}"#,
        );
        let counting = Counting::default();
        assert_eq!(counting.prompt("gpt-4o", &body).await, Some(14));
        assert_eq!(counting.prompt("qwen3:8b", &body).await, None);
        let long = Bytes::from(vec![b' '; LONGEST + 1]);
        assert_eq!(counting.prompt("gpt-4o", &long).await, None);
    }

    /// The stated rule for usage that nobody reports, against a tokeniser.
    #[test]
    fn the_stated_rule_is_within_a_third_of_a_tokeniser() {
        let english = "A lorry drives onto a weighbridge full and leaves it empty. The driver gets \
            a ticket, and so do buyer and seller; nobody has to trust the scales' owner.";
        let chinese = "一辆卡车开上地磅，满载称重，空车再称，司机、买方和卖方各得一张签了名的单据，\
            谁也不必信任磅秤的主人。";
        let everyday = "今天天气很好，我们一起去公园散步吧。请问这个多少钱？我想学习中文，因为我喜欢中国文化。";
        let code = "fn expected(&self, model: &str) -> u64 {\n    self.of.get(model)\n}\n";
        for text in [english, chinese, everyday, code] {
            let counted = Family::O200k.count(text);
            let percent = estimate_tokens(text.len() as u64) * 100 / counted;
            assert!((67..=133).contains(&percent), "{percent}% of {counted}: {text}");
        }
    }
}
