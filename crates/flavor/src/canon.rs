//! The canonical form of a conversation: what stands between two flavors that differ.
//!
//! It is typed, and has blocks of content for everything that some flavor can say. It is never an
//! envelope of one flavor with side channels for the others, and the same flavor on both sides never
//! touches it (invariant F1). What a flavor says and the form cannot hold is named in the loss
//! report by the reader; what the form holds and a flavor cannot say, by the writer.

mod block;
mod event;
mod face;
mod fault;
mod ids;
mod keepsake;
mod loss;
mod opaque;
mod reply;
mod request;
mod stop;
mod tool;
mod usage;

pub use block::{Block, Json, Media, Reasoning, Source, Text, ToolCall, ToolResult};
pub use event::Event;
pub use face::{Face, Target};
pub use fault::Fault;
pub(crate) use ids::{is_of_one_call, unique};
pub use keepsake::Keepsake;
pub(crate) use keepsake::{Keeper, put_back};
pub use loss::{Action, Loss, Losses};
pub(crate) use opaque::take_out;
pub use reply::{Choice, Reply};
pub use request::{Effort, Format, Request, Role, Sampling, Thinking, Turn};
pub use stop::Stop;
pub use tool::{Grouped, Tool, ToolChoice, ToolNames};
pub use usage::Usage;
pub(crate) use usage::tokens;
