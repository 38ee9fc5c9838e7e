//! How much the model thinks, and whether that is shown: AOG's `think`, and for what it cannot say
//! the words of chat completions.

use crate::canon::{Losses, Request, Thinking};
use crate::json::writer::Members;

/// Adds what `think` said to what the words of chat completions said, which say it more closely.
/// A model that is told to think by it shows what it thinks.
pub(super) fn add(request: &mut Request<'_>, think: Option<Thinking>, losses: &mut Losses) {
    let Some(think) = think else { return };
    let said = *request.thinking.get_or_insert(think);
    if is_on(said) != is_on(think) {
        losses.approximated("think", "reasoning_effort says it too, and counts");
    }
    if is_on(think) {
        request.show_thinking.get_or_insert(true);
    }
}

/// Writes it, in the shortest words that say all of it.
pub(super) fn write(body: &mut Members<'_>, request: &Request<'_>) {
    let mut show = request.show_thinking;
    match request.thinking {
        None => {}
        Some(Thinking::Off) => body.flag("think", false),
        Some(Thinking::Effort(None)) if show == Some(true) => {
            show = None;
            body.flag("think", true);
        }
        Some(Thinking::Effort(None)) => body.object("reasoning", |it| it.flag("enabled", true)),
        Some(Thinking::Effort(Some(effort))) => body.text("reasoning_effort", effort.as_str()),
        Some(Thinking::Budget(tokens)) => {
            body.object("reasoning", |it| it.whole("max_tokens", tokens));
        }
    }
    if let Some(show) = show {
        body.flag("include_reasoning", show);
    }
}

fn is_on(thinking: Thinking) -> bool {
    !matches!(thinking, Thinking::Off | Thinking::Budget(0))
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, read_request, write_request};
    use super::*;
    use crate::canon::{Effort, Target};

    #[test]
    fn whatever_is_said_of_it_comes_back() {
        let efforts = [None, Some(Effort::Minimal), Some(Effort::Max)].map(Thinking::Effort);
        let others = [Thinking::Off, Thinking::Budget(5000)];
        let all = efforts.into_iter().chain(others).map(Some).chain([None]);
        for (thinking, show) in
            all.flat_map(|it| [None, Some(true), Some(false)].map(|show| (it, show)))
        {
            let request = Request { thinking, show_thinking: show, ..Request::to("m") };
            let mut losses = Losses::default();
            let body = write_request(Mode::Chat, &request, &Target::usual("m", 1), &mut losses);
            let body = String::from_utf8(body).unwrap();
            let back = read_request(Mode::Chat, &body, &mut losses).unwrap();
            assert_eq!((back.thinking, back.show_thinking), (thinking, show), "{body}");
            assert!(losses.is_empty());
        }
    }

    #[test]
    fn a_closer_word_counts_over_a_plain_one() {
        let read = |members: &str| {
            let body = format!(r#"{{"model":"m","messages":[],{members}}}"#);
            let mut losses = Losses::default();
            let request = read_request(Mode::Chat, &body, &mut losses).unwrap();
            (request.thinking, request.show_thinking, losses.to_string())
        };
        let low = Some(Thinking::Effort(Some(Effort::Low)));
        let plain = String::new();
        assert_eq!(read(r#""think":true,"reasoning_effort":"low""#), (low, Some(true), plain));
        let lost = "think;approximated".to_owned();
        assert_eq!(read(r#""think":false,"reasoning_effort":"low""#), (low, None, lost));
    }
}
