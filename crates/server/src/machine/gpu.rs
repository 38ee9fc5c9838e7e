//! GPUs, as NVIDIA's own library (NVML) measures them, where it is installed.
//!
//! What counts is the time in which a GPU had work. Its memory does not: servers such as vLLM take nine
//! tenths of it when they start and keep it, and others keep a model there until another is wanted, so it
//! says what was set aside and not what is done.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use nvml_wrapper::Nvml;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long an answer is waited for. It takes milliseconds, but the first one loads the library, and a
/// driver whose GPU was lost may never give one.
const PATIENCE: Duration = Duration::from_millis(300);

type Answer = oneshot::Sender<Option<u32>>;

/// The way to the thread that asks the library. It is none of the runtime's, which waits at its end for
/// all of its own, and it ends when this is dropped.
pub(super) struct Gpus(Option<SyncSender<Answer>>);

impl Gpus {
    /// Looks for them on the other thread.
    pub(super) fn find() -> Self {
        let (ask, asked) = sync_channel(1);
        let thread = std::thread::Builder::new().name("gpus".to_owned());
        let started = thread.spawn(move || answer(&asked));
        Self(started.is_ok().then_some(ask))
    }

    /// The share of the time in which the busiest one had work, in thousandths. None where there is no
    /// GPU, and while there is no answer.
    pub(super) async fn in_use(&self) -> Option<u32> {
        let (answer, answered) = oneshot::channel();
        // Where one question is still open, or the thread has ended, there is nothing to wait for.
        self.0.as_ref()?.try_send(answer).ok()?;
        timeout(PATIENCE, answered).await.ok()?.ok()?
    }
}

fn answer(asked: &Receiver<Answer>) {
    let nvml = match Nvml::init() {
        Ok(nvml) => nvml,
        Err(reason) => {
            tracing::debug!(%reason, "no GPU is measured");
            return;
        }
    };
    tracing::info!(gpus = nvml.device_count().unwrap_or_default(), "GPUs are measured");
    while let Ok(answer) = asked.recv() {
        // Who asked may have given up.
        let _late = answer.send(busiest(&nvml)).is_err();
    }
}

fn busiest(nvml: &Nvml) -> Option<u32> {
    // One that cannot say it, or is lost, does not keep the others from it.
    let percent = |index| nvml.device_by_index(index).ok()?.utilization_rates().ok();
    let most = (0..nvml.device_count().ok()?).filter_map(percent).map(|rates| rates.gpu).max()?;
    Some(most.min(100) * 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether or not this machine has one.
    #[tokio::test]
    async fn a_gpu_is_no_condition() {
        let gpus = Gpus::find();
        for _ in 0..3 {
            assert!(gpus.in_use().await.is_none_or(|share| share <= 1000));
        }
    }

    #[tokio::test]
    async fn a_driver_that_gives_no_answer_is_not_waited_for() {
        let (ask, asked) = sync_channel(1);
        let gpus = Gpus(Some(ask));
        assert_eq!(gpus.in_use().await, None);
        assert_eq!(gpus.in_use().await, None);
        drop(asked);
        assert_eq!(gpus.in_use().await, None);
    }
}
