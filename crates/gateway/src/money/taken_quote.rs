//! A quote that was accepted, on its way to its one call.

use std::sync::Arc;

use weighbridge_core::quote::Quote;

use crate::money::account::LiveAccount;

/// An accepted quote. It is open again when this is dropped, unless its call was made.
#[derive(Debug)]
pub(crate) struct TakenQuote {
    account: Arc<LiveAccount>,
    quote: Option<Quote>,
}

impl TakenQuote {
    pub(crate) fn new(account: &Arc<LiveAccount>, quote: Quote) -> Self {
        Self { account: Arc::clone(account), quote: Some(quote) }
    }

    pub(crate) fn quote(&self) -> Option<&Quote> {
        self.quote.as_ref()
    }

    /// Its call was made: it is not open again.
    pub(crate) fn use_up(mut self) {
        self.quote = None;
    }
}

impl Drop for TakenQuote {
    fn drop(&mut self) {
        if let Some(quote) = self.quote.take() {
            self.account.quotes().put_back(quote);
        }
    }
}
