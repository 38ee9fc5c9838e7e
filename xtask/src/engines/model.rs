//! A model of chance: small enough to be written in no time, and real enough to be served.
//!
//! It says words that mean nothing, and never ends by itself, so that an answer is as long as was
//! asked for.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::gguf::{self, Tensor, Value};
use crate::crash::dice::Dice;

/// What it is called.
pub(crate) const NAME: &str = "chance";
/// The most tokens of prompt and answer.
pub(crate) const CONTEXT: u32 = 2048;

const WIDTH: usize = 64;
const INNER: usize = 128;
const LAYERS: usize = 2;
const HEADS: u32 = 4;
/// What chance is made from: always the same model.
const SEED: u64 = 20_261_126;

/// The kinds of tokens.
const NORMAL: i32 = 1;
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const BYTE: i32 = 6;

/// What words are made of.
const STARTS: [&str; 8] = ["ba", "do", "fe", "gi", "lu", "mo", "ra", "ti"];
const ENDS: [&str; 8] = ["ck", "de", "ll", "mp", "nge", "rt", "st", "xy"];

/// Writes it.
pub(crate) fn write(path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let mut file = BufWriter::new(file);
    let tokens = tokens();
    let tensors = tensors(&tokens);
    gguf::write(&mut file, &facts(&tokens), &tensors)?;
    file.flush().with_context(|| path.display().to_string())
}

struct Token {
    text: String,
    kind: i32,
}

/// Every byte is a token, so that everything can be read; only words are said.
fn tokens() -> Vec<Token> {
    let token = |text: &str, kind| Token { text: text.to_owned(), kind };
    let mut all = vec![token("<unk>", UNKNOWN), token("<s>", CONTROL), token("</s>", CONTROL)];
    all.extend((0..=255_u8).map(|byte| token(&format!("<0x{byte:02X}>"), BYTE)));
    for start in STARTS {
        all.extend(ENDS.map(|end| token(&format!("\u{2581}{start}{end}"), NORMAL)));
    }
    all
}

fn facts(tokens: &[Token]) -> Vec<(&'static str, Value)> {
    let number = |number: usize| Value::U32(u32::try_from(number).unwrap_or(u32::MAX));
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        ("general.architecture", text("llama")),
        ("general.name", text(NAME)),
        ("llama.context_length", Value::U32(CONTEXT)),
        ("llama.embedding_length", number(WIDTH)),
        ("llama.block_count", number(LAYERS)),
        ("llama.feed_forward_length", number(INNER)),
        ("llama.attention.head_count", Value::U32(HEADS)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("tokenizer.ggml.model", text("llama")),
        ("tokenizer.ggml.tokens", Value::Texts(tokens.iter().map(|it| it.text.clone()).collect())),
        ("tokenizer.ggml.scores", Value::F32s(vec![0.0; tokens.len()])),
        ("tokenizer.ggml.token_type", Value::I32s(tokens.iter().map(|it| it.kind).collect())),
        ("tokenizer.ggml.unknown_token_id", Value::U32(0)),
        ("tokenizer.ggml.bos_token_id", Value::U32(1)),
        ("tokenizer.ggml.eos_token_id", Value::U32(2)),
    ]
}

fn tensors(tokens: &[Token]) -> Vec<Tensor> {
    let mut dice = Dice::new(SEED);
    let mut chance = |name: String, shape: &[usize]| {
        let length = shape.iter().product();
        let numbers = (0..length).map(|_| small(&mut dice)).collect();
        Tensor { name, shape: shape.to_vec(), numbers }
    };
    let ones = |name: String| Tensor { name, shape: vec![WIDTH], numbers: vec![1.0; WIDTH] };
    let mut all = vec![
        chance("token_embd.weight".to_owned(), &[WIDTH, tokens.len()]),
        chance("output.weight".to_owned(), &[WIDTH, tokens.len()]),
        ones("output_norm.weight".to_owned()),
    ];
    // One number is the same for whatever was read, and speaks against all that is no word.
    let [read, said, ..] = all.as_mut_slice() else { return all };
    let rows = read.numbers.chunks_mut(WIDTH).zip(said.numbers.chunks_mut(WIDTH));
    for (token, (read, said)) in tokens.iter().zip(rows) {
        read[0] = 1.0;
        said[0] = if token.kind == NORMAL { 0.0 } else { -100.0 };
    }
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        all.push(ones(name("attn_norm")));
        all.push(ones(name("ffn_norm")));
        for part in ["attn_q", "attn_k", "attn_v", "attn_output"] {
            all.push(chance(name(part), &[WIDTH, WIDTH]));
        }
        all.push(chance(name("ffn_gate"), &[WIDTH, INNER]));
        all.push(chance(name("ffn_up"), &[WIDTH, INNER]));
        all.push(chance(name("ffn_down"), &[INNER, WIDTH]));
    }
    all
}

/// A number between 1/32 and 1/16, or its opposite, put together of its bits.
fn small(dice: &mut Dice) -> f32 {
    let fraction = u32::try_from(dice.below(1 << 23)).unwrap_or(0);
    let sign = u32::try_from(dice.below(2)).unwrap_or(0);
    f32::from_bits((sign << 31) | ((127 - 5) << 23) | fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_has_its_row_and_only_words_may_be_said() {
        let tokens = tokens();
        assert_eq!(tokens.len(), 3 + 256 + 64);
        let tensors = tensors(&tokens);
        let said = tensors.iter().find(|it| it.name == "output.weight").unwrap();
        assert_eq!(said.numbers.len(), WIDTH * tokens.len());
        let last = &said.numbers[WIDTH * (tokens.len() - 1)..];
        assert_eq!((said.numbers[0], last[0]), (-100.0, 0.0));
        assert!(tensors.iter().all(|it| it.numbers.len() == it.shape.iter().product::<usize>()));
    }

    #[test]
    fn chance_is_small_and_of_both_signs() {
        let mut dice = Dice::new(1);
        let numbers: Vec<f32> = (0..100).map(|_| small(&mut dice)).collect();
        assert!(numbers.iter().all(|it| (0.03125..0.0625).contains(&it.abs())));
        assert!(numbers.iter().any(|it| *it < 0.0) && numbers.iter().any(|it| *it > 0.0));
    }
}
