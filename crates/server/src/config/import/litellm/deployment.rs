//! One entry of LiteLLM's `model_list`: who is called for a model, where, and with what.

use weighbridge_core::directory::{Provider, Service};

use super::super::decimal::Decimal;
use super::super::node::{Field, Map};
use super::super::plan::{Key, Price, Timeout, can_be_said};
use super::super::report::{Report, shown};
use super::cost;
use super::kind::{self, Kind};
use super::place::{self, Place};
use super::reason;
use super::service;

/// A deployment that can be carried.
#[derive(Debug)]
pub(super) struct Deployment {
    pub(super) path: String,
    pub(super) line: usize,
    /// What callers name.
    pub(super) group: String,
    pub(super) kind: &'static Kind,
    pub(super) base_url: String,
    pub(super) local: bool,
    pub(super) key: Key,
    pub(super) key_at: Option<(String, usize)>,
    /// What the provider names; `*` where any is meant.
    pub(super) model: String,
    pub(super) service: Service,
    pub(super) timeout: Timeout,
    pub(super) parallel: Option<u64>,
    pub(super) region: Option<String>,
    pub(super) price: Option<Price>,
    pub(super) context_length: Option<u64>,
    pub(super) notes: Vec<String>,
}

/// What other parts of the file say for every deployment.
pub(super) struct Around<'a> {
    /// `credential_list`: sets of parameters by their names.
    pub(super) credentials: Vec<(&'a str, Map<'a>)>,
    /// For those that say none.
    pub(super) timeout: Option<u64>,
}

/// What a deployment says, and what the credentials say that it names.
struct Params<'c, 'a> {
    own: Map<'a>,
    named: Option<&'c Map<'a>>,
}

impl<'a> Params<'_, 'a> {
    fn take(&self, name: &str) -> Option<Field<'a>> {
        self.own.take(name).or_else(|| self.named?.take(name))
    }
}

/// Reads one, and says what of it is lost.
pub(super) fn read<'a>(
    item: &Field<'a>,
    around: &Around<'a>,
    report: &mut Report,
) -> Option<Deployment> {
    let instead = "see LiteLLM's documentation for what an entry of `model_list` has to have";
    let mut lose = |what: &str| report.lose(&item.path, item.line, what, instead);
    let Some(entry) = item.map() else {
        lose("an entry that is no map");
        return None;
    };
    let (Some(group), Some(params)) = (entry.take("model_name"), entry.take("litellm_params"))
    else {
        lose("an entry without `model_name` or `litellm_params`");
        return None;
    };
    let (Some(group), Some(own)) = (group.text(), params.map()) else {
        lose("an entry whose `model_name` is no word, or whose `litellm_params` are no map");
        return None;
    };
    let info = report.map(entry.take("model_info"));
    let credential = own.take("litellm_credential_name");
    let named = credential.as_ref().and_then(|credential| {
        let same = |(name, _): &&(&str, Map<'_>)| credential.text() == Some(*name);
        around.credentials.iter().find(same).map(|(_, map)| map)
    });
    if let (Some(credential), None) = (credential, named) {
        reason::lose_all([("litellm_credential_name", credential)], report);
    }
    let params = Params { own, named };
    let deployment = carry(item, group, &params, info.as_ref(), around, report);
    // Where the whole is not carried, that is said of the whole.
    if deployment.is_some() {
        let rest = entry.rest().into_iter().chain(params.own.rest());
        reason::lose_all(rest, report);
        if let Some(info) = &info {
            reason::lose_all(info.rest(), report);
        }
    }
    deployment
}

fn carry<'a>(
    item: &Field<'a>,
    group: &str,
    params: &Params<'_, 'a>,
    info: Option<&Map<'a>>,
    around: &Around<'a>,
    report: &mut Report,
) -> Option<Deployment> {
    let asked = report.text(params.take("model"));
    let forced = report.text(params.take("custom_llm_provider"));
    let mode = info.and_then(|info| info.take("mode")).or_else(|| params.take("mode"));
    let mode = report.text(mode);
    let mut lose = |what: String, instead: &str| {
        let what = format!("the deployment of `{}`: {what}", shown(group));
        report.lose(&item.path, item.line, what, instead);
    };
    let Some(asked) = asked else {
        lose("it names no `model`".to_owned(), "name one, as `provider/model`");
        return None;
    };
    let split = match forced {
        Some(kind) => Some((kind, asked.strip_prefix(&format!("{kind}/")).unwrap_or(asked))),
        None => kind::split(asked),
    };
    let Some((kind_name, model)) = split else {
        let what = format!("whose model `{}` is, LiteLLM knows by a list of its own", shown(asked));
        lose(what, "write the provider before it, as `provider/model`, and import again");
        return None;
    };
    let Some(kind) = Kind::named(kind_name) else {
        lose(
            kind::refusal(&shown(kind_name)),
            "add a `[[providers]]` that has the model by one of the flavors openai, anthropic, \
             gemini, ollama, aog, or by a file of your own",
        );
        return None;
    };
    // How LiteLLM is to call it, not a part of the name.
    let model = model.strip_prefix("responses/").unwrap_or(model);
    if !can_be_said(model) || !can_be_said(group) || asked.starts_with("os.environ/") {
        lose("a name that cannot be written here".to_owned(), "write it out, without `${`");
        return None;
    }
    let (service, guessed) = match service::of(mode, model) {
        Ok(found) => found,
        Err(mode) => {
            lose(format!("the mode `{}`: no service here", shown(mode)), "leave it where it is");
            return None;
        }
    };
    if !Provider::can_serve(kind.flavor, service) {
        let (flavor, service) = (kind.flavor.as_str(), service.as_str());
        let what = format!("the flavor {flavor} has no {service} here");
        lose(what, "find a provider of the flavor openai that has the model");
        return None;
    }
    let place = match Place::of(kind, params.take("api_base"), item, report) {
        Ok(place) => place,
        Err((what, instead)) => {
            let what = format!("the deployment of `{}`: {what}", shown(group));
            report.lose(&item.path, item.line, what, instead);
            return None;
        }
    };
    let key_field = params.take("api_key");
    let (key, key_note) = place::key(kind, key_field.as_ref(), &place, report);
    let mut notes: Vec<String> = place.note.into_iter().chain(key_note).collect();
    if guessed && service != Service::Chat {
        notes.push(format!(
            "LiteLLM's file says no mode for {}; by its name it is for {}.",
            shown(model),
            service.as_str()
        ));
    }
    Some(Deployment {
        path: item.path.clone(),
        line: item.line,
        group: group.to_owned(),
        kind,
        base_url: place.base_url,
        local: place.local,
        key_at: key_field.map(|field| (field.path, field.line)),
        key,
        model: model.to_owned(),
        service,
        timeout: timeout(params, around, report),
        parallel: parallel(params, report),
        region: region(params, report),
        price: cost::read(model, service, &params.own, info, report),
        context_length: context_length(params, info, report),
        notes,
    })
}

