//! Who serves what.

use super::*;

#[test]
fn a_model_is_found_by_its_name_its_provider_an_alias_or_its_likeness() {
    let all = vec![provider("a", &["qwen3:8b", "gpt-4o"]), provider("b", &["qwen3:8b"])];
    let alias = |pattern: &str, to: &str| Alias { pattern: pattern.into(), to: vec![to.into()] };
    let aliases = vec![alias("claude-*", "b/qwen3:8b"), alias("*-best-*", "gpt-4o")];
    let directory = directory_of(all, aliases);
    let found = |asked| {
        let served = directory.candidates(Service::Chat, asked).unwrap();
        let names: Vec<String> = served.by.iter().map(|it| it.provider.name.clone()).collect();
        (served.model, names.join(" "), served.how)
    };
    let of = |model: &str, names: &str, how| (model.to_owned(), names.to_owned(), how);
    assert_eq!(found("qwen3:8b"), of("qwen3:8b", "a b", Match::Exact));
    assert_eq!(found("b/qwen3:8b"), of("qwen3:8b", "b", Match::OfProvider));
    assert_eq!(found("claude-sonnet-4-5"), of("qwen3:8b", "b", Match::Alias));
    assert_eq!(found("the-best-one"), of("gpt-4o", "a", Match::Alias));
    assert!(matches!(found("Qwen/Qwen3-8B"), (_, _, Match::Similar(_))));
    let refused = |asked| directory.candidates(Service::Chat, asked).unwrap_err().to_string();
    assert_eq!(
        refused("qwen3:70b"),
        "the model `qwen3:70b` is not served here; the nearest are: qwen3:8b"
    );
    assert!(refused("c/gpt-9").ends_with("the nearest are: gpt-4o"), "{}", refused("c/gpt-9"));
    let plain = vec![alias("claude-qwen", "qwen3:8b"), alias("claude-*", "gpt-4o")];
    let listed = directory_of(vec![provider("a", &["qwen3:8b", "gpt-4o"])], plain);
    let names: Vec<&str> = listed.models().map(|(name, _)| name).collect();
    assert_eq!(names, ["qwen3:8b", "gpt-4o", "claude-qwen"]);
    assert!(refused("x").contains("served are, among others: qwen3:8b, gpt-4o"));
}

#[test]
fn a_star_stands_for_any_letters() {
    for (pattern, name, does) in [
        ("a*", "a", true),
        ("a*", "abc", true),
        ("a*", "ba", false),
        ("*c", "abc", true),
        ("a*c", "ac", true),
        ("ab*ba", "aba", false),
        ("a*b*c", "a-b-b-c", true),
        ("a", "ab", false),
        ("*", "", true),
    ] {
        assert_eq!(fits(pattern, name), does, "{pattern} {name}");
    }
}

fn directory_of(providers: Vec<Provider>, aliases: Vec<Alias>) -> Directory {
    Directory::new(providers, aliases, &mut Seats::default())
}

fn provider(name: &str, models: &[&str]) -> Provider {
    Provider {
        name: name.to_owned(),
        flavor: Flavor::OpenAi,
        base_url: "http://127.0.0.1:1/v1".to_owned(),
        location: Location::Local,
        services: vec![Service::Chat],
        models: models.iter().map(|model| (*model).to_owned()).collect(),
        api_key: None,
        timeouts: Timeouts::default(),
        concurrency: crate::routing::Concurrency::default(),
        region: None,
        habits: Habits::usual(false),
        roster: Roster::default(),
    }
}

#[test]
fn what_a_provider_lists_is_served_for_what_it_is_for() {
    let named = [Service::Chat, Service::Embed];
    let own = Provider { services: named.to_vec(), ..provider("a", &["own-embed"]) };
    let long = Listed { context_length: Some(9), ..Listed::named("qwen3:8b") };
    let listed = [long, Listed::named("bge-m3"), Listed::named("sora-2")];
    let own = own.listing(&listed, weighbridge_proof::Timestamp::from_micros(1));
    let said = |length| Model {
        name: "qwen3:8b".to_owned(),
        provider: None,
        context_length: length,
        lacks: Abilities { tools: true, ..Abilities::default() },
    };
    assert_eq!(own.lengths(&listed, &[said(Some(4))]), []);
    let added = own.lengths(&listed, &[said(None)]);
    assert_eq!((added[0].context_length, added[0].lacks.tools), (Some(9), true));
    let directory = directory_of(vec![own], Vec::new()).knowing(added);
    let is = |service, name| directory.named(service, name).is_some();
    for (name, chat, embed) in [
        ("own-embed", true, true),
        ("qwen3:8b", true, false),
        ("bge-m3", false, true),
        ("sora-2", false, false),
    ] {
        assert_eq!((is(Service::Chat, name), is(Service::Embed, name)), (chat, embed), "{name}");
    }
    let names: Vec<&str> = directory.models().map(|(name, _)| name).collect();
    assert_eq!(names, ["own-embed", "qwen3:8b", "bge-m3"]);
    let served = directory.candidates(Service::Chat, "qwen3:8b").unwrap();
    assert_eq!(served.by[0].context_length, Some(9));
}

