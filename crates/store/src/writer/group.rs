//! One commit: a group of jobs in one transaction.

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::Job;
use crate::error::{RecordError, StoreError};
use crate::receipts;

/// What each change answered, in the order of the changes in the group.
pub(super) type Answers = Vec<Result<(), StoreError>>;

/// Writes the group and flushes it. An error means that nothing of it stands. An empty group is
/// written as a page of nothing, which tells whether there is space.
pub(super) fn commit(connection: &mut Connection, group: &mut [Job]) -> rusqlite::Result<Answers> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut answers = Vec::new();
    if group.is_empty() {
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('space', zeroblob(4096)) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [],
        )?;
    }
    for job in group {
        match job {
            Job::Intent { intent, .. } => receipts::insert_intent(&transaction, intent)?,
            Job::Withdraw { call, .. } => receipts::delete_intent(&transaction, *call)?,
            Job::Receipt { row, .. } => {
                receipts::insert(&transaction, row)?;
                receipts::delete_intent(&transaction, row.id)?;
            }
            Job::Change { change, .. } => {
                if let Some(change) = change.take() {
                    answers.push(change(&transaction)?);
                }
            }
            Job::Stop => {}
        }
    }
    transaction.commit()?;
    Ok(answers)
}

/// Tells everyone in a committed group.
pub(super) fn acknowledge(group: Vec<Job>, answers: Answers) {
    let mut answers = answers.into_iter();
    for job in group {
        match job {
            Job::Intent { done, .. } => tell(done, Ok(())),
            // The place is freed before the word is out, so that whoever waits for the last
            // receipt finds no place taken.
            Job::Receipt { done, permit, .. } => {
                drop(permit);
                tell(done, Ok(()));
            }
            Job::Change { done, permit, .. } => {
                drop(permit);
                tell(done, answers.next().unwrap_or(Err(StoreError::Unavailable)));
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
