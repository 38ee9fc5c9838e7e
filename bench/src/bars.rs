//! What figures are held against.

use std::fmt;

/// The least that a figure may be worth: at most so much, and better at most as much as the goal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    /// What it should be at most, where that is less than what it must be.
    pub(crate) goal: Option<u64>,
    /// What it must be at most.
    pub(crate) must: u64,
}

/// CPU of a call at 64 connections, in nanoseconds.
pub(crate) const CALL_AT_64: Bar = Bar { goal: Some(70_000), must: 100_000 };
/// The same beside the bare proxy, in thousandths.
pub(crate) const RATIO_AT_64: Bar = Bar { goal: Some(3_000), must: 4_000 };
/// CPU of a call at 8 connections, in nanoseconds.
pub(crate) const CALL_AT_8: Bar = Bar { goal: Some(140_000), must: 200_000 };
/// CPU of a chunk in a burst beside the bare proxy, in thousandths.
pub(crate) const BURST: Bar = Bar { goal: None, must: 1_000 };
/// CPU of a chunk that comes by itself beside the bare proxy, in thousandths.
pub(crate) const PACED: Bar = Bar { goal: None, must: 1_300 };
/// CPU of a chunk of a stream that is converted beside the bare proxy, in thousandths.
pub(crate) const CONVERTED: Bar = Bar { goal: None, must: 2_000 };
/// Memory before any call, in bytes.
pub(crate) const IDLE: Bar = Bar { goal: None, must: 20_000_000 };
/// Memory at 64 busy connections, in bytes.
pub(crate) const BUSY: Bar = Bar { goal: None, must: 40_000_000 };
/// Memory with a thousand streams open, in bytes.
pub(crate) const OPEN: Bar = Bar { goal: None, must: 80_000_000 };
/// The proof of a receipt, in nanoseconds.
pub(crate) const PROOF: Bar = Bar { goal: None, must: 999_999 };

/// What the half of all calls at 8 connections may take longer than through the bare proxy, in
/// nanoseconds: four flushes, and 0.3 ms.
pub(crate) const fn added(flush: u64) -> Bar {
    Bar { goal: None, must: 4 * flush + 300_000 }
}

/// Whether a figure is within its bar. The worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Within.
    Held,
    /// Within, but beyond the goal.
    GoalMissed,
    /// Beyond.
    Missed,
}

impl Bar {
    /// Holds a figure against it; one that could not be had is missed.
    pub(crate) fn judge(self, figure: Option<u64>) -> Verdict {
        match figure {
            Some(figure) if figure <= self.goal.unwrap_or(self.must) => Verdict::Held,
            Some(figure) if figure <= self.must => Verdict::GoalMissed,
            _ => Verdict::Missed,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Held => "held",
            Self::GoalMissed => "held, goal missed",
            Self::Missed => "**missed**",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_within_its_goal_within_its_bar_or_beyond() {
        let bar = Bar { goal: Some(70), must: 100 };
        let judged = [70, 71, 100, 101].map(|figure| bar.judge(Some(figure)));
        let [held, goal_missed, also, missed] = judged;
        assert_eq!((held, goal_missed), (Verdict::Held, Verdict::GoalMissed));
        assert_eq!((also, missed), (Verdict::GoalMissed, Verdict::Missed));
        assert_eq!(Bar { goal: None, must: 5 }.judge(Some(5)), Verdict::Held);
        assert_eq!(bar.judge(None), Verdict::Missed);
        assert_eq!(held.max(missed), Verdict::Missed);
    }

    #[test]
    fn added_latency_is_counted_in_flushes() {
        assert_eq!(added(1_000_000).must, 4_300_000);
    }
}