#[test]
fn candidates_come_in_the_order_of_the_file() {
    let directory =
        directory_of(vec![provider("a", &["m", "n"]), provider("b", &["m"])], Vec::new());
    let names = |model| {
        let found = directory.candidates(Service::Chat, model).unwrap();
        found.by.iter().map(|found| found.provider.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("m"), ["a", "b"]);
    assert_eq!(names("n"), ["a"]);
    assert_eq!(directory.models().map(|(model, _)| model).collect::<Vec<_>>(), ["m", "n"]);
}

#[test]
fn an_alias_may_lead_to_several_models() {
    let all = vec![provider("desk", &["qwen3:8b", "x"]), provider("cloud", &["qwen3-8b"])];
    let to = ["cloud/qwen3-8b", "qwen3:8b", "x"].map(str::to_owned).to_vec();
    let alias = Alias { pattern: "qwen".to_owned(), to };
    let directory = directory_of(all, vec![alias]);
    let served = directory.candidates(Service::Chat, "qwen").unwrap();
    let by: Vec<(&str, &str)> =
        served.by.iter().map(|it| (it.provider.name.as_str(), &*it.model)).collect();
    assert_eq!(by, [("desk", "qwen3:8b"), ("cloud", "qwen3-8b")]);
    assert_eq!(directory.groups(), served.group as usize + 1, "a group of its own");
}

#[test]
fn what_is_said_of_one_provider_comes_first() {
    let all = vec![provider("a", &["m"]), provider("b", &["m"])];
    let model = |provider: Option<&str>, length| Model {
        name: "m".to_owned(),
        provider: provider.map(str::to_owned),
        context_length: Some(length),
        lacks: Abilities::default(),
    };
    let directory =
        directory_of(all, Vec::new()).knowing(vec![model(Some("b"), 8), model(None, 128)]);
    let served = directory.candidates(Service::Chat, "m").unwrap();
    let lengths: Vec<_> = served.by.iter().map(|it| it.context_length).collect();
    assert_eq!((lengths, directory.context_length("m")), (vec![Some(128), Some(8)], Some(128)));
}

#[test]
fn no_refusal_is_longer_for_a_longer_name() {
    let directory = directory_of(vec![provider("a", &["m"])], Vec::new());
    for (letter, kept) in [("x", 256), ("秤", 85)] {
        let refusal = directory.candidates(Service::Chat, &letter.repeat(3_000_000));
        assert_eq!(refusal.unwrap_err().asked, letter.repeat(kept));
    }
}

#[test]
fn an_unknown_model_is_refused_with_names_that_are_served() {
    let directory = directory_of(vec![provider("a", &["m", "n"])], Vec::new());
    let refusal = directory.candidates(Service::Chat, "x").unwrap_err().to_string();
    assert_eq!(refusal, "the model `x` is not served here; served are, among others: m, n");
}

#[test]
fn an_alias_of_a_models_own_name_adds_those_who_call_it_otherwise() {
    let all = vec![provider("a", &["gpt-4o"]), provider("azure", &["team-4o"])];
    let to = ["gpt-4o", "azure/team-4o"].map(str::to_owned).to_vec();
    let directory = directory_of(all, vec![Alias { pattern: "gpt-4o".to_owned(), to }]);
    let served = directory.candidates(Service::Chat, "gpt-4o").unwrap();
    let by: Vec<&str> = served.by.iter().map(|it| &*it.model).collect();
    assert_eq!((by, served.how), (vec!["gpt-4o", "team-4o"], Match::Exact));
    assert_eq!(directory.models().count(), 2, "and it is listed once");
}
