//! An export of AOG's: services, each with a local and a remote provider, and a policy which of the
//! two is asked.

use weighbridge_core::directory::{Flavor, Provider as Rules, Service};

use super::address::Address;
use super::failure::ImportError;
use super::node::{Field, Map};
use super::plan::{Key, Model, Plan, Provider, can_be_said, name_all};
use super::report::{Report, shown};

/// The most providers that are read.
const MOST: usize = 5_000;

/// What the file becomes.
pub(super) fn read(whole: &Map<'_>, report: &mut Report) -> Result<Plan, ImportError> {
    if whole.has("service") && !whole.has("service_providers") {
        let words = "it is the manifest of an application, which names models and no providers";
        return Err(ImportError::NotOfThisKind { kind: "export of AOG's", words });
    }
    let Some(providers) = whole.take("service_providers").and_then(|field| field.map()) else {
        let words = "there are no `service_providers` in it";
        return Err(ImportError::NotOfThisKind { kind: "export of AOG's", words });
    };
    // Whatever it says, the form is the same.
    let _any_version = whole.take("version");
    let mut plan = Plan::default();
    let mut words: Vec<&str> = Vec::new();
    for (at, (name, field)) in providers.rest().into_iter().enumerate() {
        if at >= MOST {
            let what = format!("a provider beyond the {MOST} that are read");
            report.lose(&field.path, field.line, what, "import them in parts");
        } else if let Some(entry) = read_entry(name, &field, report) {
            join(entry, &mut plan, &mut words, report);
        }
    }
    // AOG asks the local one first, unless a policy says otherwise.
    let mut both: Vec<(Provider, &str)> = plan.providers.drain(..).zip(words).collect();
    both.sort_by_key(|(provider, _)| !provider.local);
    let (sorted, words): (Vec<Provider>, Vec<&str>) = both.into_iter().unzip();
    plan.providers = sorted;
    name_all(&mut plan.providers, &words);
    if let Some(services) = report.map(whole.take("services")) {
        read_policies(&services, &providers, &mut plan, report);
    }
    for (name, field) in whole.rest() {
        let what = format!("`{}`: nothing here is like it", shown(name));
        report.lose(&field.path, field.line, what, "see the README for what there is");
    }
    Ok(plan)
}

/// One of AOG's providers, which serves one service.
struct Entry<'a> {
    /// What it speaks, by AOG's name.
    word: &'a str,
    flavor: Flavor,
    base_url: String,
    local: bool,
    service: Service,
    models: Vec<&'a str>,
    key: Key,
    key_at: (String, usize),
    context_length: Option<u64>,
    note: String,
}

