//! Files: what is there after the power was cut.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Stage;

pub(super) fn play(data: &Path, _: &Path) -> Result<(), Box<dyn Error>> {
    let mut kept = File::create(data.join("kept"))?;
    kept.write_all(b"flushed flushed")?;
    kept.sync_all()?;
    kept.write_all_at(b"FLUSHED", 0)?;
    kept.seek(SeekFrom::End(0))?;
    kept.write_all(b" and more")?;

    fs::write(data.join("never"), "flushed")?;

    fs::write(data.join("quick.tmp"), "quick")?;
    fs::rename(data.join("quick.tmp"), data.join("quick"))?;

    fs::create_dir(data.join("deep"))?;
    let mut safe = File::create(data.join("deep/safe.tmp"))?;
    safe.write_all(b"safe")?;
    safe.sync_data()?;
    fs::rename(data.join("deep/safe.tmp"), data.join("deep/safe"))?;

    let shrunk = OpenOptions::new().write(true).open(data.join("shrunk"))?;
    shrunk.set_len(3)?;
    shrunk.set_len(5)?;
    shrunk.sync_all()?;

    // Another descriptor flushes what this one wrote.
    let shared = OpenOptions::new().write(true).open(data.join("shared"))?;
    shared.write_all_at(b"new", 0)?;
    File::open(data.join("shared"))?.sync_all()?;

    fs::copy(data.join("shared"), data.join("copied"))?;
    File::open(data.join("copied"))?.sync_all()?;
    fs::hard_link(data.join("shared"), data.join("linked"))?;
    fs::remove_file(data.join("removed"))?;
    Ok(())
}

#[test]
fn only_what_was_flushed_is_there_after_the_power_was_cut() {
    let stage = Stage::new().unwrap();
    for name in ["quick", "shrunk", "shared", "removed"] {
        fs::write(stage.data(name), "old old").unwrap();
    }
    stage.play("files").unwrap();
    let read = |name: &str| fs::read_to_string(stage.data(name)).ok();
    assert_eq!(read("kept").as_deref(), Some("flushed flushed"));
    assert_eq!(read("never"), None);
    assert_eq!((read("quick.tmp"), read("quick").as_deref()), (None, Some("")));
    assert_eq!((read("deep/safe.tmp"), read("deep/safe").as_deref()), (None, Some("safe")));
    assert_eq!(read("shrunk").as_deref(), Some("old\0\0"));
    for name in ["shared", "copied", "linked"] {
        assert_eq!(read(name).as_deref(), Some("new old"), "{name}");
    }
    assert_eq!(read("removed"), None);
}

pub(super) fn play_full(data: &Path, switches: &Path) -> Result<(), Box<dyn Error>> {
    let file = File::create(data.join("file"))?;
    file.write_all_at(b"1234", 0)?;
    fs::write(switches.join("WB_SHIM_FULL"), "")?;
    let refused = |done: std::io::Result<()>| match done {
        Err(error) if error.kind() == ErrorKind::StorageFull => Ok(()),
        other => Err(format!("a full disk answers {other:?}")),
    };
    refused(file.write_all_at(b"5", 4))?;
    refused((&file).write_all(b"12345"))?;
    refused(file.set_len(9))?;
    refused(File::create(data.join("another")).map(drop))?;
    file.write_all_at(b"ABCD", 0)?;
    file.set_len(3)?;
    drop(File::create(data.join("file"))?);
    fs::remove_file(switches.join("WB_SHIM_FULL"))?;
    file.write_all_at(b"12345", 0)?;
    file.sync_all()?;
    fs::write(data.join("another"), "")?;
    Ok(())
}

#[test]
fn a_full_disk_lets_nothing_grow_until_there_is_space() {
    let stage = Stage::new().unwrap();
    stage.play("full").unwrap();
    assert_eq!(fs::read(stage.data("file")).unwrap(), b"12345");
}

pub(super) fn play_failing(data: &Path, switches: &Path) -> Result<(), Box<dyn Error>> {
    let file = File::create(data.join("file"))?;
    file.write_all_at(b"1111", 0)?;
    file.sync_all()?;
    file.write_all_at(b"2222", 0)?;
    fs::write(switches.join("WB_SHIM_FAILSYNC"), "")?;
    for done in [file.sync_all(), file.sync_data()] {
        // EIO
        if done.as_ref().err().and_then(std::io::Error::raw_os_error) != Some(5) {
            return Err(format!("a failing flush answers {done:?}").into());
        }
    }
    fs::remove_file(switches.join("WB_SHIM_FAILSYNC"))?;
    file.write_all_at(b"3", 3)?;
    file.sync_all()?;
    Ok(())
}

#[test]
fn what_a_failed_flush_lost_stays_lost() {
    let stage = Stage::new().unwrap();
    stage.play("failing").unwrap();
    assert_eq!(fs::read(stage.data("file")).unwrap(), b"1113");
}
