//! Light stemming: forms of one English word become the same.

/// Words with fewer letters are left as they are.
const SHORTEST: usize = 4;

/// The stem of a word in small letters. It is for comparing and is not always a word.
pub(crate) fn stem(word: &str) -> String {
    let word = word.replace('\u{2019}', "'");
    let word = word.strip_suffix("'s").unwrap_or(&word).trim_matches('\'');
    if word.len() < SHORTEST || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return word.to_owned();
    }
    let mut stem = without_ending(&singular(word));
    if stem.len() > SHORTEST && stem.ends_with('e') {
        stem.pop();
    }
    if stem.len() >= SHORTEST && stem.ends_with('y') {
        stem.pop();
        stem.push('i');
    }
    stem
}

/// The word without the `s` of a plural or a third person.
fn singular(word: &str) -> String {
    if let Some(start) = word.strip_suffix("ies").filter(|start| start.len() > 1) {
        return format!("{start}y");
    }
    if let Some(start) = word.strip_suffix("es")
        && ["s", "x", "z", "ch", "sh"].iter().any(|end| start.ends_with(end))
    {
        return start.to_owned();
    }
    let is_plural = !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    word.strip_suffix('s').filter(|_| is_plural).unwrap_or(word).to_owned()
}

/// The word without `ing` or `ed`, where enough of it remains.
fn without_ending(word: &str) -> String {
    let start = word.strip_suffix("ing").or_else(|| word.strip_suffix("ed"));
    let Some(start) = start.filter(|start| is_enough(start)) else { return word.to_owned() };
    if let Some(start) = start.strip_suffix('i') {
        return format!("{start}y");
    }
    match start.as_bytes() {
        [.., one, two] if one == two && !matches!(two, b'l' | b's' | b'z' | b'e' | b'o') => {
            start.get(..start.len() - 1).unwrap_or(start).to_owned()
        }
        _ => start.to_owned(),
    }
}

fn is_enough(start: &str) -> bool {
    start.len() >= 3 && start.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["city", "cities", "city's"][..],
            &["plan", "plans", "planned", "planning"],
            &["generate", "generates", "generated", "generating"],
            &["study", "studies", "studied", "studying"],
            &["box", "boxes"],
            &["pass", "passes", "passed"],
            &["turbine", "turbines"],
        ] {
            let stems: Vec<String> = forms.iter().map(|form| stem(form)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{forms:?}: {stems:?}");
        }
    }

    #[test]
    fn short_and_foreign_words_stay() {
        for word in ["gas", "sing", "red", "bus", "анализ", "h2o", "thing"] {
            assert_eq!(stem(word), word);
        }
    }
}
