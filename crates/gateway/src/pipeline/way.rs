//! How a call goes to one provider: as it came, or in the provider's own dialect.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use weighbridge_core::call::{Conversion, Loss};
use weighbridge_core::directory::{Abilities, Flavor, Provider, Responses, Seat, Serving};
use weighbridge_core::estimate::Demand;
use weighbridge_core::failure::{Code, Failure};
use weighbridge_flavor::canon::{Keepsake, Losses, Target, ToolNames};
use weighbridge_flavor::convert::Asked;
use weighbridge_flavor::custom::Custom;
use weighbridge_flavor::dialect::Dialect;
use weighbridge_flavor::facts::Facts;
use weighbridge_flavor::json::Misfit;
use weighbridge_flavor::openai::LimitField;
use weighbridge_flavor::services::{Form, Service, Wants};
use weighbridge_tokens::Family;

use crate::keepsakes::Origin;
use crate::money::offer::{demand, estimated_prompt};
use crate::pipeline::Read;
use crate::pipeline::admitted::take_memory;

/// The limit of an answer where the provider's dialect needs one, the caller set none and the price
/// table knows none of the model: as much as today's larger models give.
const OUTPUT: u64 = 32_000;

/// See the module's words.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    pub(crate) seat: Seat,
    pub(crate) provider: Arc<Provider>,
    /// The model by the name that the provider knows.
    pub(crate) model: Arc<str>,
    /// What is spoken to it.
    pub(crate) dialect: Dialect,
    /// Beside conversations: the form that is spoken to it.
    pub(crate) form: Option<(Service, Form)>,
    /// The call in that dialect; nothing where it goes on as it came.
    pub(crate) converted: Option<Arc<Converted>>,
}

/// A call in another dialect than its caller's.
#[derive(Debug)]
pub(crate) struct Converted {
    pub(crate) body: Bytes,
    /// The media type of that, where it is not JSON.
    pub(crate) content_type: Option<HeaderValue>,
    /// What the caller calls its tools.
    pub(crate) names: ToolNames,
    /// Beside conversations: what the caller wants of its reply.
    pub(crate) wants: Wants,
    pub(crate) losses: Losses,
}

impl Way {
    /// One on which the call goes as it came.
    pub(super) fn straight(serving: &Serving, dialect: Dialect) -> Self {
        Self {
            seat: serving.seat,
            provider: Arc::clone(&serving.provider),
            model: Arc::clone(&serving.model),
            dialect,
            form: None,
            converted: None,
        }
    }

    /// What is made of a call that came in `from`.
    pub(crate) fn conversion(&self, from: Dialect) -> Conversion {
        // The dialect of a service's refusals says as well whose form it is.
        let is_canonical = |dialect| matches!(dialect, Dialect::AogChat | Dialect::AogGenerate);
        match &self.converted {
            None => Conversion::None,
            Some(_) if is_canonical(self.dialect) => Conversion::ToCanonical,
            Some(_) if is_canonical(from) => Conversion::FromCanonical,
            Some(_) => Conversion::Both,
        }
    }

    /// The flavor that receipts name.
    pub(crate) fn flavor(&self) -> &'static str {
        self.form.map_or(self.dialect.flavor(), |(_, form)| form.flavor())
    }

    /// What does not reach the provider as it was asked for, as receipts have it.
    pub(crate) fn losses(&self) -> Vec<Loss> {
        let losses = self.converted.as_ref().map(|converted| converted.losses.named());
        let loss = |loss: &weighbridge_flavor::canon::Loss| Loss {
            field: loss.field.clone().into_owned(),
            action: loss.action.as_str(),
        };
        losses.unwrap_or_default().iter().map(loss).collect()
    }
}

/// The ways to all that may serve a call, and what it asks for.
pub(crate) struct Ways {
    pub(crate) ways: Vec<Way>,
    pub(crate) demand: Wanted,
}

