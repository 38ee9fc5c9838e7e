//! A network that has only the loopback, so that nothing an agent says leaves this machine.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{progress, tool};

/// What is run in the new network before anything else.
const LOOPBACK: &str = "ip link set lo up";
/// Most time for trying whether one can be made.
const TRY: Duration = Duration::from_secs(10);
/// A proxy that nobody is at, where there is no network of our own.
const NOBODY: &str = "http://127.0.0.1:9";

/// This program's `test-clients`, in a network of its own where the system lets us make one.
pub(crate) fn command(myself: &Path) -> Command {
    if !can_be_made() {
        progress::note(
            "no network of our own can be made here: the agents are kept off by a proxy instead",
        );
        let mut command = Command::new(myself);
        command.args(["test-clients", "--uncaged"]);
        return command;
    }
    let mut command = unshare(&format!("{LOOPBACK} && exec \"$0\" \"$@\""));
    command.arg(myself).arg("test-clients");
    command
}

/// Sends what a client says to others than this machine where nobody is.
pub(crate) fn set_proxies(command: &mut Command) {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"] {
        command.env(name, NOBODY);
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
    command.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
}

fn can_be_made() -> bool {
    let mut trial = unshare(LOOPBACK);
    trial.stderr(Stdio::null());
    tool::capture(&mut trial, TRY).is_ok()
}

/// A shell in new namespaces of users and networks.
fn unshare(script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh", "-c", script]);
    command
}
