//! Logs: on standard error, for people or as JSON lines.

use tracing_subscriber::filter::LevelFilter;

use crate::config::{Log, LogFormat};

/// Starts logging as the configuration says. Only the first call of a process counts.
pub fn start_logging(log: &Log) {
    let level = match log.level {
        crate::config::LogLevel::Error => LevelFilter::ERROR,
        crate::config::LogLevel::Warn => LevelFilter::WARN,
        crate::config::LogLevel::Info => LevelFilter::INFO,
        crate::config::LogLevel::Debug => LevelFilter::DEBUG,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Human => {
            let colours = std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none();
            builder.with_ansi(colours).with_target(false).try_init()
        }
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    // In tests several servers share a process; the first one's logging serves all.
    let _already_started = started.is_err();
}