/// What a call asks for, as far as its cost depends on it.
pub(crate) struct Wanted {
    pub(crate) demand: Demand,
    /// Tokens of the prompt by the stated rule.
    pub(crate) prompt: u64,
    /// A name of some server's own for the limit of the answer.
    pub(crate) other_limit: Option<&'static str>,
    /// Whom the caller calls for.
    pub(crate) end_user: Option<String>,
    /// What it needs beside words.
    pub(crate) needs: Abilities,
}

impl Wanted {
    /// Tokens of the prompt, and of the longest answer if that is said.
    pub(crate) fn tokens(&self) -> u64 {
        self.prompt.saturating_add(self.demand.max_output.unwrap_or(0))
    }

    /// Of a conversation. A prompt is bounded by the longest form that it has on its ways.
    fn of(facts: &Facts, bytes: usize, ways: &[Way]) -> Self {
        let converted = ways.iter().filter_map(|way| way.converted.as_ref());
        let longest = converted.map(|converted| converted.body.len()).max().unwrap_or(0);
        let bytes = bytes.max(longest);
        Self {
            demand: demand(facts, bytes),
            prompt: estimated_prompt(facts, bytes),
            other_limit: facts.other_limit,
            end_user: facts.end_user.clone(),
            needs: Abilities {
                tools: facts.tools,
                vision: facts.pictures > 0,
                audio: facts.sounds > 0,
            },
        }
    }
}

/// Finds them. The caller's request is read into the canonical form at most once, and written once
/// for all providers that take it in the same words.
///
/// # Errors
/// 400 where nobody can be asked without a loss that changes what the call means, or with any loss
/// where the caller wants none, and for a request that cannot be read and would have to be; 503
/// where there is no memory for the same in other words.
pub(crate) fn find(read: &mut Read, candidates: &[Serving]) -> Result<Ways, Failure> {
    let from = read.address.dialect;
    let flavors = read.setting.flavors.as_slice();
    let to = candidates.iter().map(|it| spoken_to(&it.provider, from, flavors));
    let to: Vec<Dialect> = to.collect();
    if read.address.compact {
        return compacting(read, candidates.iter().zip(to));
    }
    let bytes = read.bytes.clone();
    let is_read = to.iter().all(|to| *to == from) && !needs_reading(read, candidates);
    if read.chat.is_some() && is_read {
        return Ok(unconverted(read, candidates));
    }
    let asked = std::str::from_utf8(&bytes)
        .map_err(|_| Misfit::new("is not UTF-8"))
        .and_then(|text| Asked::read(from, text, read.address.path()));
    let facts = match (&read.chat, &asked) {
        (Some(chat), asked) => told_apart(chat.facts(), asked, bytes.len()),
        (None, Ok(asked)) => Facts::of(&asked.request, &asked.losses, bytes.len()),
        (None, Err(_)) => Facts::of_unknown(bytes.len(), read.max_output),
    };
    // Where it is one of nobody's dialect, only a peek has seen it.
    let facts = Facts { other_limit: facts.other_limit.or(read.other_limit), ..facts };
    let mut written: Vec<(Dialect, Target, Arc<Converted>)> = Vec::new();
    let mut ways = Vec::with_capacity(candidates.len());
    let mut refusal = None;
    for (serving, to) in candidates.iter().zip(to) {
        let Serving { provider, model, .. } = serving;
        if to == from {
            ways.push(Way::straight(serving, to));
            continue;
        }
        // Who takes it as it came may take what nobody here can read.
        let asked = match &asked {
            Ok(asked) => asked,
            Err(misfit) => {
                refusal.get_or_insert_with(|| unreadable(misfit));
                continue;
            }
        };
        let target = target(read, provider, model);
        let reminding = reminding(read, provider, model);
        let same = written.iter().find(|(dialect, other, _)| *dialect == to && *other == target);
        let converted = match same.filter(|_| reminding.is_none()) {
            Some((.., converted)) => Arc::clone(converted),
            None => {
                let is_for_all = reminding.is_none();
                let outgoing = match reminding {
                    Some(find) => asked.write_reminded(to, &target, &find),
                    None => asked.write(to, &target),
                };
                let more = take_memory(&read.gateway, outgoing.body.len().max(1))?;
                read.memory.merge(more);
                let converted = Arc::new(Converted {
                    body: Bytes::from(outgoing.body),
                    content_type: None,
                    names: outgoing.names,
                    wants: Wants::default(),
                    losses: outgoing.losses,
                });
                // What one provider's model thought is not for another.
                if is_for_all {
                    written.push((to, target, Arc::clone(&converted)));
                }
                converted
            }
        };
        match refused(&converted.losses, read.wishes.strict, provider) {
            Some(failure) => {
                refusal.get_or_insert(failure);
            }
            None => {
                ways.push(Way { converted: Some(converted), ..Way::straight(serving, to) });
            }
        }
    }
    match refusal.filter(|_| ways.is_empty()) {
        Some(failure) => Err(failure),
        None => {
            let demand = Wanted::of(&facts, bytes.len(), &ways);
            Ok(Ways { ways, demand })
        }
    }
}

