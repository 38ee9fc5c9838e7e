//! What the operator's file says of calls. It may come to say something else while the gateway runs; a
//! call keeps what it began with.

use weighbridge_core::directory::Directory;
use weighbridge_core::level::LevelTable;
use weighbridge_core::price::PriceTable;
use weighbridge_core::routing::{Policies, Rules};
use weighbridge_flavor::custom::Custom;

use crate::upstream::Upstream;

/// See the module's words.
pub struct Setting {
    /// Flavors that files of the operator's own describe.
    pub flavors: Vec<&'static Custom>,
    /// The providers.
    pub directory: Directory,
    /// The way to them.
    pub upstream: Upstream,
    /// What accounts may do.
    pub levels: LevelTable,
    /// What calls cost.
    pub prices: PriceTable,
    /// Where calls run.
    pub policies: Policies,
    /// When a provider is left, and when it is taken again.
    pub rules: Rules,
}
