//! How much of this machine is in use.

use crate::clock::Monotonic;

/// What a measurement found, each in thousandths; nothing where it cannot be measured here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Processors.
    pub cpu: Option<u32>,
    /// Memory that cannot be given to anybody else.
    pub memory: Option<u32>,
    /// The busiest GPU.
    pub gpu: Option<u32>,
}

/// From so much on a machine is busy, and up to the other it is no more.
const BUSY: u32 = 900;
const FREE: u32 = 750;

/// The same of memory, most of which a model that is loaded takes for as long as it is.
const SCARCE: u32 = 970;
const ENOUGH: u32 = 940;

/// What is made of measurements: a machine that is busy stays so until it is well below that again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Machine {
    load: Load,
    busy: bool,
    measured_at: Option<Monotonic>,
}

/// A measurement that is older says nothing any more.
const STALE: u64 = 10 * super::SECOND;

impl Machine {
    pub(super) fn measured(&mut self, load: Load, now: Monotonic) {
        let most = [load.cpu, load.gpu].into_iter().flatten().max().unwrap_or(0);
        let memory = load.memory.unwrap_or(0);
        self.busy = if self.busy {
            most > FREE || memory > ENOUGH
        } else {
            most >= BUSY || memory >= SCARCE
        };
        self.load = load;
        self.measured_at = Some(now);
    }

    pub(super) fn is_busy(&self, now: Monotonic) -> bool {
        self.busy && self.measured_at.is_some_and(|at| now.micros_since(at) <= STALE)
    }

    pub(super) fn load(&self) -> Load {
        self.load
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_free_only_well_below() {
        let mut machine = Machine::default();
        let now = Monotonic(0);
        for (cpu, busy) in [(899, false), (900, true), (760, true), (750, false), (899, false)] {
            machine.measured(Load { cpu: Some(cpu), ..Load::default() }, now);
            assert_eq!(machine.is_busy(now), busy, "{cpu}");
        }
        machine.measured(Load { memory: Some(960), ..Load::default() }, now);
        assert!(!machine.is_busy(now), "a model takes what it takes");
        machine.measured(Load { gpu: Some(1000), ..Load::default() }, now);
        assert!(machine.is_busy(now) && !machine.is_busy(Monotonic(STALE + 1)));
    }
}
