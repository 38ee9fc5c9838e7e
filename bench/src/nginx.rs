//! nginx as a second floor, where it is installed.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::child::Child;

/// What it says of its version; nothing where it is not installed.
pub(crate) fn version() -> Option<String> {
    let said = Command::new("nginx").arg("-v").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    said.status.success().then(|| text.rsplit(':').next().unwrap_or_default().trim().to_owned())
}

/// Starts it in front of `to`, with everything that it writes in `folder`, and says where it
/// listens.
pub(crate) async fn start(folder: &Path, to: &str) -> Result<(Child, String)> {
    let address = free_address().context("no free port for nginx")?;
    let file = folder.join("nginx.conf");
    std::fs::write(&file, config(folder, &address, to)).context("nginx's file")?;
    let child = Child::nginx(folder, &file, &address).await?;
    Ok((child, address))
}

/// A port that was free a moment ago: nginx does not say which one it was given.
fn free_address() -> std::io::Result<String> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn config(folder: &Path, address: &str, to: &str) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
worker_processes auto;
worker_rlimit_nofile 16384;
pid \"{folder}/nginx.pid\";
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path \"{folder}/nginx-body\";
    proxy_temp_path \"{folder}/nginx-proxy\";
    fastcgi_temp_path \"{folder}/nginx-fastcgi\";
    uwsgi_temp_path \"{folder}/nginx-uwsgi\";
    scgi_temp_path \"{folder}/nginx-scgi\";
    upstream mock {{
        server {to};
        keepalive 1024;
        keepalive_requests 10000000;
    }}
    server {{
        listen {address} backlog=4096;
        tcp_nodelay on;
        location / {{
            proxy_pass http://mock;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffering off;
        }}
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_nginx_writes_is_in_its_folder() {
        let config = config(Path::new("/s"), "127.0.0.1:1", "127.0.0.1:2");
        assert_eq!(config.matches("_path \"/s/").count(), 5);
        assert!(config.contains("pid \"/s/nginx.pid\""));
        assert_eq!(config.matches('{').count(), config.matches('}').count());
    }
}
