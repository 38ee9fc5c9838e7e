//! A request.

use super::source::Source;
use super::{Custom, Messages};
use crate::canon::{Block, Losses, Request, Role, Sampling, Text, Turn};
use crate::json::{Misfit, object};
use serde_json::value::RawValue;

/// The part of a message's name in a loss report.
const MESSAGE: &str = "messages[].";

/// Reads a request.
///
/// # Errors
/// [`Misfit`] for what is none.
pub fn read_request<'a>(
    custom: &Custom,
    body: &'a str,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let places = &custom.request;
    let mut source = Source::parse(body)?;
    let system = source.text(places.system.as_ref())?;
    let mut request = Request {
        system: system.filter(|text| !text.is_empty()).into_iter().collect(),
        max_output: source.whole(places.max_output.as_ref())?.filter(|tokens| *tokens > 0),
        sampling: Sampling {
            temperature: source.number(places.temperature.as_ref())?,
            top_p: source.number(places.top_p.as_ref())?,
            top_k: source.whole(places.top_k.as_ref())?,
            seed: source.number(places.seed.as_ref())?,
            ..Sampling::default()
        },
        stop: stop(&mut source, custom)?,
        stream: source.flag(places.stream.as_ref())?.unwrap_or(false),
        end_user: source.text(places.end_user.as_ref())?,
        ..Request::to(source.needed_text(&places.model)?)
    };
    let missing = || {
        let words = "is missing; a list of messages has to stand here";
        Misfit::new(words).at(&places.messages.place.to_string())
    };
    let messages = source.list(Some(&places.messages.place))?.ok_or_else(missing)?;
    for (index, message) in messages.into_iter().enumerate() {
        let turn = turn(&places.messages, message, losses);
        let turn = turn.map_err(|it| it.within(index).at(&places.messages.place.to_string()))?;
        add(turn, &mut request);
    }
    // The gateway has read it itself.
    source.pass_over("hybrid_policy");
    source.name_rest("", losses);
    Ok(request)
}

fn stop<'a>(source: &mut Source<'a>, custom: &Custom) -> Result<Vec<Text<'a>>, Misfit> {
    let place = custom.request.stop.as_ref();
    let texts = source.list(place)?.unwrap_or_default();
    let read: Result<_, Misfit> = texts.into_iter().map(object::text).collect();
    read.map_err(|misfit| misfit.at(&place.map(ToString::to_string).unwrap_or_default()))
}

fn turn<'a>(
    places: &Messages,
    message: &'a RawValue,
    losses: &mut Losses,
) -> Result<Turn<'a>, Misfit> {
    if !message.get().starts_with('{') {
        return Err(Misfit::new("should be an object"));
    }
    let mut source = Source::parse(message.get())?;
    let role = source.needed_text(&places.role)?;
    let role = if role == places.user {
        Role::User
    } else if role == places.assistant {
        Role::Assistant
    } else if places.system.as_ref().is_some_and(|system| role == *system) {
        Role::System
    } else {
        let words = format!("should be `{}` or `{}`", places.user, places.assistant);
        return Err(Misfit::new(words).at(places.role.last()));
    };
    let text = source.needed_text(&places.text)?;
    source.name_rest(MESSAGE, losses);
    Ok(Turn { role, blocks: vec![Block::Text(text)] })
}

/// Adds a turn. What is told before anything else is said is the system's.
fn add<'a>(turn: Turn<'a>, request: &mut Request<'a>) {
    if turn.role == Role::System && request.turns.is_empty() {
        request.system.extend(turn.blocks.into_iter().filter_map(|block| match block {
            Block::Text(text) => Some(text),
            _ => None,
        }));
    } else {
        request.turns.push(turn);
    }
}