fn read_entry<'a>(name: &str, field: &Field<'a>, report: &mut Report) -> Option<Entry<'a>> {
    let mut lose = |what: &str, instead: &str| {
        let what = format!("the provider `{}`: {what}", shown(name));
        report.lose(&field.path, field.line, what, instead);
    };
    let own = "add a `[[providers]]` for it, by one of the flavors or by a file of your own";
    let Some(map) = field.map() else {
        lose("it is no map", own);
        return None;
    };
    let text = |name: &str| map.take(name).and_then(|field| field.text());
    let service = text("service_name").unwrap_or_default();
    let word = text("api_flavor").unwrap_or_default();
    let Some(service) = service_named(service) else {
        match service {
            "models" => lose("it lists models", "lists are made of `models`; nothing is needed"),
            other => {
                lose(&format!("there is no service `{}` here", shown(other)), "leave it in AOG");
            }
        }
        return None;
    };
    let url = text("url").unwrap_or_default();
    let (flavor, base_url, near) = match place(word, url, service) {
        Ok(place) => place,
        Err(what) => {
            lose(&what, own);
            return None;
        }
    };
    if !Rules::can_serve(flavor, service) {
        lose(&format!("the flavor {} has no {}", flavor.as_str(), service.as_str()), own);
        return None;
    }
    let local = match text("service_source") {
        Some("local") => true,
        Some("remote") => false,
        _ => near,
    };
    let auth_key = map.take("auth_key");
    let key = match text("auth_type").unwrap_or("none") {
        "none" => {
            if let Some(unused) = &auth_key {
                let what = "a credential beside `auth_type` none, which does not use it";
                report.lose(&unused.path, unused.line, what, "nothing needs to be done");
            }
            Key::Absent
        }
        "apikey" => match auth_key.as_ref().and_then(Field::text) {
            Some(text) => Key::Secret(text.to_owned()),
            None => Key::Elsewhere,
        },
        _ => {
            lose("its calls are signed, which no flavor here does", own);
            return None;
        }
    };
    let key_at = auth_key.map_or((field.path.clone(), field.line), |it| (it.path, it.line));
    let items = report.items(map.take("models")).unwrap_or_default();
    let models: Vec<&str> = items.into_iter().filter_map(|it| report.text(Some(it))).collect();
    let (models, unsaid): (Vec<&str>, Vec<&str>) =
        models.into_iter().partition(|model| can_be_said(model) && *model != "*");
    for model in unsaid {
        let what = format!("the provider `{}`: its model `{}`", shown(name), shown(model));
        let instead = "a name cannot hold `${`, nor be a star";
        report.lose(&field.path, field.line, what, instead);
    }
    let note = match text("desc").filter(|desc| !desc.is_empty()) {
        Some(desc) => format!("{} of AOG: {}", shown(name), shown(desc)),
        None => format!("{} of AOG", shown(name)),
    };
    let context_length = read_properties(&map, report);
    // Every call of ours has its own method.
    let _any_method = map.take("method");
    for (name, field) in map.rest() {
        let what = format!("`{}`: it is not put into requests here", shown(name));
        let instead = "a request goes on as it came; let the caller put it in";
        report.lose(&field.path, field.line, what, instead);
    }
    Some(Entry {
        word,
        flavor,
        base_url,
        local,
        service,
        models,
        key,
        key_at,
        context_length,
        note,
    })
}

/// `properties` of AOG's first version.
fn read_properties(map: &Map<'_>, report: &mut Report) -> Option<u64> {
    let properties = report.map(map.take("properties"))?;
    let length = properties.take("max_input_tokens").and_then(|field| field.count());
    for (name, field) in properties.rest() {
        let what = format!("`{}`: what a provider can do", shown(name));
        report.lose(&field.path, field.line, what, "the gateway asks it; nothing is needed");
    }
    length.filter(|length| *length > 0)
}

/// Our service of that name of AOG's.
fn service_named(name: &str) -> Option<Service> {
    match name {
        "generate" => Some(Service::Chat),
        name => Service::ALL.into_iter().find(|service| service.as_str() == name),
    }
}

/// Behind a base address, what OpenAI's dialect has.
const PATHS: [&str; 7] = [
    "/chat/completions",
    "/completions",
    "/embeddings",
    "/images/generations",
    "/audio/speech",
    "/audio/transcriptions",
    "/rerank",
];

/// The flavor that a provider speaks, its base address, and whether that looks local.
fn place(word: &str, url: &str, service: Service) -> Result<(Flavor, String, bool), String> {
    let Some(address) = Address::read(url) else {
        return Err(format!("its address is none that the flavors here call ({})", shown(word)));
    };
    let local = address.is_local();
    let (flavor, base_url) = match word {
        "ollama" => {
            let ends = ["/chat", "/generate", "/embed", "/embeddings", "/api"];
            (Flavor::Ollama, address.without(&ends).whole())
        }
        "aog" => match format!("{}/", address.path).split_once("/aog/") {
            Some((before, _)) => (Flavor::Aog, format!("{}{before}", address.origin())),
            None => (Flavor::Aog, address.whole()),
        },
        "openai" | "deepseek" | "aliyun" | "tencent" | "baidu" | "smartvision" | "openvino" => {
            let base = address.without(&PATHS);
            if base.path.ends_with("/v1") {
                (Flavor::OpenAi, base.whole())
            } else if base.path.is_empty() && word == "deepseek" {
                // It answers there as well.
                (Flavor::OpenAi, format!("{}/v1", base.whole()))
            } else {
                let service = service.as_str();
                return Err(format!(
                    "its address is none of {service} in OpenAI's dialect, under `/v1`"
                ));
            }
        }
        other => return Err(format!("there is no flavor `{}` here", shown(other))),
    };
    Ok((flavor, base_url, local))
}

