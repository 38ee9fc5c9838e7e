//! `POST /v1/rerank`, as Jina, Cohere and the servers after them have it in common.

use serde_json::value::RawValue;

use super::{Ranked, Reply, Request};
use crate::canon::{Losses, Text, tokens};
use crate::json::writer::{self, Members};
use crate::json::{Misfit, Object, object};
use crate::services::usage::count;
use crate::services::{Face, Usage, answer};

pub(super) fn read_request<'a>(body: &'a str, losses: &mut Losses) -> Result<Request<'a>, Misfit> {
    let mut root = Object::parse(body)?;
    let request = take_request(&mut root, losses)?;
    if let Some(fields) = root.list("rank_fields")?
        && fields.iter().any(|field| field.get() != "\"text\"")
    {
        losses.refused("rank_fields", "only the text of a document is ranked elsewhere");
    }
    root.take("hybrid_policy");
    for (name, _) in root.rest() {
        losses.dropped(name.to_owned(), "not known here");
    }
    Ok(request)
}

/// Takes out what all forms have.
pub(super) fn take_request<'a>(
    root: &mut Object<'a>,
    losses: &mut Losses,
) -> Result<Request<'a>, Misfit> {
    let query = root.take("query").ok_or_else(|| Misfit::new("is missing"));
    let query = query.and_then(|query| read_text(query, "query", losses));
    let documents = root.list("documents")?.filter(|documents| !documents.is_empty());
    let missing = || Misfit::new("should hold one document at least").at("documents");
    let mut texts = Vec::new();
    for (at, document) in documents.ok_or_else(missing)?.into_iter().enumerate() {
        let text = read_text(document, "documents[]", losses);
        texts.push(text.map_err(|misfit| misfit.within(at).at("documents"))?);
    }
    Ok(Request {
        model: root.needed_text("model")?,
        query: query.map_err(|misfit| misfit.at("query"))?,
        documents: texts,
        top_n: root.whole("top_n")?,
        return_documents: root.flag("return_documents")?,
    })
}

/// A text, or an object that has one.
fn read_text<'a>(
    value: &'a RawValue,
    place: &'static str,
    losses: &mut Losses,
) -> Result<Text<'a>, Misfit> {
    if object::is_text(value) {
        return object::text(value);
    }
    let mut members = Object::read(value)?;
    let text = members.text("text")?;
    if text.is_none() {
        losses.refused(place, "only texts are ranked elsewhere");
    }
    for (name, _) in members.rest() {
        losses.dropped(format!("{place}.{name}"), "not known here");
    }
    Ok(text.unwrap_or_default())
}

pub(super) fn write_request(request: &Request<'_>, model: &str) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("model", model);
        root.text("query", &request.query);
        root.list("documents", |items| {
            request.documents.iter().for_each(|document| items.text(document));
        });
        if let Some(top_n) = request.top_n {
            root.whole("top_n", top_n);
        }
        if let Some(wanted) = request.return_documents {
            root.flag("return_documents", wanted);
        }
    });
    out
}

pub(super) fn read_reply(body: &str) -> Result<Reply<'_>, Misfit> {
    take_reply(answer::read(body)?)
}

/// Reads what all forms have.
pub(super) fn take_reply(mut root: Object<'_>) -> Result<Reply<'_>, Misfit> {
    const FIELD: &str = "results";
    let list = root.list(FIELD)?;
    let list = list.ok_or_else(|| Misfit::new("is missing; a list has to stand here").at(FIELD))?;
    let mut results = Vec::with_capacity(list.len());
    for (at, ranked) in list.into_iter().enumerate() {
        results.push(read_ranked(ranked).map_err(|misfit| misfit.within(at).at(FIELD))?);
    }
    Ok(Reply { results, usage: usage(&mut root) })
}

fn read_ranked(ranked: &RawValue) -> Result<Ranked<'_>, Misfit> {
    let mut ranked = Object::read(ranked)?;
    let index = ranked.whole("index")?.ok_or_else(|| Misfit::new("is missing").at("index"))?;
    // Some servers have the shorter word.
    let score = ranked
        .number("relevance_score")?
        .map_or_else(|| ranked.number("score"), |it| Ok(Some(it)))?;
    let score = score.ok_or_else(|| Misfit::new("is missing").at("relevance_score"))?;
    let document = match ranked.take("document") {
        Some(text) if object::is_text(text) => Some(object::text(text)?),
        // One that has no text is no document that was sent.
        Some(document) => Object::read(document).map_err(|it| it.at("document"))?.text("text")?,
        None => None,
    };
    Ok(Ranked { index, score, document })
}

