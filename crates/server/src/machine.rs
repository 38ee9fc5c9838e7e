//! How much of this machine is in use: calls that may run here or elsewhere depend on it.
//!
//! It is measured every second, out of what the system counts anyway. What cannot be measured here is
//! left out, and says nothing: a machine without `/proc` or without a GPU is not an idle one.

mod cgroup;
mod gpu;
mod memory;
mod processors;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;
use weighbridge_core::clock::Monotonic;
use weighbridge_core::routing::Load;
use weighbridge_gateway::Gateway;

use cgroup::Groups;
use gpu::Gpus;
use processors::Processors;

/// How long one measurement counts.
const PACE: Duration = Duration::from_secs(1);

/// Tells the gateway how much of this machine is in use, until what this gives is dropped. While no
/// provider is on this machine nobody asks, and nothing is measured.
pub(crate) fn measure(gateway: &Arc<Gateway>) -> AbortOnDropHandle<()> {
    let gateway = Arc::clone(gateway);
    let measuring = async move {
        let mut machine = None;
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            let setting = gateway.setting();
            if setting.directory.providers().iter().any(|(_, provider)| provider.is_here()) {
                let machine = machine.get_or_insert_with(Machine::this);
                gateway.measured(machine.load(gateway.clock().now().steady).await);
            }
        }
    };
    AbortOnDropHandle::new(tokio::spawn(measuring))
}

/// Where the figures come from.
struct Machine {
    groups: Groups,
    processors: Processors,
    gpus: Gpus,
}

impl Machine {
    fn this() -> Self {
        Self { groups: Groups::mine(), processors: Processors::default(), gpus: Gpus::find() }
    }

    /// What is in use now. Of processors it is what was in use since the last time, so the first one
    /// says nothing of them.
    async fn load(&mut self, now: Monotonic) -> Load {
        Load {
            cpu: self.processors.in_use(&self.groups, now),
            memory: memory::in_use(&self.groups),
            gpu: self.gpus.in_use().await,
        }
    }
}

/// A part of a whole, in thousandths.
fn per_mille(part: u64, whole: u64) -> Option<u32> {
    let thousandths = part.min(whole).saturating_mul(1000).checked_div(whole)?;
    u32::try_from(thousandths).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_at_most_the_whole_and_none_of_nothing() {
        assert_eq!(per_mille(1, 3), Some(333));
        assert_eq!(per_mille(4, 3), Some(1000));
        assert_eq!(per_mille(0, 0), None);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn linux_says_how_much_of_it_is_in_use() {
        let mut machine = Machine::this();
        let first = machine.load(Monotonic(0)).await;
        assert_eq!(first.cpu, None, "of what time?");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let load = machine.load(Monotonic(200_000)).await;
        assert!(load.cpu.is_some_and(|share| share <= 1000), "{load:?}");
        assert!(load.memory.is_some_and(|share| share <= 1000), "{load:?}");
    }
}
