//! The library that makes a power cut real, and the disk that it pretends to be.
//!
//! It is loaded into the program under test and keeps, beside the data directory, a shadow that
//! holds exactly what was flushed; `shim/flush.c` says how. Linux with the GNU C library only.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::gateway::GatewayOptions;
use crate::scratch::ScratchDir;

/// The sources, by name.
const SOURCES: [(&str, &str); 2] =
    [("flush.c", include_str!("../shim/flush.c")), ("files.h", include_str!("../shim/files.h"))];

/// The library, built.
#[derive(Debug, Clone)]
pub struct Shim {
    library: PathBuf,
}

impl Shim {
    /// Builds the library into `folder` with the C compiler, `cc` or what `CC` names.
    ///
    /// # Errors
    /// When there is no compiler, with its words when it fails, and where this is not Linux.
    pub fn build(folder: &Path) -> io::Result<Self> {
        if !cfg!(target_os = "linux") {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the flush shim needs Linux"));
        }
        // In a folder of its own first: several may build at a time.
        let scratch = ScratchDir::within(folder)?;
        for (name, text) in SOURCES {
            fs::write(scratch.join(name), text)?;
        }
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut command = Command::new(compiler);
        command.current_dir(scratch.path());
        command.args(["-O2", "-shared", "-fPIC", "-o", "flush.so", "flush.c", "-ldl", "-lpthread"]);
        let output = command.output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("the shim does not compile:\n{words}")));
        }
        let library = std::path::absolute(folder)?.join("flush.so");
        fs::rename(scratch.join("flush.so"), &library)?;
        Ok(Self { library })
    }

    /// Where the library is.
    pub fn library(&self) -> &Path {
        &self.library
    }
}

/// A disk under one data directory, with its faults.
#[derive(Debug)]
pub struct Disk {
    shim: Shim,
    data: PathBuf,
    shadow: PathBuf,
    switches: PathBuf,
}

/// What can be wrong with a disk while it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing can grow (`ENOSPC`).
    Full,
    /// Flushes fail (`EIO`) and lose what they were to flush.
    FailingFlush,
    /// Flushes of write-ahead logs wait for the next checkpoint: SQLite's lower sync level.
    Weakened,
}

impl Fault {
    const ALL: [Self; 3] = [Self::Full, Self::FailingFlush, Self::Weakened];

    fn variable(self) -> &'static str {
        match self {
            Self::Full => "WB_SHIM_FULL",
            Self::FailingFlush => "WB_SHIM_FAILSYNC",
            Self::Weakened => "WB_SHIM_WEAKEN",
        }
    }
}

impl Disk {
    /// A disk under the data directory `data`, which is made if need be. What is in it counts as
    /// flushed. The shadow and the switches are kept in the folder `beside`.
    ///
    /// # Errors
    /// When folders cannot be made or copied.
    pub fn under(shim: &Shim, data: &Path, beside: &Path) -> io::Result<Self> {
        let (shadow, switches) = (beside.join("shadow"), beside.join("switches"));
        let disk = Self { shim: shim.clone(), data: data.to_owned(), shadow, switches };
        fs::create_dir_all(&disk.data)?;
        fs::create_dir_all(&disk.switches)?;
        disk.settle()?;
        Ok(disk)
    }

    /// Options that put a gateway onto this disk.
    pub fn options(&self) -> GatewayOptions {
        GatewayOptions {
            env: self.environment(),
            preload: Some(self.shim.library().to_owned()),
            args: Vec::new(),
        }
    }

    /// The environment that puts a program onto this disk, apart from `LD_PRELOAD`.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut env: Vec<(OsString, OsString)> = vec![
            ("WB_SHIM_DIR".into(), self.data.clone().into()),
            ("WB_SHIM_SHADOW".into(), self.shadow.clone().into()),
        ];
        for fault in Fault::ALL {
            env.push((fault.variable().into(), self.switch(fault).into()));
        }
        env
    }

    /// Lets a fault begin or end.
    ///
    /// # Errors
    /// When the switch cannot be moved.
    pub fn set(&self, fault: Fault, on: bool) -> io::Result<()> {
        let switch = self.switch(fault);
        if on {
            return fs::write(switch, "");
        }
        match fs::remove_file(switch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Throws away every write that was not flushed. The program has been killed before.
    ///
    /// # Errors
    /// When the data directory cannot be replaced.
    pub fn cut_power(&self) -> io::Result<()> {
        replace(&self.data, &self.shadow)
    }

    /// Counts everything that is in the data directory as flushed, as after a proper end and
    /// before a start.
    ///
    /// # Errors
    /// When the shadow cannot be replaced.
    pub fn settle(&self) -> io::Result<()> {
        replace(&self.shadow, &self.data)
    }

    fn switch(&self, fault: Fault) -> PathBuf {
        self.switches.join(fault.variable())
    }
}

/// Makes what is in `folder` what is in `like`, SQLite's shared memory apart.
fn replace(folder: &Path, like: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(folder)?,
    }
    for entry in fs::read_dir(like)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if kind.is_dir() {
            replace(&folder.join(name), &entry.path())?;
        } else if kind.is_file() && !name.to_string_lossy().ends_with("-shm") {
            fs::copy(entry.path(), folder.join(name))?;
        }
    }
    Ok(())
}
