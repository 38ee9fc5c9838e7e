//! How much of everything a call used.

use crate::price::{Meter, Rates};
use crate::usage::Usage;

/// What of a call is counted by the piece, and not in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pieces {
    /// Images made.
    pub images: u64,
    /// Seconds of sound or film.
    pub seconds: u64,
    /// Characters spoken or translated.
    pub characters: u64,
    /// Searches made.
    pub searches: u64,
}

/// How much of everything a call used. Input and output are whole: what was cached, spoken or
/// reasoning is a part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quantities {
    /// Tokens of the whole prompt.
    pub input: u64,
    /// Tokens of the whole answer.
    pub output: u64,
    /// Of the prompt, read from a cache.
    pub cache_read: u64,
    /// Of the prompt, written to a cache for five minutes.
    pub cache_write_5m: u64,
    /// Of the prompt, written to a cache for an hour.
    pub cache_write_1h: u64,
    /// Of the answer, reasoning.
    pub reasoning: u64,
    /// Of the prompt, sound.
    pub audio_input: u64,
    /// Of the answer, sound.
    pub audio_output: u64,
    /// Calls.
    pub requests: u64,
    /// Images made.
    pub images: u64,
    /// Seconds of sound or film.
    pub seconds: u64,
    /// Characters spoken or translated.
    pub characters: u64,
    /// Searches made.
    pub searches: u64,
}

impl Quantities {
    /// So many tokens and pieces, in one call.
    pub fn of(input: u64, output: u64, pieces: Pieces) -> Self {
        Self { input, output, requests: 1, ..Self::of_pieces(pieces) }
    }

    /// Pieces alone.
    pub fn of_pieces(pieces: Pieces) -> Self {
        let Pieces { images, seconds, characters, searches } = pieces;
        Self { images, seconds, characters, searches, ..Self::default() }
    }

    /// One call of this usage.
    pub fn of_call(usage: &Usage) -> Self {
        let written = usage.cache_write_tokens.unwrap_or(0);
        // A part, of which no provider can say more than its whole.
        let write_1h = usage.cache_write_1h_tokens.unwrap_or(0).min(written);
        Self {
            input: usage.input_tokens,
            output: usage.output_tokens,
            cache_read: usage.cache_read_tokens.unwrap_or(0),
            cache_write_5m: written - write_1h,
            cache_write_1h: write_1h,
            reasoning: usage.reasoning_tokens.unwrap_or(0),
            audio_input: usage.audio_input_tokens.unwrap_or(0),
            audio_output: usage.audio_output_tokens.unwrap_or(0),
            requests: 1,
            images: usage.images.unwrap_or(0),
            seconds: usage.seconds.unwrap_or(0),
            characters: usage.characters.unwrap_or(0),
            searches: usage.searches.unwrap_or(0),
        }
    }

    /// How much each meter counts under these rates. A part without a rate of its own is counted
    /// with the whole: it costs what the rest of the prompt or answer costs, never nothing.
    pub(super) fn by_meter(&self, rates: &Rates) -> impl Iterator<Item = (Meter, u64)> + use<> {
        let own = |meter, count| if rates.own(meter).is_some() { count } else { 0 };
        let write_1h = own(Meter::CacheWrite1h, self.cache_write_1h);
        // What lies an hour and has no rate of its own costs at least what five minutes do.
        let write_5m = self.cache_write_5m.saturating_add(self.cache_write_1h - write_1h);
        // A part is never more than what is left of its whole, whatever a provider says.
        let part = |rest: &mut u64, meter, count| {
            let part = own(meter, count).min(*rest);
            *rest -= part;
            part
        };
        let (mut input, mut output) = (self.input, self.output);
        let cache_read = part(&mut input, Meter::CacheRead, self.cache_read);
        let write_5m = part(&mut input, Meter::CacheWrite5m, write_5m);
        let write_1h = part(&mut input, Meter::CacheWrite1h, write_1h);
        let audio_input = part(&mut input, Meter::AudioInput, self.audio_input);
        let reasoning = part(&mut output, Meter::Reasoning, self.reasoning);
        let audio_output = part(&mut output, Meter::AudioOutput, self.audio_output);
        [
            (Meter::Input, input),
            (Meter::Output, output),
            (Meter::CacheRead, cache_read),
            (Meter::CacheWrite5m, write_5m),
            (Meter::CacheWrite1h, write_1h),
            (Meter::Reasoning, reasoning),
            (Meter::AudioInput, audio_input),
            (Meter::AudioOutput, audio_output),
            (Meter::Request, self.requests),
            (Meter::Image, self.images),
            (Meter::Second, self.seconds),
            (Meter::Character, self.characters),
            (Meter::Search, self.searches),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::Basis;

    #[test]
    fn what_lies_in_a_cache_for_an_hour_is_no_part_of_what_lies_there_for_minutes() {
        for (written, hour, expected) in
            [(Some(30), Some(20), (10, 20)), (Some(30), None, (30, 0)), (Some(3), Some(20), (0, 3))]
        {
            let usage = Usage {
                input_tokens: 37,
                output_tokens: 5,
                cache_read_tokens: None,
                cache_write_tokens: written,
                cache_write_1h_tokens: hour,
                reasoning_tokens: None,
                audio_input_tokens: None,
                audio_output_tokens: None,
                searches: None,
                images: None,
                seconds: None,
                characters: None,
                basis: Basis::Measured,
            };
            let used = Quantities::of_call(&usage);
            assert_eq!((used.cache_write_5m, used.cache_write_1h), expected);
        }
    }
}
