//! What is known of a call's tokens, and what is made of it at the end.

use weighbridge_core::price::Pieces;
use weighbridge_core::usage::{Basis, Usage};
use weighbridge_flavor::canon;
use weighbridge_flavor::estimate::estimate_tokens;
use weighbridge_flavor::services;

/// What is known so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    reported: Option<Usage>,
    /// Nothing was used after what was reported.
    is_last: bool,
    /// What was reported leaves the tokens of the prompt open.
    prompt_is_open: bool,
    /// Bytes of text that came out, for the estimate where nobody reports.
    text_out: u64,
}

/// What was asked for, as far as usage depends on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Tokens of the prompt, where nobody reports them.
    pub(super) prompt: u64,
    /// Searches that the call asks its provider for, where that does not say how many it made.
    pub(super) searches: Option<u64>,
    /// What else is counted by the piece.
    pub(super) pieces: Pieces,
}

impl Tokens {
    /// How much text the reply had so far, and what the provider said of its tokens. `last` says
    /// that nothing was used after what it says.
    pub(super) fn take(&mut self, bytes: u64, reported: Option<canon::Usage>, last: bool) {
        self.text_out = bytes;
        self.is_last = last;
        if let Some(usage) = reported {
            self.reported = Some(Usage {
                input_tokens: usage.input,
                output_tokens: usage.output,
                cache_read_tokens: usage.cache_read,
                cache_write_tokens: usage.cache_write,
                cache_write_1h_tokens: usage.cache_write_1h,
                reasoning_tokens: usage.reasoning,
                audio_input_tokens: usage.audio_input,
                audio_output_tokens: usage.audio_output,
                searches: usage.searches,
                images: None,
                seconds: None,
                characters: None,
                basis: Basis::Measured,
            });
        }
    }

    /// What a service beside conversation used.
    pub(super) fn take_pieces(&mut self, said: &services::Usage, asked: Pieces, in_tokens: bool) {
        self.prompt_is_open = in_tokens && said.input_tokens.is_none();
        self.is_last = true;
        let made = said.output_tokens.is_none() && !said.says_something();
        let made = (in_tokens && made).then(|| estimate_tokens(said.text_bytes));
        // How long a sound lasts is the caller's own word, unless the provider says it.
        let measured = said.seconds.is_some() || asked.seconds == 0;
        self.reported = Some(Usage {
            input_tokens: said.input_tokens.unwrap_or(0),
            output_tokens: said.output_tokens.or(made).unwrap_or(0),
            cache_read_tokens: None,
            cache_write_tokens: None,
            cache_write_1h_tokens: None,
            reasoning_tokens: None,
            audio_input_tokens: said.audio_input_tokens,
            audio_output_tokens: None,
            searches: said.searches,
            images: said.images.or(some(asked.images)),
            seconds: said.seconds.or(some(asked.seconds)),
            characters: said.characters.or(some(asked.characters)),
            basis: if measured { Basis::Measured } else { Basis::Estimated },
        });
    }

    /// Whether nothing came, as far as anybody can see.
    pub(super) fn is_empty(&self) -> bool {
        self.reported.is_none() && self.text_out == 0
    }

    /// What was used: as reported, else by the stated rule. `ended` says that the provider came to
    /// its end.
    pub(super) fn usage(&self, asked: Asked, ended: bool) -> Usage {
        let Asked { prompt, searches, pieces } = asked;
        match self.reported {
            Some(reported) if self.prompt_is_open => {
                Usage { input_tokens: prompt, basis: Basis::Estimated, ..reported }
            }
            Some(reported) if ended || self.is_last => {
                Usage { searches: made(reported.searches, searches), ..reported }
            }
            // It went on after that was said.
            Some(reported) => Usage {
                input_tokens: if reported.input_tokens == 0 {
                    prompt
                } else {
                    reported.input_tokens
                },
                output_tokens: reported.output_tokens.max(estimate_tokens(self.text_out)),
                searches: made(reported.searches.max(searches), searches),
                basis: Basis::Estimated,
                ..reported
            },
            None => Usage {
                input_tokens: prompt,
                output_tokens: estimate_tokens(self.text_out),
                cache_read_tokens: None,
                cache_write_tokens: None,
                cache_write_1h_tokens: None,
                reasoning_tokens: None,
                audio_input_tokens: None,
                audio_output_tokens: None,
                searches,
                images: some(pieces.images),
                seconds: some(pieces.seconds),
                characters: some(pieces.characters),
                basis: Basis::Estimated,
            },
        }
    }
}

/// Of what was not asked for, nothing is said.
fn some(pieces: u64) -> Option<u64> {
    (pieces > 0).then_some(pieces)
}

/// The searches that were made: those that the provider says, else those that were asked for. That
/// there were none is said only where there could have been some.
fn made(reported: Option<u64>, asked: Option<u64>) -> Option<u64> {
    match reported {
        Some(0) => asked.map(|_| 0),
        Some(made) => Some(made),
        None => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { prompt: 50, searches: None, pieces: NOTHING };
    const NOTHING: Pieces = Pieces { images: 0, seconds: 0, characters: 0, searches: 0 };

    fn said(input: u64, output: u64) -> canon::Usage {
        canon::Usage { input, output, ..canon::Usage::default() }
    }

    fn used(tokens: &Tokens, ended: bool) -> (u64, u64, Basis) {
        let usage = tokens.usage(ASKED, ended);
        (usage.input_tokens, usage.output_tokens, usage.basis)
    }

    #[test]
    fn what_was_said_counts_at_the_end_and_what_came_after_it_else() {
        let mut tokens = Tokens::default();
        assert!(tokens.is_empty());
        tokens.take(400, Some(said(0, 7)), false);
        assert_eq!(used(&tokens, true), (0, 7, Basis::Measured));
        assert_eq!(used(&tokens, false), (50, 100, Basis::Estimated));
        tokens.take(400, Some(said(60, 7)), true);
        assert_eq!(used(&tokens, false), (60, 7, Basis::Measured));
    }

    #[test]
    fn searches_are_what_the_provider_says_before_what_was_asked_for() {
        let asked = |searches| Asked { searches, ..ASKED };
        let made = |reported, wanted, ended| {
            let mut tokens = Tokens::default();
            let usage = canon::Usage { searches: reported, ..said(3, 5) };
            tokens.take(20, Some(usage), ended);
            tokens.usage(asked(wanted), ended).searches
        };
        for (reported, wanted, searches) in [
            (Some(0), Some(1), Some(0)),
            (Some(3), Some(1), Some(3)),
            (Some(0), None, None),
            (None, Some(1), Some(1)),
            (None, None, None),
        ] {
            assert_eq!(made(reported, wanted, true), searches, "{reported:?} of {wanted:?}");
        }
        // Who says so only at its end has not said it yet.
        assert_eq!(made(Some(0), Some(1), false), Some(1));
        assert_eq!(made(Some(3), Some(1), false), Some(3));
    }

    #[test]
    fn what_nobody_said_is_estimated() {
        let mut tokens = Tokens::default();
        tokens.take(401, None, false);
        assert_eq!(used(&tokens, true), (50, 101, Basis::Estimated));
    }
}
