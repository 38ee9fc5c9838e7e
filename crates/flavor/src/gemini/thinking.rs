//! How much the model thinks: `thinkingConfig`.

use super::fields::Fields;
use crate::canon::{Effort, Losses, Request, Thinking};
use crate::json::{object::Misfit, writer::Members};

/// The most tokens that the second generation of models thinks for; its smaller ones for less.
const MOST_TOKENS: u64 = 32_768;
const MOST_TOKENS_FLASH: u64 = 24_576;

/// Reads `thinkingConfig` into `request`.
pub(super) fn read_thinking(
    mut config: Fields<'_>,
    request: &mut Request<'_>,
    losses: &mut Losses,
) -> Result<(), Misfit> {
    request.show_thinking = config.flag("includeThoughts")?;
    let budget = config.signed("thinkingBudget")?;
    let level = config.text("thinkingLevel")?.map(|level| level.to_ascii_lowercase());
    let level = level.filter(|level| level != "thinking_level_unspecified");
    request.thinking = match (level, budget) {
        (Some(level), _) => {
            let effort = Effort::read(&level);
            let wrong =
                || Misfit::new("should be MINIMAL, LOW, MEDIUM or HIGH").at("thinkingLevel");
            if budget.is_some() {
                losses
                    .dropped("generationConfig.thinkingConfig.thinkingBudget", "the level counts");
            }
            Some(Thinking::Effort(Some(effort.ok_or_else(wrong)?)))
        }
        (None, None) => None,
        (None, Some(0)) => Some(Thinking::Off),
        (None, Some(budget)) => Some(match u64::try_from(budget) {
            Ok(budget) => Thinking::Budget(budget),
            Err(_) => Thinking::Effort(None),
        }),
    };
    config.note_rest("generationConfig.thinkingConfig.", losses);
    Ok(())
}

/// Writes `thinkingConfig` into `config`, where anything is said about it. The second generation
/// of models counts tokens, the later ones have levels; each refuses the other's word.
pub(super) fn write_thinking(
    config: &mut Members<'_>,
    request: &Request<'_>,
    model: &str,
    losses: &mut Losses,
) {
    let thinks = request.thinking.is_some_and(|thinking| thinking != Thinking::Off);
    // Without this the thoughts are thought, and paid for, but never come.
    let shown = request.show_thinking.or(thinks.then_some(true));
    if request.thinking.is_none() && shown.is_none() {
        return;
    }
    let counts = counts_tokens(model);
    config.object("thinkingConfig", |own| {
        match request.thinking {
            None => {}
            Some(Thinking::Off) if counts => own.whole("thinkingBudget", 0),
            Some(Thinking::Off) => {
                losses.approximated("thinking", "it cannot be turned off there");
                own.text("thinkingLevel", "LOW");
            }
            Some(Thinking::Effort(None)) => own.raw("thinkingBudget", "-1"),
            Some(Thinking::Effort(Some(effort))) if counts => {
                losses.approximated("reasoning_effort", "thinking is counted in tokens there");
                own.whole("thinkingBudget", effort.tokens().min(most_tokens(model)));
            }
            Some(Thinking::Effort(Some(effort))) => {
                if effort > Effort::High {
                    losses.approximated("reasoning_effort", "there is no more than high there");
                }
                own.text("thinkingLevel", &effort.min(Effort::High).as_str().to_ascii_uppercase());
            }
            Some(Thinking::Budget(tokens)) => {
                let most = if counts { most_tokens(model) } else { u64::MAX };
                if tokens > most {
                    losses.approximated("budget_tokens", "is more than the model thinks for");
                }
                own.whole("thinkingBudget", tokens.min(most));
            }
        }
        if let Some(shown) = shown {
            own.flag("includeThoughts", shown);
        }
    });
}

/// Whether a model is of the second generation.
fn counts_tokens(model: &str) -> bool {
    model.contains("gemini-2")
}

fn most_tokens(model: &str) -> u64 {
    if model.contains("flash") { MOST_TOKENS_FLASH } else { MOST_TOKENS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn written(thinking: Thinking, model: &str) -> (String, String) {
        let mut request = crate::canon::Request::to("m");
        request.thinking = Some(thinking);
        let (mut out, mut losses) = (Vec::new(), Losses::default());
        writer::object(&mut out, |it| write_thinking(it, &request, model, &mut losses));
        (String::from_utf8(out).unwrap(), losses.to_string())
    }

    #[test]
    fn each_generation_of_models_is_told_in_its_own_words() {
        let high = Thinking::Effort(Some(Effort::High));
        for (thinking, model, expected, losses) in [
            (
                high,
                "gemini-2.5-pro",
                r#"{"thinkingBudget":16384,"includeThoughts":true}"#,
                "reasoning_effort;approximated",
            ),
            (high, "gemini-3-pro", r#"{"thinkingLevel":"HIGH","includeThoughts":true}"#, ""),
            (
                Thinking::Effort(Some(Effort::Max)),
                "gemini-3-pro",
                r#"{"thinkingLevel":"HIGH","includeThoughts":true}"#,
                "reasoning_effort;approximated",
            ),
            (
                Thinking::Budget(31_999),
                "gemini-2.5-flash",
                r#"{"thinkingBudget":24576,"includeThoughts":true}"#,
                "budget_tokens;approximated",
            ),
            (Thinking::Off, "gemini-2.5-flash", r#"{"thinkingBudget":0}"#, ""),
            (Thinking::Off, "gemini-3-pro", r#"{"thinkingLevel":"LOW"}"#, "thinking;approximated"),
            (
                Thinking::Effort(None),
                "gemini-3-pro",
                r#"{"thinkingBudget":-1,"includeThoughts":true}"#,
                "",
            ),
        ] {
            let expected = format!(r#"{{"thinkingConfig":{expected}}}"#);
            assert_eq!(written(thinking, model), (expected, losses.to_owned()), "{model}");
        }
    }
}
