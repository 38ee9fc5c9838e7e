//! Calls whose arguments still stream, side by side.

use crate::json::{Bounds, Misfit, Scanner};

/// The most calls that go on side by side.
const SIDE_BY_SIDE: usize = 256;

/// Levels in a call's arguments.
const DEPTH: usize = 128;

/// The calls that go on, in the order they began.
#[derive(Debug, Default)]
pub(super) struct OpenCalls {
    calls: Vec<OpenCall>,
}

/// A call that goes on.
#[derive(Debug)]
struct OpenCall {
    call: u32,
    /// Where it stands in the output.
    index: usize,
    /// Follows its arguments to see whether they are whole.
    arguments: Box<Scanner>,
}

impl OpenCalls {
    /// Begins a call that stands at `index` of the output.
    ///
    /// # Errors
    /// When there are too many already.
    pub(super) fn begin(&mut self, call: u32, index: usize) -> Result<(), Misfit> {
        if self.calls.len() >= SIDE_BY_SIDE {
            return Err(Misfit::new("more calls go on side by side than can be followed"));
        }
        let arguments = Box::new(Scanner::new(&[], Bounds { depth: DEPTH, capture: 0 }));
        self.calls.push(OpenCall { call, index, arguments });
        Ok(())
    }

    /// Follows the next of a call's arguments, and says where it stands; nothing if it has ended.
    pub(super) fn follow(&mut self, call: u32, piece: &str) -> Option<usize> {
        let open = self.calls.iter_mut().find(|open| open.call == call)?;
        // What cannot be read is not whole; whose arguments they are finds out why.
        let _ = open.arguments.push(piece.as_bytes());
        Some(open.index)
    }

    /// Takes out those whose arguments are whole, and says where they stand.
    pub(super) fn take_whole(&mut self) -> Vec<usize> {
        let is_whole = |open: &mut OpenCall| open.arguments.clone().complete().is_ok();
        self.calls.extract_if(.., is_whole).map(|open| open.index).collect()
    }

    /// Takes them all out, and says where they stand.
    pub(super) fn take_all(&mut self) -> Vec<usize> {
        self.calls.drain(..).map(|open| open.index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_goes_on_until_its_arguments_are_whole() {
        let mut calls = OpenCalls::default();
        calls.begin(0, 2).unwrap();
        calls.begin(1, 3).unwrap();
        assert_eq!(calls.follow(0, "{\"a\":\"}"), Some(2));
        assert_eq!(calls.follow(1, "{} "), Some(3));
        assert_eq!(calls.take_whole(), [3]);
        assert_eq!(calls.follow(1, "{}"), None);
        assert_eq!(calls.follow(0, "\"}"), Some(2));
        assert_eq!((calls.take_whole(), calls.take_all()), (vec![2], vec![]));
    }
}
