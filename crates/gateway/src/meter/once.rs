//! What a call was made with that is good for one call.

use weighbridge_store::idempotency::OnceKey;

use crate::money::taken_quote::TakenQuote;

/// An idempotency key, a quote that was accepted, or neither.
#[derive(Debug, Default)]
pub(crate) struct Once {
    pub(crate) key: Option<OnceKey>,
    pub(crate) quote: Option<TakenQuote>,
}

impl Once {
    /// Whether a call made with this cannot be made again as it was.
    pub(super) fn is_used(&self) -> bool {
        self.key.is_some() || self.quote.is_some()
    }

    /// Ends it with its call. Where nothing was `sent` both are given back: the quote here, the key
    /// by whoever writes the receipt.
    pub(super) fn end(self, sent: bool) -> Option<OnceKey> {
        if !sent {
            return self.key;
        }
        if let Some(quote) = self.quote {
            quote.use_up();
        }
        None
    }
}
