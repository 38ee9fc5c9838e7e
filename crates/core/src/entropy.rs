//! Where randomness comes from: a trait, so that only start-up knows the system's source.

/// The source gave no bytes. Nothing can be made safely without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct NoEntropy;

/// A source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// [`NoEntropy`] where the system gives none; whoever asked must not go on.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// `N` fresh bytes.
///
/// # Errors
/// As [`Entropy::fill`].
pub fn fresh<const N: usize>(source: &dyn Entropy) -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
