//! How likely tokens were. The entries are those of chat completions; what is around them differs.

use serde_json::value::RawValue;

use crate::canon::Json;
use crate::json::{Misfit, Object, object, writer};

/// Reads a list of entries into the form of chat completions, where every entry has all members.
pub(super) fn read(value: &RawValue) -> Result<Json<'static>, Misfit> {
    let mut out = Vec::with_capacity(value.get().len() + 32);
    let mut entries = Vec::new();
    for (at, entry) in object::list(value)?.into_iter().enumerate() {
        entries.push(Entry::read(entry).map_err(|misfit| misfit.within(at))?);
    }
    writer::object(&mut out, |root| {
        root.list("content", |items| {
            for entry in &entries {
                items.object(|item| entry.write(item));
            }
        });
        root.null("refusal");
    });
    Ok(Json(String::from_utf8_lossy(&out).into_owned().into()))
}

/// The list of entries out of the form of chat completions; nothing when there is none.
pub(super) fn entries<'a>(logprobs: &'a Json<'_>) -> Option<&'a str> {
    let content = Object::parse(logprobs.as_str()).ok()?.take("content")?;
    content.get().starts_with('[').then(|| content.get())
}

struct Entry<'a> {
    token: &'a RawValue,
    logprob: &'a str,
    bytes: Option<&'a RawValue>,
    top: Option<&'a RawValue>,
}

impl<'a> Entry<'a> {
    fn read(value: &'a RawValue) -> Result<Self, Misfit> {
        let mut members = Object::read(value)?;
        let missing = |name| Misfit::new("is missing").at(name);
        Ok(Self {
            token: members.take("token").ok_or_else(|| missing("token"))?,
            logprob: members.number("logprob")?.ok_or_else(|| missing("logprob"))?,
            bytes: members.take("bytes"),
            top: members.take("top_logprobs"),
        })
    }

    fn write(&self, item: &mut writer::Members<'_>) {
        item.raw("token", self.token.get());
        item.raw("logprob", self.logprob);
        item.raw("bytes", self.bytes.map_or("null", RawValue::get));
        item.raw("top_logprobs", self.top.map_or("[]", RawValue::get));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_completed_and_come_back() {
        let list: Box<RawValue> = serde_json::from_str(
            r#"[{"token":"a","logprob":-0.10,"bytes":[97]},{"token":"b","logprob":-1}]"#,
        )
        .unwrap();
        let read = read(&list).unwrap();
        let entries = entries(&read).unwrap();
        assert_eq!(
            entries,
            r#"[{"token":"a","logprob":-0.10,"bytes":[97],"top_logprobs":[]},{"token":"b","logprob":-1,"bytes":null,"top_logprobs":[]}]"#
        );
    }
}
