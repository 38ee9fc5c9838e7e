//! One commit: a group of jobs in one transaction.

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::Job;
use crate::error::{RecordError, Repeated, StoreError};
use crate::fresh::Fresh;
use crate::spending::Charges;
use crate::{idempotency, receipts};

/// What is to be told to those who wait, beside that it was committed.
#[derive(Default)]
pub(super) struct Answers {
    /// What each change answered, in the order of the changes in the group.
    changes: Vec<Result<(), StoreError>>,
    /// What the sequencer's change answered.
    numbered: Option<Result<(), StoreError>>,
    /// Intents that were refused, by their places in the group.
    repeated: Vec<(usize, Repeated)>,
    /// The receipts of the group.
    pub(super) fresh: Vec<Fresh>,
}

/// Writes the group and flushes it. An error means that nothing of it stands. An empty group is
/// written as a page of nothing, which tells whether there is space.
pub(super) fn commit(connection: &mut Connection, group: &mut [Job]) -> rusqlite::Result<Answers> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Answers::default();
    let mut charges = Charges::default();
    if group.is_empty() {
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('space', zeroblob(4096)) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [],
        )?;
    }
    for (index, job) in group.iter_mut().enumerate() {
        match job {
            Job::Intent { intent, once, .. } => {
                if let Some(once) = once
                    && let Err(repeated) = idempotency::take(&transaction, once, intent.id)?
                {
                    answers.repeated.push((index, repeated));
                    continue;
                }
                receipts::insert_intent(&transaction, intent)?;
            }
            Job::Withdraw { call, once, .. } => {
                receipts::delete_intent(&transaction, *call)?;
                if let Some(once) = once {
                    idempotency::free(&transaction, once, *call)?;
                }
            }
            Job::Receipt { row, .. } => {
                answers.fresh.push(receipts::insert(&transaction, row, &mut charges)?);
                receipts::delete_intent(&transaction, row.id)?;
            }
            Job::Change { change, .. } => {
                if let Some(change) = change.take() {
                    // It may read what the receipts before it charged.
                    std::mem::take(&mut charges).write(&transaction)?;
                    answers.changes.push(change(&transaction)?);
                }
            }
            Job::Number { change, .. } => {
                if let Some(change) = change.take() {
                    answers.numbered = Some(change(&transaction)?);
                }
            }
            Job::Stop => {}
        }
    }
    charges.write(&transaction)?;
    transaction.commit()?;
    Ok(answers)
}

/// Tells everyone in a committed group.
pub(super) fn acknowledge(group: Vec<Job>, answers: Answers) {
    let Answers { changes, mut numbered, repeated, .. } = answers;
    let mut changes = changes.into_iter();
    let mut repeated = repeated.into_iter().peekable();
    for (index, job) in group.into_iter().enumerate() {
        match job {
            Job::Intent { done, .. } => {
                let refused = repeated.next_if(|(of, _)| *of == index);
                tell(done, refused.map_or(Ok(()), |(_, repeated)| Err(repeated.into())));
            }
            // The place is freed before the word is out, so that whoever waits for the last
            // receipt finds no place taken.
            Job::Receipt { done, permit, .. } => {
                drop(permit);
                tell(done, Ok(()));
            }
            Job::Change { done, permit, .. } => {
                drop(permit);
                tell(done, changes.next().unwrap_or(Err(StoreError::Unavailable)));
            }
            Job::Number { done, .. } => {
                let answer = numbered.take().unwrap_or(Err(StoreError::Unavailable));
                let _nobody_waits = done.try_send(answer).is_err();
            }
            Job::Withdraw { .. } | Job::Stop => {}
        }
    }
}

/// Refuses what may be refused, and gives back what must be written as soon as there is space.
pub(super) fn refuse_for_lack_of_space(group: Vec<Job>) -> Vec<Job> {
    let mut waiting = Vec::new();
    for job in group {
        match job {
            Job::Intent { done, .. } => tell(done, Err(RecordError::Full)),
            Job::Change { done, .. } => tell(done, Err(StoreError::Full)),
            Job::Number { done, .. } => {
                let _nobody_waits = done.try_send(Err(StoreError::Full)).is_err();
            }
            Job::Withdraw { .. } | Job::Receipt { .. } => waiting.push(job),
            Job::Stop => {}
        }
    }
    waiting
}

/// Answers whoever waits, if anybody still does.
fn tell<T>(waiting: oneshot::Sender<T>, answer: T) {
    let _nobody_waits = waiting.send(answer).is_err();
}
