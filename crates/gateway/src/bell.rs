//! Asking only whoever has called: a task that waits for several things is woken for one of them,
//! and need not ask the others.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// How often what calls while it is asked is asked again at once.
const AT_ONCE: u8 = 2;

/// Stands between a task and things that it waits for, and notes whether one of them has called.
///
/// What stands behind a bell is asked by [`Bell::ask`] and in no other way; who asks it with
/// another waker in between says so with [`Bell::reset`].
pub struct Bell {
    rope: Arc<Rope>,
    /// The rope, as those who call see it.
    waker: Waker,
    /// The task that the rope wakes.
    task: Waker,
}

/// What is pulled by those who call.
struct Rope {
    state: AtomicU8,
    task: Mutex<Waker>,
}

/// Nobody waits: it was never asked, is being asked, or had an answer.
const OPEN: u8 = 0;
/// It was asked in vain.
const WAITING: u8 = 1;
/// Somebody has called since.
const PULLED: u8 = 2;

impl Bell {
    /// A bell before something that was never asked.
    pub fn new() -> Self {
        let task = Waker::noop().clone();
        let rope = Rope { state: AtomicU8::new(OPEN), task: Mutex::new(task.clone()) };
        let rope = Arc::new(rope);
        Self { waker: Waker::from(Arc::clone(&rope)), rope, task }
    }

    /// Asks `source`, unless it was asked in vain and nobody has called since.
    pub fn ask<T>(
        &mut self,
        context: &mut Context<'_>,
        mut source: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // The task first: who calls from here on wakes this one, or is seen below.
        self.follow(context.waker());
        if self.rope.state.load(Ordering::Acquire) == WAITING {
            return Poll::Pending;
        }
        let mut own = Context::from_waker(&self.waker);
        for _ in 0..AT_ONCE {
            // Not a plain store: what whoever pulled has done before is seen by the source.
            self.rope.state.swap(OPEN, Ordering::AcqRel);
            let answer = source(&mut own);
            if answer.is_ready() || self.rope.waits() {
                return answer;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// The next [`Bell::ask`] asks, whether anybody has called or not. The task that asked last is
    /// let go of.
    pub fn reset(&mut self) {
        self.rope.state.swap(OPEN, Ordering::AcqRel);
        self.follow(Waker::noop());
    }

    fn follow(&mut self, task: &Waker) {
        if !self.task.will_wake(task) {
            self.task.clone_from(task);
            self.rope.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(task);
        }
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}

impl Rope {
    /// Waits from now on, unless somebody called while they were asked.
    fn waits(&self) -> bool {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        self.state.compare_exchange(OPEN, WAITING, success, failure).is_ok()
    }
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(PULLED, Ordering::AcqRel) == WAITING {
            let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).clone();
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A task that counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    impl Woken {
        fn times(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    /// Asks in vain; says whether the source was asked, and hands out who calls.
    fn in_vain(bell: &mut Bell, task: &Arc<Woken>) -> Option<Waker> {
        let waker = Waker::from(Arc::clone(task));
        let mut caller = None;
        let answer = bell.ask(&mut Context::from_waker(&waker), |context| {
            caller = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(answer.is_pending());
        caller
    }

    #[test]
    fn who_has_not_called_is_not_asked_again() {
        let (mut bell, task) = (Bell::new(), Arc::new(Woken::default()));
        let caller = in_vain(&mut bell, &task).unwrap();
        assert!(in_vain(&mut bell, &task).is_none());
        caller.wake_by_ref();
        caller.wake_by_ref();
        assert_eq!(task.times(), 1);
        assert!(in_vain(&mut bell, &task).is_some());
        assert!(in_vain(&mut bell, &task).is_none());
        bell.reset();
        assert!(in_vain(&mut bell, &task).is_some());
    }

    #[test]
    fn an_answer_is_asked_for_the_next_and_wakes_nobody() {
        let (mut bell, task) = (Bell::new(), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&task));
        for next in 0..3 {
            let answer = bell.ask(&mut Context::from_waker(&waker), |context| {
                context.waker().wake_by_ref();
                Poll::Ready(next)
            });
            assert_eq!(answer, Poll::Ready(next));
        }
        assert_eq!(task.times(), 0);
    }

    #[test]
    fn who_calls_while_asked_is_asked_again_and_never_lost() {
        let (mut bell, task) = (Bell::new(), Arc::new(Woken::default()));
        let waker = Waker::from(Arc::clone(&task));
        let mut asked = 0;
        let mut source = |context: &mut Context<'_>| {
            asked += 1;
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        };
        assert!(bell.ask(&mut Context::from_waker(&waker), &mut source).is_pending());
        assert_eq!(task.times(), 1);
        assert!(bell.ask(&mut Context::from_waker(&waker), &mut source).is_pending());
        assert_eq!((asked, task.times()), (usize::from(AT_ONCE) * 2, 2));
    }

    #[test]
    fn the_task_that_asked_last_is_the_one_that_is_woken() {
        let (mut bell, first) = (Bell::new(), Arc::new(Woken::default()));
        let second = Arc::new(Woken::default());
        let caller = in_vain(&mut bell, &first).unwrap();
        assert!(in_vain(&mut bell, &second).is_none());
        caller.wake();
        assert_eq!((first.times(), second.times()), (0, 1));
    }

    /// Calls from another thread, over and over, against a task that goes to sleep in between.
    #[test]
    fn no_call_from_another_thread_is_lost() {
        const CALLS: usize = 20_000;
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let calling = std::thread::spawn(move || {
            for call in 0..CALLS {
                sender.send(call).unwrap();
                if call % 7 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (mut bell, mut receiver) = (Bell::new(), receiver);
        let all = async {
            let mut next = 0;
            while let Some(call) = std::future::poll_fn(|context| {
                bell.ask(context, |context| receiver.poll_recv(context))
            })
            .await
            {
                assert_eq!(call, next);
                next += 1;
            }
            next
        };
        let patience = std::time::Duration::from_secs(60);
        let count = runtime.block_on(async { tokio::time::timeout(patience, all).await });
        assert_eq!(count.unwrap(), CALLS);
        calling.join().unwrap();
    }
}
