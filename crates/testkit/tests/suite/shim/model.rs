//! Many random steps against a model of what a disk keeps.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Stage;

/// How many folders, each with steps of its own.
const FOLDERS: u8 = 60;
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// One step. Sizes and places are small, so that they overlap often.
#[derive(Debug, Clone, Copy)]
enum Step {
    Write { name: &'static str, at: usize, length: usize, byte: u8 },
    Append { name: &'static str, byte: u8 },
    Resize { name: &'static str, size: usize },
    Empty { name: &'static str },
    Flush { name: &'static str },
    Rename { from: &'static str, to: &'static str },
    Remove { name: &'static str },
}

fn steps(folder: u8) -> impl Iterator<Item = Step> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ u64::from(folder) << 24;
    let mut pick = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    (1..30 + 3 * folder).map(move |byte| {
        let name = NAMES[pick(NAMES.len())];
        match pick(12) {
            0..=4 => Step::Write { name, at: pick(300), length: 1 + pick(60), byte },
            5 => Step::Append { name, byte },
            6 => Step::Resize { name, size: pick(300) },
            7 => Step::Empty { name },
            8..=9 => Step::Flush { name },
            10 => Step::Rename { from: name, to: NAMES[pick(NAMES.len())] },
            _ => Step::Remove { name },
        }
    })
}

pub(super) fn play(data: &Path, _: &Path) -> Result<(), Box<dyn Error>> {
    for folder in 0..FOLDERS {
        play_in(&data.join(folder.to_string()), folder)?;
    }
    Ok(())
}

fn play_in(data: &Path, folder: u8) -> Result<(), Box<dyn Error>> {
    fs::create_dir(data)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    for step in steps(folder) {
        match step {
            Step::Write { name, at, length, byte } => {
                let file = options.open(data.join(name))?;
                file.write_all_at(&vec![byte; length], u64::try_from(at)?)?;
            }
            Step::Append { name, byte } => {
                let append = OpenOptions::new().append(true).create(true).open(data.join(name));
                append?.write_all(&[byte])?;
            }
            Step::Resize { name, size } => {
                options.open(data.join(name))?.set_len(u64::try_from(size)?)?;
            }
            Step::Empty { name } => fs::write(data.join(name), "")?,
            Step::Flush { name } => options.open(data.join(name))?.sync_data()?,
            Step::Rename { from, to } => or_missing(fs::rename(data.join(from), data.join(to)))?,
            Step::Remove { name } => or_missing(fs::remove_file(data.join(name)))?,
        }
    }
    Ok(())
}

fn or_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file: what it holds, and what of that is flushed.
#[derive(Default)]
struct Model {
    now: Vec<u8>,
    flushed: Option<Vec<u8>>,
}

fn expected(folder: u8) -> BTreeMap<&'static str, Vec<u8>> {
    let mut files: BTreeMap<&str, Model> = BTreeMap::new();
    for step in steps(folder) {
        match step {
            Step::Write { name, at, length, byte } => {
                let now = &mut files.entry(name).or_default().now;
                now.resize(now.len().max(at + length), 0);
                now[at..at + length].fill(byte);
            }
            Step::Append { name, byte } => files.entry(name).or_default().now.push(byte),
            Step::Resize { name, size } => files.entry(name).or_default().now.resize(size, 0),
            Step::Empty { name } => files.entry(name).or_default().now.clear(),
            Step::Flush { name } => {
                let file = files.entry(name).or_default();
                file.flushed = Some(file.now.clone());
            }
            Step::Rename { from, to } if from == to => {}
            Step::Rename { from, to } => {
                if let Some(mut file) = files.remove(from) {
                    file.flushed.get_or_insert_default();
                    files.insert(to, file);
                }
            }
            Step::Remove { name } => drop(files.remove(name)),
        }
    }
    files.into_iter().filter_map(|(name, file)| Some((name, file.flushed?))).collect()
}

#[test]
fn many_random_steps_leave_what_a_disk_would_keep() {
    let stage = Stage::new().unwrap();
    stage.play("random").unwrap();
    let mut left = 0;
    for folder in 0..FOLDERS {
        let expected = expected(folder);
        left += expected.len();
        for name in NAMES {
            let found = fs::read(stage.data(&folder.to_string()).join(name)).ok();
            assert_eq!(found.as_ref(), expected.get(name), "{folder}/{name}");
        }
    }
    assert!(left > usize::from(FOLDERS), "the steps should leave something: {left}");
}
