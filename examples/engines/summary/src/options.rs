//! What the command line says.

use std::net::{Ipv4Addr, SocketAddr};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Summarises English and Chinese text behind an OpenAI-compatible address.

Usage: weighbridge-summary [--listen ADDR] [--parent-pipe] [--allow-remote]

  --listen ADDR    where to listen, an IP address and a port; port 0 takes a free one
                   [default: 127.0.0.1:0]
  --parent-pipe    stop when standard input ends, and so with the program that holds it
  --allow-remote   let ADDR be one that other machines can reach; anybody there may call
  --help           print this

When ready it prints one line, `listening on http://HOST:PORT`.

Example:
  weighbridge-summary --listen 127.0.0.1:8901 &
  curl http://127.0.0.1:8901/v1/chat/completions -H 'content-type: application/json' \\
    -d '{\"model\": \"summary\", \"messages\": [{\"role\": \"user\", \"content\": \"Your text.\"}]}'
";

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Print the help.
    Help,
    /// Serve.
    Serve(Options),
}

/// How to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Whether the end of standard input is the end of the program.
    pub(crate) parent_pipe: bool,
}

/// Reads the arguments after the program's name; an error is a sentence for people.
pub(crate) fn read(arguments: impl IntoIterator<Item = String>) -> Result<Command, String> {
    let mut listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (mut parent_pipe, mut allow_remote) = (false, false);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--parent-pipe" => parent_pipe = true,
            "--allow-remote" => allow_remote = true,
            "--listen" => {
                let value = arguments.next();
                listen = address(&value.ok_or("--listen needs an address after it")?)?;
            }
            other => match other.strip_prefix("--listen=") {
                Some(value) => listen = address(value)?,
                None => return Err(format!("`{other}` is not an option; try --help")),
            },
        }
    }
    if !allow_remote && !listen.ip().to_canonical().is_loopback() {
        return Err(format!(
            "{listen} can be reached from other machines: take 127.0.0.1, or add --allow-remote"
        ));
    }
    Ok(Command::Serve(Options { listen, parent_pipe }))
}

fn address(value: &str) -> Result<SocketAddr, String> {
    value.parse().map_err(|_| {
        format!("`{value}` is not an address; an IP address and a port are, as in 127.0.0.1:8901")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        read(line.split_whitespace().map(str::to_owned))
    }

    fn serve(listen: &str, parent_pipe: bool) -> Result<Command, String> {
        Ok(Command::Serve(Options { listen: listen.parse().unwrap(), parent_pipe }))
    }

    #[test]
    fn options_are_read_in_any_order() {
        assert_eq!(parsed(""), serve("127.0.0.1:0", false));
        assert_eq!(parsed("--parent-pipe --listen [::1]:80"), serve("[::1]:80", true));
        assert_eq!(parsed("--listen=127.0.0.2:9"), serve("127.0.0.2:9", false));
        assert_eq!(parsed("--listen 0.0.0.0:9 --allow-remote"), serve("0.0.0.0:9", false));
        assert_eq!(parsed("--parent-pipe --help"), Ok(Command::Help));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, words) in [
            ("--listen", "needs an address"),
            ("--listen localhost", "as in 127.0.0.1"),
            ("--listen 0.0.0.0:9", "--allow-remote"),
            ("--listen [::]:9", "--allow-remote"),
            ("--fast", "`--fast` is not an option"),
        ] {
            assert!(parsed(line).unwrap_err().contains(words), "{line}");
        }
    }
}
