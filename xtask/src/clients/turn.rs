//! One agent, one turn, one flavor of provider.

use std::fs;

use anyhow::{Context, Result};

use super::agent::Agent;
use super::companion::Companion;
use super::exchange::Exchange;
use super::judge::{self, Seen};
use super::stand::Stand;
use super::{cage, install, process};

/// How a turn went.
#[derive(Debug)]
pub(crate) struct Said {
    /// How many calls it took.
    pub(crate) calls: usize,
    /// What was wrong; nothing where all is well.
    pub(crate) faults: Vec<String>,
    /// Where what was said lies.
    pub(crate) folder: String,
}

/// Takes one turn and judges it.
pub(crate) async fn take(stand: &Stand, agent: Agent, flavor: &str, uncaged: bool) -> Result<Said> {
    let name = format!("{}-{flavor}", agent.name());
    let folder = install::folder().join("runs").join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let (home, work) = (folder.join("home"), folder.join("work"));
    fs::create_dir_all(&work).with_context(|| work.display().to_string())?;
    fs::create_dir_all(&home)?;

    let key = stand.key(&name).await?;
    let recorder = Companion::start("recorder.py", &[stand.url().as_ref(), &folder])?;
    let mut command = agent.turn(&home, &recorder.said, &key, &format!("{flavor}-plain"))?;
    command.current_dir(&work);
    if uncaged {
        cage::set_proxies(&mut command);
    }
    let ended = process::run(&mut command, &folder);
    drop(recorder);
    let status = match ended {
        Ok(status) => status.to_string(),
        Err(error) => format!("{error:#}"),
    };
    let receipts = stand.receipts(&key).await?;
    let exchanges = Exchange::read(&folder).unwrap_or_default();
    let said = fs::read_to_string(folder.join("stdout")).unwrap_or_default();
    let seen = Seen { status: &status, said: &said, exchanges: &exchanges, receipts: &receipts };
    let faults = judge::faults(agent, flavor, &seen);
    Ok(Said { calls: receipts.len(), faults, folder: folder.display().to_string() })
}
