//! The real source of randomness.

use std::cell::RefCell;

use weighbridge_core::entropy::{Entropy, NoEntropy};

/// Bytes that a thread fetches at a time. A call needs about 150, in pieces: fetching each by itself
/// costs more than all that is done with them.
const STOCK: usize = 1_024;

/// The system's random bytes.
#[derive(Debug)]
pub(crate) struct SystemEntropy;

/// Random bytes of which the first `used` were given out, each once, and wiped.
struct Stock {
    bytes: [u8; STOCK],
    used: usize,
}

thread_local! {
    static OWN: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK], used: STOCK }) };
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        if bytes.len() > STOCK {
            return getrandom::fill(bytes).map_err(|_| NoEntropy);
        }
        OWN.with_borrow_mut(|stock| stock.give(bytes))
    }
}

impl Stock {
    fn give(&mut self, wanted: &mut [u8]) -> Result<(), NoEntropy> {
        if self.used + wanted.len() > STOCK {
            getrandom::fill(&mut self.bytes).map_err(|_| NoEntropy)?;
            self.used = 0;
        }
        let given = &mut self.bytes[self.used..self.used + wanted.len()];
        wanted.copy_from_slice(given);
        given.fill(0);
        self.used += wanted.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_are_given_twice() {
        let mut seen = std::collections::HashSet::new();
        for length in [16, 100, 128, 1_000, 1_024, 2_000, 24].into_iter().cycle().take(700) {
            let mut bytes = vec![0; length];
            SystemEntropy.fill(&mut bytes).unwrap();
            for piece in bytes.chunks_exact(8) {
                assert!(seen.insert(piece.to_vec()), "eight bytes came twice");
            }
        }
    }
}
