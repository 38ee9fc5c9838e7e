//! What is counted of a call, and what each of it costs.

use crate::money::Amount;
use crate::price::Pieces;

/// Something that is counted and has a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meter {
    /// Tokens of the prompt that no other meter counts.
    Input,
    /// Tokens of the answer that no other meter counts.
    Output,
    /// Tokens of the prompt that came from a cache.
    CacheRead,
    /// Tokens of the prompt that went into a cache for five minutes.
    CacheWrite5m,
    /// Tokens of the prompt that went into a cache for an hour.
    CacheWrite1h,
    /// Tokens of the answer that were reasoning.
    Reasoning,
    /// Tokens of the prompt that were sound.
    AudioInput,
    /// Tokens of the answer that were sound.
    AudioOutput,
    /// Calls.
    Request,
    /// Images that were made.
    Image,
    /// Seconds of sound or film.
    Second,
    /// Characters that were spoken or translated.
    Character,
    /// Searches that the provider made.
    Search,
}

impl Meter {
    /// Every meter, in the order of [`Rates`].
    pub const ALL: [Self; 13] = [
        Self::Input,
        Self::Output,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::Reasoning,
        Self::AudioInput,
        Self::AudioOutput,
        Self::Request,
        Self::Image,
        Self::Second,
        Self::Character,
        Self::Search,
    ];

    /// What counts tokens of the answer.
    pub(super) const OUT: [Self; 3] = [Self::Output, Self::Reasoning, Self::AudioOutput];

    /// The key in the configuration and in price tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::CacheRead => "cache_read",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::Reasoning => "reasoning",
            Self::AudioInput => "audio_input",
            Self::AudioOutput => "audio_output",
            Self::Request => "per_request",
            Self::Image => "per_image",
            Self::Second => "per_second",
            Self::Character => "per_character",
            Self::Search => "per_search",
        }
    }

    /// How many of it the rate is for.
    pub(super) const fn per(self) -> i128 {
        match self {
            Self::Input
            | Self::Output
            | Self::CacheRead
            | Self::CacheWrite5m
            | Self::CacheWrite1h
            | Self::Reasoning
            | Self::AudioInput
            | Self::AudioOutput => 1_000_000,
            Self::Request | Self::Image | Self::Second | Self::Character | Self::Search => 1,
        }
    }
}

/// A rate per meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rates([Option<Amount>; Meter::ALL.len()]);

impl Rates {
    /// The rate of a meter, if it has one of its own.
    pub fn own(&self, meter: Meter) -> Option<Amount> {
        self.0[meter as usize]
    }

    /// Sets the rate of a meter.
    pub fn set(&mut self, meter: Meter, rate: Amount) {
        self.0[meter as usize] = Some(rate);
    }

    /// Whether no meter has a rate.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// These rates, with those of `over` in their places.
    #[must_use]
    pub(super) fn overlaid(&self, over: &Self) -> Self {
        Self(std::array::from_fn(|index| over.0[index].or(self.0[index])))
    }

    /// What `count` of a meter cost: to the nano, halves to the even one.
    pub(super) fn cost(&self, meter: Meter, count: u64) -> Amount {
        let Some(rate) = self.own(meter) else { return Amount::ZERO };
        let nanos = i128::from(count).saturating_mul(rate.nanos());
        Amount::from_nanos(divide_half_even(nanos, meter.per()))
    }

    /// The most that this many tokens can cost, whichever meters count them.
    pub(super) fn dearest(&self, input: u64, output: u64, pieces: Pieces) -> Amount {
        const IN: [Meter; 5] = [
            Meter::Input,
            Meter::CacheRead,
            Meter::CacheWrite5m,
            Meter::CacheWrite1h,
            Meter::AudioInput,
        ];
        self.dearest_of(&IN, input)
            + self.dearest_of(&Meter::OUT, output)
            + self.cost(Meter::Request, 1)
            + self.cost(Meter::Image, pieces.images)
            + self.cost(Meter::Second, pieces.seconds)
            + self.cost(Meter::Character, pieces.characters)
            + self.cost(Meter::Search, pieces.searches)
    }

    fn dearest_of(&self, meters: &[Meter], count: u64) -> Amount {
        let priced = meters.iter().filter(|meter| self.own(**meter).is_some());
        // Spread over several meters, each is rounded by itself: at most half a nano up.
        let rounding = priced.clone().count().saturating_sub(1);
        let rounding = Amount::from_nanos(i128::try_from(rounding).unwrap_or(0));
        let dearest = priced.map(|meter| self.cost(*meter, count)).max().unwrap_or_default();
        dearest + rounding
    }
}

/// `numerator / denominator`, rounded to the nearest whole number, halves to the even one. Both
/// are at least zero, and the denominator is not zero.
fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    let up = match (2 * rest).cmp(&denominator) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 == 1,
        std::cmp::Ordering::Greater => true,
    };
    whole + i128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_nano() {
        for (numerator, expected) in
            [(0, 0), (499_999, 0), (500_000, 0), (500_001, 1), (1_500_000, 2), (2_500_000, 2)]
        {
            assert_eq!(divide_half_even(numerator, 1_000_000), expected, "{numerator}");
        }
    }

    #[test]
    fn meters_stand_where_their_rates_do() {
        for (index, meter) in Meter::ALL.into_iter().enumerate() {
            assert_eq!(meter as usize, index);
        }
    }
}
