//! What was used: `usageMetadata`.

use serde_json::value::RawValue;

use super::fields::Fields;
use crate::canon::Usage;
use crate::json::{object::Misfit, writer::Members};

/// The most tokens that a figure is believed: a million millions. What is beyond it was not counted.
const MOST_TOKENS: u64 = 1_000_000_000_000;

/// Reads `usageMetadata`. There, thoughts are counted beside the answer, and what hosted tools put
/// into the prompt beside the prompt. A figure that is zero is left out there, so one that is
/// missing is zero; an account without any says nothing. How many searches there were is said
/// elsewhere.
pub(super) fn read_usage(mut usage: Fields<'_>, searches: u64) -> Result<Option<Usage>, Misfit> {
    let mut figure = |name| Ok::<_, Misfit>(usage.whole(name)?.filter(|it| *it <= MOST_TOKENS));
    let prompt = figure("promptTokenCount")?;
    let answer = figure("candidatesTokenCount")?;
    let thoughts = figure("thoughtsTokenCount")?;
    let tools = figure("toolUsePromptTokenCount")?;
    let cache_read = figure("cachedContentTokenCount")?;
    let total = figure("totalTokenCount")?;
    if prompt.is_none() && answer.is_none() && total.is_none() {
        return Ok(None);
    }
    Ok(Some(Usage {
        input: prompt.unwrap_or(0) + tools.unwrap_or(0),
        output: answer.unwrap_or(0) + thoughts.unwrap_or(0),
        cache_read,
        cache_write: None,
        cache_write_1h: None,
        reasoning: thoughts,
        audio_input: sound(&mut usage, "promptTokensDetails")?,
        audio_output: sound(&mut usage, "candidatesTokensDetails")?,
        searches: Some(searches),
    }))
}

/// The tokens that were sound.
fn sound(usage: &mut Fields<'_>, name: &str) -> Result<Option<u64>, Misfit> {
    let read = |value: &RawValue| {
        let mut detail = Fields::read(value)?;
        let is_sound = detail.text("modality")?.as_deref() == Some("AUDIO");
        Ok::<_, Misfit>(detail.whole("tokenCount")?.filter(|it| is_sound && *it <= MOST_TOKENS))
    };
    for (at, detail) in usage.list(name)?.unwrap_or_default().into_iter().enumerate() {
        if let Some(tokens) = read(detail).map_err(|it| it.within(at).at(name))? {
            return Ok(Some(tokens));
        }
    }
    Ok(None)
}

/// Writes what belongs into `usageMetadata`.
pub(super) fn write_usage(members: &mut Members<'_>, usage: &Usage) {
    members.whole("promptTokenCount", usage.input);
    let thoughts = usage.reasoning.unwrap_or(0);
    members.whole("candidatesTokenCount", usage.output.saturating_sub(thoughts));
    members.whole("totalTokenCount", usage.input.saturating_add(usage.output));
    if let Some(cached) = usage.cache_read {
        members.whole("cachedContentTokenCount", cached);
    }
    if let Some(thoughts) = usage.reasoning {
        members.whole("thoughtsTokenCount", thoughts);
    }
    for (name, total, sound) in [
        ("promptTokensDetails", usage.input, usage.audio_input),
        ("candidatesTokensDetails", usage.output.saturating_sub(thoughts), usage.audio_output),
    ] {
        let Some(sound) = sound else { continue };
        members.list(name, |details| {
            for (modality, tokens) in [("TEXT", total.saturating_sub(sound)), ("AUDIO", sound)] {
                details.object(|detail| {
                    detail.text("modality", modality);
                    detail.whole("tokenCount", tokens);
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::writer;

    fn read(document: &str) -> Option<Usage> {
        read_usage(Fields::parse(document).unwrap(), 0).unwrap()
    }

    #[test]
    fn totals_hold_their_parts() {
        let usage = read(
            r#"{"promptTokenCount":100,"toolUsePromptTokenCount":20,"cachedContentTokenCount":64,
            "candidatesTokenCount":7,"thoughtsTokenCount":50,"totalTokenCount":177,
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":90},
            {"modality":"AUDIO","tokenCount":10}],"trafficType":"ON_DEMAND"}"#,
        );
        let expected = Usage {
            input: 120,
            output: 57,
            cache_read: Some(64),
            cache_write: None,
            cache_write_1h: None,
            reasoning: Some(50),
            audio_input: Some(10),
            audio_output: None,
            searches: Some(0),
        };
        assert_eq!(usage, Some(expected));
        let mut out = Vec::new();
        writer::object(&mut out, |members| write_usage(members, &expected));
        assert_eq!(read(&String::from_utf8(out).unwrap()), Some(expected));
    }

    #[test]
    fn what_cannot_have_been_counted_is_nothing() {
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"promptTokenCount":1000000000001}"#), None);
        let zero = read(r#"{"totalTokenCount":9}"#).unwrap();
        assert_eq!((zero.input, zero.output), (0, 0));
    }
}