/// What was used: tokens, or searches, which stand in a place of their own.
pub(super) fn usage(root: &mut Object<'_>) -> Usage {
    let mut meta = root.object("meta").ok().flatten();
    let mut billed = meta.as_mut().and_then(|meta| meta.object("billed_units").ok().flatten());
    let mut counted = meta.as_mut().and_then(|meta| meta.object("tokens").ok().flatten());
    let searches = billed.as_mut().and_then(|billed| billed.take("search_units"));
    let usage = answer::usage(root);
    let billed = || billed.as_mut().and_then(|billed| tokens(billed, "input_tokens"));
    let counted = || counted.as_mut().and_then(|counted| tokens(counted, "input_tokens"));
    Usage {
        input_tokens: usage.input_tokens.or_else(billed).or_else(counted),
        searches: searches.and_then(|searches| count(searches.get())),
        ..usage
    }
}

pub(super) fn write_reply(reply: &Reply<'_>, face: &Face) -> Vec<u8> {
    let mut out = Vec::new();
    writer::object(&mut out, |root| {
        root.text("id", &face.id);
        root.text("model", &face.model);
        write_results(root, reply, face);
        if let Some(searches) = reply.usage.searches {
            root.object("meta", |meta| {
                meta.object("billed_units", |billed| billed.whole("search_units", searches));
            });
        }
    });
    out
}

/// Writes what all forms have.
pub(super) fn write_results(root: &mut Members<'_>, reply: &Reply<'_>, face: &Face) {
    root.list("results", |results| {
        for ranked in &reply.results {
            results.object(|it| {
                it.whole("index", ranked.index);
                it.raw("relevance_score", ranked.score);
                if let Some(text) = ranked.document.as_ref().filter(|_| !face.wants.bare) {
                    it.object("document", |document| document.text("text", text));
                }
            });
        }
    });
    if let Some(tokens) = reply.usage.input_tokens {
        root.object("usage", |usage| {
            usage.whole("prompt_tokens", tokens);
            usage.whole("total_tokens", tokens);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<(usize, String), Misfit> {
        let body = format!(r#"{{"model":"m",{fields}}}"#);
        let mut losses = Losses::default();
        let request = read_request(&body, &mut losses)?;
        Ok((request.documents.len(), losses.to_string()))
    }

    #[test]
    fn documents_are_texts_or_have_one() {
        let plain = read(r#""query":"q","documents":["a",{"text":"b","title":"t"}]"#);
        assert_eq!(plain.unwrap(), (2, "documents[].title;dropped".into()));
        let picture = read(r#""query":{"image":"u"},"documents":[{"image":"u"}]"#);
        let refused =
            "query;refused, query.image;dropped, documents[];refused, documents[].image;dropped";
        assert_eq!(picture.unwrap(), (1, refused.into()));
        let fields = read(r#""query":"q","documents":["a"],"rank_fields":["title"],"priority":1"#);
        assert_eq!(fields.unwrap().1, "rank_fields;refused, priority;dropped");
        for fields in [
            r#""query":"q""#,
            r#""query":"q","documents":[]"#,
            r#""query":"q","documents":[1]"#,
            r#""documents":["a"]"#,
        ] {
            assert!(read(fields).is_err(), "{fields}");
        }
    }

    #[test]
    fn every_account_of_what_was_used_is_read() {
        let read_usage = |body: &str| {
            let usage = usage(&mut answer::read(body).unwrap());
            (usage.input_tokens, usage.searches)
        };
        assert_eq!(read_usage(r#"{"usage":{"total_tokens":815}}"#), (Some(815), None));
        let cohere =
            r#"{"meta":{"billed_units":{"search_units":1.0},"tokens":{"input_tokens":7}}}"#;
        assert_eq!(read_usage(cohere), (Some(7), Some(1)));
        assert_eq!(read_usage(r#"{"meta":{"billed_units":{"search_units":-1}}}"#), (None, None));
        assert_eq!(read_usage("{}"), (None, None));
    }

    #[test]
    fn scores_keep_their_digits() {
        let body = r#"{"results":[{"index":1,"relevance_score":0.980,"document":"b"},{"index":0,"score":-1e-5}]}"#;
        let results = read_reply(body).unwrap().results;
        let seen: Vec<_> =
            results.iter().map(|it| (it.index, it.score, it.document.as_deref())).collect();
        assert_eq!(seen, [(1, "0.980", Some("b")), (0, "-1e-5", None)]);
        for results in [r#"[{"index":0}]"#, r#"[{"relevance_score":1}]"#, "[1]", "{}"] {
            assert!(read_reply(&format!(r#"{{"results":{results}}}"#)).is_err(), "{results}");
        }
    }
}
