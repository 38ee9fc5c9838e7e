//! The file format of llama.cpp's models, as far as it takes to write a small one.

use std::io::{self, Write};

/// What a file begins with, and the version of the format.
const MAGIC: &[u8] = b"GGUF";
const VERSION: u32 = 3;
/// Where a tensor's numbers begin.
const ALIGNMENT: usize = 32;
/// The format's word for numbers of four bytes.
const F32: u32 = 0;

/// What is said about the model.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    U32(u32),
    /// The bits of a number.
    F32(f32),
    Text(String),
    Texts(Vec<String>),
    F32s(Vec<f32>),
    I32s(Vec<i32>),
}

/// Numbers with a name.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    /// Its shape, the one that lies together in memory first.
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Vec<f32>,
}

/// Writes a model.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(
    out: &mut impl Write,
    facts: &[(&str, Value)],
    tensors: &[Tensor],
) -> io::Result<()> {
    let mut head = Vec::new();
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&VERSION.to_le_bytes());
    count(&mut head, tensors.len());
    count(&mut head, facts.len());
    for (name, value) in facts {
        text(&mut head, name);
        head.extend_from_slice(&value.kind().to_le_bytes());
        value.put(&mut head);
    }
    let mut place = 0;
    for tensor in tensors {
        text(&mut head, &tensor.name);
        head.extend_from_slice(&u32::try_from(tensor.shape.len()).unwrap_or(0).to_le_bytes());
        tensor.shape.iter().for_each(|length| count(&mut head, *length));
        head.extend_from_slice(&F32.to_le_bytes());
        count(&mut head, place);
        place = (place + tensor.numbers.len() * 4).next_multiple_of(ALIGNMENT);
    }
    fill(&mut head);
    out.write_all(&head)?;
    for tensor in tensors {
        let mut bytes: Vec<u8> = tensor.numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
        fill(&mut bytes);
        out.write_all(&bytes)?;
    }
    Ok(())
}

impl Value {
    /// The format's number for what it is.
    fn kind(&self) -> u32 {
        match self {
            Self::U32(_) => 4,
            Self::F32(_) => 6,
            Self::Text(_) => 8,
            Self::Texts(_) | Self::F32s(_) | Self::I32s(_) => 9,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::U32(number) => out.extend_from_slice(&number.to_le_bytes()),
            Self::F32(number) => out.extend_from_slice(&number.to_le_bytes()),
            Self::Text(words) => text(out, words),
            Self::Texts(all) => {
                list(out, 8, all.len());
                all.iter().for_each(|words| text(out, words));
            }
            Self::F32s(all) => {
                list(out, 6, all.len());
                all.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
            }
            Self::I32s(all) => {
                list(out, 5, all.len());
                all.iter().for_each(|number| out.extend_from_slice(&number.to_le_bytes()));
            }
        }
    }
}

fn list(out: &mut Vec<u8>, kind: u32, length: usize) {
    out.extend_from_slice(&kind.to_le_bytes());
    count(out, length);
}

fn text(out: &mut Vec<u8>, words: &str) {
    count(out, words.len());
    out.extend_from_slice(words.as_bytes());
}

fn count(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u64).to_le_bytes());
}

fn fill(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_where_the_head_says() {
        let tensor = |name: &str, numbers: &[f32]| Tensor {
            name: name.to_owned(),
            shape: vec![numbers.len()],
            numbers: numbers.to_vec(),
        };
        let tensors = [tensor("a", &[1.0]), tensor("b", &[2.0, 3.0])];
        let mut file = Vec::new();
        write(&mut file, &[("x", Value::Text("y".to_owned()))], &tensors).unwrap();
        assert!(file.starts_with(b"GGUF\x03\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"));
        assert_eq!(file.len() % ALIGNMENT, 0);
        let numbers = file.len() - 2 * ALIGNMENT;
        assert_eq!(file[numbers..][..4], 1_f32.to_le_bytes());
        assert_eq!(file[numbers + ALIGNMENT..][..8], [2_f32, 3.0].map(f32::to_le_bytes).concat());
    }
}