/// Whether a request goes to all of them without being read as a whole.
pub(super) fn goes_as_it_came(read: &Read, candidates: &[Serving]) -> bool {
    let from = read.address.dialect;
    let flavors = &read.setting.flavors;
    let is_same = |it: &Serving| spoken_to(&it.provider, from, flavors) == from;
    let is_read = candidates.iter().all(is_same) && !needs_reading(read, candidates);
    read.address.compact || (read.chat.is_some() && is_read)
}

/// Whether a chat has to be read as a whole to know who is able to serve it: a peek sees that there are
/// pictures or sounds, and not which of them.
fn needs_reading(read: &Read, candidates: &[Serving]) -> bool {
    read.chat.as_ref().is_some_and(|chat| chat.media > 0)
        && candidates.iter().any(|it| it.lacks.vision || it.lacks.audio)
}

/// The facts of a peek, with the pictures and sounds that reading has found.
fn told_apart(peeked: Facts, asked: &Result<Asked<'_>, Misfit>, bytes: usize) -> Facts {
    let Ok(asked) = asked else { return peeked };
    let Facts { pictures, sounds, .. } = Facts::of(&asked.request, &asked.losses, bytes);
    Facts { pictures, sounds, ..peeked }
}

/// A conversation is made shorter only by those who can read what comes of it.
fn compacting<'a>(
    read: &Read,
    candidates: impl Iterator<Item = (&'a Serving, Dialect)>,
) -> Result<Ways, Failure> {
    let own = candidates.filter(|(_, to)| *to == read.address.dialect);
    let ways: Vec<Way> = own.map(|(serving, dialect)| Way::straight(serving, dialect)).collect();
    if ways.is_empty() {
        let words = "/v1/responses/compact: only a provider with responses of its own makes \
                     conversations shorter; let the client do it, or use a model of such a provider";
        return Err(Failure::client(Code::NotImplemented, words).at("model"));
    }
    let facts = Facts::of_unknown(read.bytes.len(), read.max_output);
    let demand = Wanted::of(&facts, read.bytes.len(), &ways);
    Ok(Ways { ways, demand })
}

/// Chat on both sides, which is read no more than it must.
fn unconverted(read: &Read, candidates: &[Serving]) -> Ways {
    let dialect = read.address.dialect;
    let way = |serving: &Serving| Way::straight(serving, dialect);
    let facts = read.chat.as_ref().map(|chat| chat.facts());
    let facts = facts.unwrap_or_else(|| Facts::of_unknown(read.bytes.len(), read.max_output));
    let demand = Wanted::of(&facts, read.bytes.len(), &[]);
    Ways { ways: candidates.iter().map(way).collect(), demand }
}

