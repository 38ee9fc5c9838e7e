//! What the sequencer's thread does.

use std::time::Duration;

use tokio::sync::watch;

use super::sequencer::{Sequencer, Stop};
use super::{Standing, refused};
use crate::background;

/// How often it is looked for rows without a number: well within the second that a receipt may wait
/// for its own.
const INTERVAL: Duration = Duration::from_millis(400);

/// The most passes that are made once it is told to stop: what is left is numbered at the next start.
const LAST_PASSES: usize = 16;

/// Numbers rows until it is told to end, and then what is committed.
pub(super) fn run(
    mut sequencer: Sequencer,
    standing: &watch::Sender<Standing>,
    stop: &background::Stop,
) {
    let mut put_off = false;
    loop {
        let last = stop.wait(INTERVAL);
        let mut passes = 0;
        while passes < LAST_PASSES || !(last || stop.is_told()) {
            passes += 1;
            match sequencer.pass() {
                Ok((head, more)) => {
                    put_off = false;
                    if let Some(head) = head {
                        standing.send_replace(Standing::Signed(Some(head)));
                    }
                    if !more {
                        break;
                    }
                }
                Err(Stop::Refuse(reason)) => {
                    standing.send_replace(refused(&reason));
                    return;
                }
                Err(Stop::Ended) => return,
                Err(Stop::Later(reason)) => {
                    if !std::mem::replace(&mut put_off, true) {
                        tracing::warn!(reason, "the log cannot be gone on with now; tried again");
                    }
                    break;
                }
            }
        }
        if last {
            return;
        }
    }
}
