//! What a start finds of the process before it: calls whose intent was committed and whose receipt
//! was not. Each gets a receipt `interrupted`, which charges nothing unless the operator wants it to.

use rusqlite::Connection;
use weighbridge_core::call::Ending;
use weighbridge_core::cost::Interrupted;
use weighbridge_core::entropy::{self, Entropy};
use weighbridge_core::id::NodeId;
use weighbridge_core::receipt;
use weighbridge_proof::Timestamp;

use crate::receipts::{self, Row};
use crate::spending::Charges;

/// How many calls are ended in one commit.
const BATCH: u32 = 500;

/// Ends every open call. The directory's lock is held, so whoever opened them is gone.
pub(crate) fn interrupt_all(
    connection: &mut Connection,
    node: NodeId,
    rule: Interrupted,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<usize, String> {
    let mut ended = 0;
    loop {
        let found = receipts::open_intents(connection, node, BATCH).map_err(words)?;
        if found.is_empty() {
            return Ok(ended);
        }
        let transaction = connection.transaction().map_err(words)?;
        let mut charges = Charges::default();
        for intent in &found {
            let salts = entropy::fresh(entropy).map_err(words)?;
            let ending = Ending::interrupted(intent, rule, now);
            let receipt = receipt::issue(intent, &ending, &salts).map_err(words)?;
            let row = Row::of(intent, &ending, &receipt);
            receipts::insert(&transaction, &row, &mut charges).map_err(words)?;
            receipts::delete_intent(&transaction, intent.id).map_err(words)?;
        }
        charges.write(&transaction).map_err(words)?;
        transaction.commit().map_err(words)?;
        ended += found.len();
    }
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
