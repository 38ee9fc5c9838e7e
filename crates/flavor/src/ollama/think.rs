//! How much the model thinks: a flag, or one of four words.

use serde_json::value::RawValue;

use crate::canon::{Effort, Losses, Request, Thinking};
use crate::json::{Misfit, Object, object, writer};

/// Takes out whether the model thinks. Where it does, that is always shown.
pub(crate) fn read(request: &mut Object<'_>) -> Result<Option<Thinking>, Misfit> {
    let Some(value) = request.take("think") else { return Ok(None) };
    match value.get() {
        "true" => Ok(Some(Thinking::Effort(None))),
        "false" => Ok(Some(Thinking::Off)),
        _ => level(value).map(|effort| Some(Thinking::Effort(Some(effort)))),
    }
}

fn level(value: &RawValue) -> Result<Effort, Misfit> {
    let word = object::text(value).unwrap_or_default();
    let known = ["low", "medium", "high", "max"].contains(&word.as_ref());
    let effort = Effort::read(&word).filter(|_| known);
    effort.ok_or_else(|| {
        Misfit::new("should be true, false, \"low\", \"medium\", \"high\" or \"max\"").at("think")
    })
}

/// Writes into a request whether the model thinks.
pub(super) fn write(request: &Request<'_>, root: &mut writer::Members<'_>, losses: &mut Losses) {
    let thinks = request.thinking.is_some_and(|thinking| thinking != Thinking::Off);
    if thinks && request.show_thinking == Some(false) {
        losses.dropped("thinking.display", "what was thought is always shown there");
    }
    match request.thinking {
        None => {}
        Some(Thinking::Off | Thinking::Budget(0)) => root.flag("think", false),
        Some(Thinking::Effort(None)) => root.flag("think", true),
        Some(Thinking::Effort(Some(effort))) => {
            let near = near(effort);
            if near != effort {
                losses.approximated("thinking.effort", "there is no such step there");
            }
            root.text("think", near.as_str());
        }
        Some(Thinking::Budget(tokens)) => {
            losses.approximated("thinking.budget", "there are steps there, not tokens");
            root.text("think", near(Effort::for_tokens(tokens)).as_str());
        }
    }
}

/// The nearest of the steps that there are, the lower one of two.
fn near(effort: Effort) -> Effort {
    match effort {
        Effort::Minimal | Effort::Low => Effort::Low,
        Effort::Medium => Effort::Medium,
        Effort::High | Effort::XHigh => Effort::High,
        Effort::Max => Effort::Max,
    }
}