fn timeout(params: &Params<'_, '_>, around: &Around<'_>, report: &mut Report) -> Timeout {
    let of = |name: &str, report: &mut Report| {
        let field = params.take(name)?;
        millis(&field, report)
    };
    let total = of("timeout", report).or_else(|| of("request_timeout", report));
    let stream = of("stream_timeout", report);
    Timeout { first_byte: stream, idle: stream, total: total.or(around.timeout) }
}

/// Seconds as milliseconds, where they can be written.
pub(super) fn millis(field: &Field<'_>, report: &mut Report) -> Option<u64> {
    let decimal = field.text().and_then(Decimal::read);
    let millis = decimal.and_then(|it| it.whole(3)).filter(|it| (1..=86_400_000).contains(it));
    if millis.is_none() {
        let what = "a time that is no number of seconds from 0.001 to 86400";
        report.lose(&field.path, field.line, what, "write `timeout = { total = \"600s\" }`");
    }
    millis
}

fn parallel(params: &Params<'_, '_>, report: &mut Report) -> Option<u64> {
    let field = params.take("max_parallel_requests")?;
    whole(&field, "write `concurrency = { max = 8 }` at the provider", report)
}

fn context_length(
    params: &Params<'_, '_>,
    info: Option<&Map<'_>>,
    report: &mut Report,
) -> Option<u64> {
    let field = info.and_then(|info| info.take("max_input_tokens"));
    let field = field.or_else(|| params.take("max_input_tokens"))?;
    whole(&field, "write `context_length = 40960` in a `[[models]]`", report)
}

/// A whole number of more than nothing.
fn whole(field: &Field<'_>, instead: &str, report: &mut Report) -> Option<u64> {
    let most = 1 << 40;
    let number = field.text().and_then(Decimal::read).and_then(|it| it.whole(0));
    let number = number.filter(|number| (1..=most).contains(number));
    if number.is_none() {
        let what = "what should be a whole number, and is none";
        report.lose(&field.path, field.line, what, instead);
    }
    number
}

fn region(params: &Params<'_, '_>, report: &mut Report) -> Option<String> {
    let field = params.take("region_name")?;
    let region = field.text().filter(|text| can_be_said(text) && !text.starts_with("os.environ/"));
    if region.is_none() {
        let what = "a region that is no plain word";
        report.lose(&field.path, field.line, what, "write `region = \"...\"` at the provider");
    }
    region.map(str::to_owned)
}
