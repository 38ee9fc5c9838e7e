//! The shim by itself: this very program runs under it, does something and is gone without a word.

mod files;
mod model;
mod sqlite;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use weighbridge_testkit::scratch::ScratchDir;
use weighbridge_testkit::shim::{Disk, Shim};

/// Tells the program that runs under the shim what to do, and where.
const SCENE: &str = "WB_TEST_SCENE";
const DATA: &str = "WB_TEST_DATA";
const SWITCHES: &str = "WB_TEST_SWITCHES";

/// One scene, as the program under the shim plays it.
type Scene = fn(&Path, &Path) -> Result<(), Box<dyn std::error::Error>>;

const SCENES: &[(&str, Scene)] = &[
    ("files", files::play),
    ("full", files::play_full),
    ("failing", files::play_failing),
    ("random", model::play),
    ("sqlite", sqlite::play),
    ("weakened", sqlite::play_weakened),
    ("full-sqlite", sqlite::play_full),
];

/// Plays a scene when it runs under the shim, and ends without closing anything.
#[test]
fn inner() {
    let Ok(wanted) = std::env::var(SCENE) else { return };
    let place = |name| PathBuf::from(std::env::var_os(name).unwrap());
    let (_, play) = SCENES.iter().find(|(name, _)| *name == wanted).unwrap();
    play(&place(DATA), &place(SWITCHES)).unwrap();
    std::process::exit(0);
}

/// A stage for one scene.
struct Stage {
    scratch: ScratchDir,
    disk: Disk,
}

impl Stage {
    fn new() -> io::Result<Self> {
        let scratch = ScratchDir::new()?;
        let shim = Shim::build(&scratch.join("shim"))?;
        let disk = Disk::under(&shim, &scratch.join("data"), scratch.path())?;
        Ok(Self { scratch, disk })
    }

    fn data(&self, name: &str) -> PathBuf {
        self.scratch.join("data").join(name)
    }

    /// Plays a scene under the shim and cuts the power.
    fn play(&self, scene: &str) -> io::Result<()> {
        self.disk.settle()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "shim::inner", "--nocapture"]).env(SCENE, scene);
        command.env(DATA, self.scratch.join("data")).envs(self.disk.environment());
        command.env(SWITCHES, self.scratch.join("switches"));
        command.env("LD_PRELOAD", self.scratch.join("shim/flush.so"));
        let output = command.output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("{scene}: {}\n{words}", output.status)));
        }
        self.disk.cut_power()
    }
}
