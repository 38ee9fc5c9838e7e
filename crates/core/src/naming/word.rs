//! The words of a model's name, each by itself.

/// What a word says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// How many parameters: `8b`, `8x7b`, `335m`.
    Size(String),
    /// How many of them are at work at a time: `a3b`.
    Active(String),
    /// How exactly they are kept: `q4_k_m`, `awq`, `fp8`.
    Quantisation(String),
    /// Digits that are no version: a day, a month, a revision.
    Date(String),
    /// How much the model reads: `32k`.
    Context(String),
    /// A number that may be a version, or a part of one.
    Number(String),
    /// A version with a letter: `v3`, `4o`.
    Version(String),
    /// What only says that it answers: `instruct`, `latest`.
    Neutral,
    /// Anything else: a family, or what tells a model from its kin.
    Plain(String),
}

const NEUTRAL: [&str; 13] = [
    "instruct",
    "chat",
    "it",
    "latest",
    "preview",
    "exp",
    "experimental",
    "hf",
    "stable",
    "release",
    "model",
    "default",
    "hub",
];

const QUANTISATIONS: [&str; 25] = [
    "awq", "gptq", "gguf", "ggml", "mlx", "exl2", "bnb", "int4", "int8", "fp4", "fp8", "fp16",
    "bf16", "fp32", "f16", "f32", "w4a16", "w8a8", "w8a16", "mxfp4", "nvfp4", "nf4", "4bit",
    "8bit", "6bit",
];

/// The words of a name in small letters, in their order.
pub(super) fn words(name: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for piece in name.split(['-', ':', '@', ' ', '+']).filter(|piece| !piece.is_empty()) {
        if is_quantisation(piece) {
            words.push(Word::Quantisation(piece.to_owned()));
            continue;
        }
        let parts = piece.split('_').filter(|part| !part.is_empty());
        parts.for_each(|part| read(part, &mut words));
    }
    words
}

fn read(word: &str, words: &mut Vec<Word>) {
    let owned = || word.to_owned();
    if NEUTRAL.contains(&word) {
        return words.push(Word::Neutral);
    }
    if is_quantisation(word) {
        return words.push(Word::Quantisation(owned()));
    }
    if is_size(word) {
        return words.push(Word::Size(owned()));
    }
    if word.strip_prefix('a').is_some_and(|rest| rest.ends_with('b') && is_size(rest)) {
        return words.push(Word::Active(owned()));
    }
    if word.strip_suffix('k').is_some_and(is_number) {
        return words.push(Word::Context(owned()));
    }
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_date = word.len() >= 4 || (word.len() == 3 && word.starts_with('0'));
        return words.push(if is_date { Word::Date(owned()) } else { Word::Number(owned()) });
    }
    if is_number(word) {
        return words.push(Word::Number(owned()));
    }
    if word.strip_prefix('v').is_some_and(is_number) {
        return words.push(Word::Version(word.trim_start_matches('v').to_owned()));
    }
    if word.strip_suffix('o').is_some_and(is_number) {
        return words.push(Word::Version(owned()));
    }
    // `qwen2.5` is a name and a version; `r1` and `m3` are names.
    let letters = word.find(|it: char| it.is_ascii_digit()).unwrap_or(word.len());
    let (name, number) = word.split_at(letters);
    if (name.len() >= 3 || name == "o") && is_number(number) {
        words.push(Word::Plain(name.to_owned()));
        return words.push(Word::Number(number.to_owned()));
    }
    words.push(Word::Plain(owned()));
}

/// Digits, with one point among them or none.
fn is_number(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(part)
}

fn is_size(word: &str) -> bool {
    let Some(number) = word.strip_suffix(['b', 'm']) else { return false };
    let (experts, each) = number.split_once('x').unwrap_or(("1", number));
    is_number(experts) && is_number(each)
}

fn is_quantisation(word: &str) -> bool {
    let counted = word.strip_prefix("iq").or_else(|| word.strip_prefix('q'));
    let by_bits = counted.is_some_and(|rest| {
        let bits = rest.split('_').next().unwrap_or_default();
        bits.len() == 1 && bits.bytes().all(|byte| byte.is_ascii_digit())
    });
    by_bits || QUANTISATIONS.contains(&word)
}
