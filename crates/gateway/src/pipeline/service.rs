//! How a call for a service beside conversation goes to its providers.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use weighbridge_core::directory::{Abilities, Flavor, Serving};
use weighbridge_core::estimate::{Demand, PAIR, PART, Prompt, SEQUENCE};
use weighbridge_core::failure::Failure;
use weighbridge_core::price::Pieces;
use weighbridge_flavor::canon::ToolNames;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::estimate::estimate_tokens;
use weighbridge_flavor::services::{self, Form, Peek, Service};

use crate::pipeline::Read;
use crate::pipeline::admitted::take_memory;
use crate::pipeline::way::{Converted, Wanted, Way, Ways, refused, unreadable};

/// Finds the ways to those who serve it, as for a conversation.
///
/// # Errors
/// As for a conversation.
pub(super) fn find(
    read: &mut Read,
    candidates: &[Serving],
    service: Service,
    from: Form,
) -> Result<Ways, Failure> {
    let bytes = read.bytes.clone();
    let kind = read.headers.get(CONTENT_TYPE).cloned();
    let kind = kind.as_ref().and_then(|value| value.to_str().ok());
    let mut ways = Vec::with_capacity(candidates.len());
    let mut refusal = None;
    for serving in candidates {
        let Serving { provider, model, .. } = serving;
        let Some((dialect, to)) = spoken_to(provider.flavor, service, from) else { continue };
        let mut way = Way { form: Some((service, to)), ..Way::straight(serving, dialect) };
        if to != from {
            // Who takes it as it came may take what nobody here can read.
            let made = match convert(read, service, (from, to), &bytes, (kind, model)) {
                Ok(made) => made,
                Err(failure) => {
                    refusal.get_or_insert(failure);
                    continue;
                }
            };
            if let Some(failure) = refused(&made.losses, read.wishes.strict, provider) {
                refusal.get_or_insert(failure);
                continue;
            }
            let more = take_memory(&read.gateway, made.body.len().max(1))?;
            read.memory.merge(more);
            way.converted = Some(Arc::new(made));
        }
        ways.push(way);
    }
    match refusal.filter(|_| ways.is_empty()) {
        Some(failure) => Err(failure),
        None => {
            let peek = read.asked.as_deref().cloned().unwrap_or_default();
            Ok(Ways { ways, demand: wanted(service, peek) })
        }
    }
}

/// Whether a request goes to all of them without being read as a whole.
pub(super) fn goes_as_it_came(candidates: &[Serving], from: Form) -> bool {
    candidates
        .iter()
        .all(|it| own_forms(it.provider.flavor).is_some_and(|(_, own)| own.contains(&from)))
}

/// What is spoken to a provider of this flavor: the same where it can. A configuration names none that
/// cannot serve it.
fn spoken_to(flavor: Flavor, service: Service, from: Form) -> Option<(Dialect, Form)> {
    let (dialect, own) = own_forms(flavor)?;
    if own.contains(&from) {
        return Some((dialect, from));
    }
    own.into_iter().find(|form| service.has(*form)).map(|form| (dialect, form))
}

/// The forms that a flavor has for services, the better one first.
fn own_forms(flavor: Flavor) -> Option<(Dialect, [Form; 2])> {
    match flavor {
        Flavor::OpenAi => Some((Dialect::Chat, [Form::OpenAi, Form::Jina])),
        Flavor::Gemini => Some((Dialect::Gemini, [Form::GeminiBatch, Form::Gemini])),
        Flavor::Ollama => Some((Dialect::OllamaChat, [Form::Ollama, Form::OllamaOlder])),
        Flavor::Aog => Some((Dialect::AogChat, [Form::Aog, Form::Aog])),
        Flavor::Anthropic | Flavor::Custom(_) => None,
    }
}

fn convert(
    read: &Read,
    service: Service,
    (from, to): (Form, Form),
    bytes: &Bytes,
    (kind, model): (Option<&str>, &str),
) -> Result<Converted, Failure> {
    let outgoing = services::request(service, from, to, bytes, kind, read.address.path(), model);
    let outgoing = outgoing.map_err(|misfit| unreadable(&misfit))?;
    Ok(Converted {
        body: outgoing.body,
        content_type: HeaderValue::from_str(&outgoing.content_type).ok(),
        names: ToolNames::default(),
        wants: outgoing.wants,
        losses: outgoing.losses,
    })
}

/// What is asked for. Pictures, speech and transcripts come to tokens for some models, which only the
/// price table can bound; vectors and orders do not.
fn wanted(service: Service, peek: Peek) -> Wanted {
    let around = if service == Service::Rerank { PAIR } else { SEQUENCE };
    let around = around.saturating_mul(peek.items);
    let prompt = match peek.tokens {
        Some(tokens) => Prompt::Counted(tokens),
        // How many tokens a sound or a picture comes to, nobody knows before.
        None if peek.media_bytes > 0 => {
            Prompt::Open(peek.text_bytes.saturating_add(peek.items.saturating_mul(PART)))
        }
        None => {
            Prompt::AtMost(peek.text_bytes.saturating_add(peek.again_bytes).saturating_add(around))
        }
    };
    let pieces = Pieces {
        images: if service == Service::Image { peek.items } else { 0 },
        seconds: peek.seconds.unwrap_or(0),
        characters: peek.characters.unwrap_or(0),
        searches: 0,
    };
    let (max_output, answers) = match service {
        Service::Image => (None, peek.items),
        Service::Speech | Service::Transcription => (None, 1),
        Service::Embed | Service::Rerank => (Some(0), 0),
    };
    Wanted {
        demand: Demand { prompt, max_output, answers, pieces },
        prompt: peek.tokens.unwrap_or_else(|| estimate_tokens(peek.text_bytes)),
        other_limit: None,
        end_user: peek.end_user,
        needs: Abilities::default(),
    }
}
