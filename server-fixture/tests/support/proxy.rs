//! Starts nginx, HAProxy and Caddy with the configurations in `proxies/`, in front of a cluster.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::process::{Folder, Running, command, on_free_port, on_port};
use super::{Client, soon, tls};

/// A proxy in front of a cluster.
pub struct Proxy {
    client: Client,
    pub folder: Folder,
    _running: Running,
}

impl Proxy {
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    async fn start(nodes: &[String], file: &str, text: &str) -> Self {
        let folder = Folder::new();
        let running = on_free_port(async |port| {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let path = folder.join(file);
            std::fs::write(&path, filled(text, address, &folder.0, nodes)).unwrap();
            let mut command = program(&folder.0, &path);
            command.env("XDG_DATA_HOME", &folder.0);
            command.env("XDG_CONFIG_HOME", &folder.0);
            on_port(command, port).await.ok_or(())
        });
        let running = running.await;
        let running = running.unwrap_or_else(|()| panic!("it does not start with {file}"));
        Self {
            client: Client::to(running.address),
            _running: running,
            folder,
        }
    }

    pub async fn corrected(cluster: &Cluster) -> Self {
        let text = include_str!("../../proxies/corrected.nginx.conf");
        Self::start(&cluster.addresses(), "nginx.conf", text).await
    }

    /// Starts nginx with the textbook's file, including TLS and HTTP/2. Only ports and paths are
    /// replaced.
    pub async fn textbook(cluster: &Cluster) -> Self {
        let certificate = tls::Certificate::of("example.com");
        let keys = Folder::new();
        std::fs::write(keys.0.join("example.com.crt"), &certificate.pem).unwrap();
        std::fs::write(keys.0.join("example.com.key"), &certificate.key).unwrap();
        let mut text = include_str!("../../proxies/textbook.nginx.conf")
            .replace("listen 443", "listen @LISTEN@")
            .replace("/etc/ssl/certs", keys.0.to_str().unwrap())
            .replace("/etc/ssl/private", keys.0.to_str().unwrap());
        for node in 1..=3 {
            let port = 2999 + node;
            text = text.replace(&format!("localhost:{port}"), &format!("@NODE_{node}@"));
        }
        let mut proxy = Self::start(&cluster.addresses(), "nginx.conf", &surrounded(&text)).await;
        proxy.client = proxy.client.over_tls("example.com", &certificate);
        proxy
    }

    pub async fn haproxy(nodes: &[String]) -> Self {
        let text = include_str!("../../proxies/haproxy.cfg");
        Self::start(nodes, "haproxy.cfg", text).await.ready().await
    }

    pub async fn caddy(cluster: &Cluster) -> Self {
        let text = include_str!("../../proxies/Caddyfile");
        Self::start(&cluster.addresses(), "Caddyfile", text)
            .await
            .ready()
            .await
    }

    /// Waits until the proxy's health checks have succeeded.
    async fn ready(self) -> Self {
        soon(async {
            while self.client.get_head("/health/ready").await.status != 200 {
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        self
    }

    /// Waits for the line that nginx logs for a request. nginx logs after it has sent the response.
    pub async fn logged(&self, request: &str) -> String {
        let file = self.folder.0.join("access.log");
        soon(async {
            loop {
                let log = std::fs::read_to_string(&file).unwrap();
                if let Some(line) = log.lines().rfind(|line| line.contains(request)) {
                    return line.to_owned();
                }
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }
}

fn filled(text: &str, address: SocketAddr, folder: &Path, nodes: &[String]) -> String {
    let text = text
        .replace("@LISTEN@", &address.to_string())
        .replace("@FOLDER@", folder.to_str().unwrap());
    nodes.iter().zip(1..).fold(text, |text, (node, number)| {
        text.replace(&format!("@NODE_{number}@"), node)
    })
}

fn program(folder: &Path, file: &str) -> Command {
    let (name, arguments): (_, &[&str]) = match file.rsplit('/').next() {
        Some("nginx.conf") => (
            "nginx",
            &["-p", folder.to_str().unwrap(), "-g", "daemon off;", "-c"],
        ),
        Some("haproxy.cfg") => ("haproxy", &["-db", "-f"]),
        _ => ("caddy", &["run", "--adapter", "caddyfile", "--config"]),
    };
    let mut command = command(name);
    command.args(arguments).arg(file);
    command
}

/// Returns the main configuration of nginx, which the textbook's file does not contain.
fn surrounded(text: &str) -> String {
    let paths = "access_log off; client_body_temp_path @FOLDER@/a; proxy_temp_path @FOLDER@/b; \
                 fastcgi_temp_path @FOLDER@/c; uwsgi_temp_path @FOLDER@/d; scgi_temp_path @FOLDER@/e;";
    let head = "worker_processes 1; pid @FOLDER@/pid; error_log @FOLDER@/error.log; events {}\n";
    head.to_owned() + &text.replacen("http {", &format!("http {{ {paths}"), 1)
}
