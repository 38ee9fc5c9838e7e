//! Names of models: what they say of the model behind them, and which of those that are served is
//! the one that somebody means who spells it otherwise.

mod kind;
mod likeness;
mod model_name;
mod vendor;
mod word;

pub use kind::Kind;
pub use likeness::{Likeness, most_like};
pub use model_name::ModelName;