/// What is spoken to a provider about a call that came in `from`: the same where it can.
fn spoken_to(provider: &Provider, from: Dialect, flavors: &[&'static Custom]) -> Dialect {
    match provider.flavor {
        Flavor::OpenAi => match provider.habits.responses {
            Responses::Only => Dialect::Responses,
            _ if from == Dialect::Completion && provider.habits.completions => from,
            Responses::Beside if from == Dialect::Responses => from,
            Responses::Beside | Responses::Absent => Dialect::Chat,
        },
        Flavor::Anthropic => Dialect::Messages,
        Flavor::Gemini => Dialect::Gemini,
        Flavor::Ollama if from == Dialect::OllamaGenerate => from,
        Flavor::Ollama => Dialect::OllamaChat,
        Flavor::Aog if from == Dialect::AogGenerate => from,
        Flavor::Aog => Dialect::AogChat,
        Flavor::Custom(name) => described(flavors, name),
    }
}

/// The dialect that a file describes. A configuration names none that it does not have.
pub(crate) fn described(flavors: &[&'static Custom], name: &str) -> Dialect {
    let own = flavors.iter().find(|custom| custom.name == name);
    own.map_or(Dialect::Chat, |custom| Dialect::Custom(custom))
}

/// What finds again what this provider's model thought before its calls; nothing where nothing of
/// anybody's is kept.
fn reminding(
    read: &Read,
    provider: &Provider,
    model: &str,
) -> Option<impl Fn(&str) -> Option<Keepsake> + use<>> {
    let gateway = Arc::clone(&read.gateway);
    if gateway.keepsakes.is_empty() {
        return None;
    }
    let origin = Arc::new(Origin {
        account: read.account.id(),
        provider: provider.name.clone(),
        model: model.to_owned(),
    });
    let now = read.at.steady;
    Some(move |call: &str| gateway.keepsakes.find(&origin, call, now))
}

fn target(read: &Read, provider: &Provider, model: &str) -> Target {
    let priced = read.setting.prices.find(&provider.name, model);
    Target {
        model: model.to_owned(),
        max_output: priced.and_then(|priced| priced.price.output_limit).unwrap_or(OUTPUT),
        limit: limit_field(provider, model),
        thoughts: provider.habits.thoughts,
        late_system: provider.habits.late_system || provider.flavor == Flavor::Aog,
    }
}

/// The name under which a limit is read, in chat completions.
pub(crate) fn limit_field(provider: &Provider, model: &str) -> LimitField {
    let openais_own =
        provider.is_openais_own() || Family::of(model).is_some_and(Family::is_openais_own);
    if openais_own { LimitField::MaxCompletionTokens } else { LimitField::MaxTokens }
}

pub(super) fn unreadable(misfit: &Misfit) -> Failure {
    let words = format!("the request cannot be converted for its provider: {misfit}");
    let failure = Failure::client(Code::InvalidRequest, words);
    if misfit.path.is_empty() { failure } else { failure.at(misfit.path.clone()) }
}

/// Why a call does not go to a provider with these losses.
pub(super) fn refused(losses: &Losses, strict: bool, provider: &Provider) -> Option<Failure> {
    let mut refusals = losses.refusals(strict);
    let first = refusals.next()?;
    let mut words = format!(
        "the provider `{}` speaks {}, where this request cannot be said: {} ({})",
        provider.name,
        provider.flavor.as_str(),
        first.field,
        first.reason
    );
    for loss in refusals {
        words.push_str(&format!(", {} ({})", loss.field, loss.reason));
    }
    words.push_str(if strict {
        "; change what is named here, or send no x-weighbridge-strict to call without it"
    } else {
        "; leave these out, or use a model whose provider has them"
    });
    Some(Failure::client(Code::Unconvertible, words).at(first.field.clone().into_owned()))
}
