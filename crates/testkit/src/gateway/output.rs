//! What a process writes, kept for messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How many lines are kept.
const LINES: usize = 1000;
/// How long is waited for the last words of a process that has ended.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The last lines of standard output and error.
#[derive(Debug)]
pub(super) struct Output {
    lines: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Output {
    /// Reads what `child` writes from now on.
    pub(super) fn of(child: &mut Child) -> Self {
        let mut output = Self { lines: Arc::default(), readers: Vec::new() };
        if let Some(pipe) = child.stdout.take() {
            output.read(pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            output.read(pipe);
        }
        output
    }

    fn read(&mut self, pipe: impl AsyncRead + Unpin + Send + 'static) {
        let lines = Arc::clone(&self.lines);
        self.readers.push(tokio::spawn(async move {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                let mut lines = locked(&lines);
                if lines.len() == LINES {
                    lines.pop_front();
                }
                lines.push_back(text);
                line.clear();
            }
        }));
    }

    /// The first line that contains `words`.
    pub(super) fn line_with(&self, words: &str) -> Option<String> {
        locked(&self.lines).iter().find(|line| line.contains(words)).cloned()
    }

    /// Every line that is kept.
    pub(super) fn text(&self) -> String {
        locked(&self.lines).iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    /// Waits for the last words of a process that has ended.
    pub(super) async fn settle(&mut self) {
        for reader in &mut self.readers {
            let _ = timeout(LAST_WORDS, reader).await;
        }
    }
}

fn locked(lines: &Mutex<VecDeque<String>>) -> MutexGuard<'_, VecDeque<String>> {
    lines.lock().unwrap_or_else(PoisonError::into_inner)
}