/// What AOG has as a provider for each service is one provider here.
fn join<'a>(entry: Entry<'a>, plan: &mut Plan, words: &mut Vec<&'a str>, report: &mut Report) {
    let Entry { word, flavor, base_url, local, key, .. } = entry;
    let same = |(provider, known): (&Provider, &&str)| {
        *known == word && provider.base_url == base_url && provider.key == key
    };
    let at = plan.providers.iter().zip(words.iter()).position(same).unwrap_or_else(|| {
        words.push(word);
        let mut provider = Provider::new(flavor, base_url, local, key);
        provider.responses = flavor != Flavor::OpenAi || word == "openai";
        plan.providers.push(provider);
        plan.providers.len() - 1
    });
    let Some(provider) = plan.providers.get_mut(at) else { return };
    provider.note(entry.note);
    provider.secret_at.push(entry.key_at);
    provider.offer(entry.service);
    for model in entry.models {
        provider.serve(entry.service, model);
        let Some(length) = entry.context_length else { continue };
        if plan.models.iter().all(|known| known.name != model) {
            plan.models.push(Model { name: model.to_owned(), context_length: length });
        } else if plan.models.iter().any(|it| it.name == model && it.context_length != length) {
            let what = format!("another length of `{}` than the one that is written", shown(model));
            let (path, line) = provider.secret_at.last().cloned().unwrap_or_default();
            report.lose(&path, line, what, "a model has one `context_length`, whoever serves it");
        }
    }
}

fn read_policies(services: &Map<'_>, providers: &Map<'_>, plan: &mut Plan, report: &mut Report) {
    for (name, field) in services.rest() {
        let Some(service) = report.map(Some(field)) else { continue };
        if let Some(sides) = report.map(service.take("service_providers")) {
            for (side, chosen) in sides.rest() {
                let known = chosen.text().is_some_and(|chosen| providers.has(chosen));
                if !known {
                    let what = format!("the {} provider of `{}`", shown(side), shown(name));
                    let instead = "the file does not have it; add a `[[providers]]`";
                    report.lose(&chosen.path, chosen.line, what, instead);
                }
            }
        }
        if let Some(policy) = service.take("hybrid_policy") {
            read_policy(name, &policy, plan, report);
        }
        for (name, field) in service.rest() {
            let what = format!("`{}`: nothing here is like it", shown(name));
            report.lose(&field.path, field.line, what, "see the README for what there is");
        }
    }
}

fn read_policy(name: &str, field: &Field<'_>, plan: &mut Plan, report: &mut Report) {
    let Some(text) = report.text(Some(field.clone())) else { return };
    if text == "default" {
        return;
    }
    let instead = "write it under `[hybrid.services]`, or as `policy` for all of them";
    let known = matches!(text, "always_local" | "always_remote");
    let service = Service::ALL.into_iter().find(|service| service.as_str() == name);
    match service {
        Some(service) if known => plan.hybrid.push((service, text.to_owned())),
        Some(_) => {
            let what = format!("a policy for `{}` that AOG does not document", shown(name));
            report.lose(&field.path, field.line, what, instead);
        }
        None if name == "generate" => {
            let what = "the policy of `generate`, which is a part of chat here";
            report.lose(&field.path, field.line, what, instead);
        }
        None => {
            let what = format!("the policy of `{}`, which is no service here", shown(name));
            report.lose(&field.path, field.line, what, "leave it in AOG");
        }
    }
}
