//! A cluster of three nodes with one Redis.

use super::process::on_free_port;
use super::servers::{Node, Redis};

/// Three nodes. Each keeps its port when it restarts.
pub struct Cluster {
    pub redis: Redis,
    pub nodes: Vec<Node>,
    ports: Vec<u16>,
    flags: Vec<String>,
}

impl Cluster {
    pub async fn start(flags: &[&str]) -> Self {
        // Every acknowledged write survives a kill. Otherwise a restart begins a new epoch.
        let redis = Redis::start_with(&["--appendfsync", "always"]).await;
        let url = redis.url();
        let shared = ["--log", &url, "--keep", "100000"];
        let flags = shared.iter().chain(flags).map(|&flag| flag.to_owned());
        let mut cluster = Self {
            redis,
            nodes: Vec::new(),
            ports: Vec::new(),
            flags: flags.collect(),
        };
        for _ in 0..3 {
            cluster.add_node().await;
        }
        cluster
    }

    async fn add_node(&mut self) {
        let started = on_free_port(async |port| self.node(port).await).await;
        let node = started.unwrap_or_else(|log| panic!("no node starts: {log}"));
        self.ports.push(node.address().port());
        self.nodes.push(node);
    }

    async fn node(&self, port: u16) -> Result<Node, String> {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        Node::try_start(
            &["--port", &port.to_string(), "--metrics-interval", "0"],
            &flags,
        )
        .await
    }

    /// Kills a node with `kill -9` and starts it again.
    pub async fn restart(&mut self, index: usize) {
        let node = self.nodes.remove(index);
        node.kill().await;
        let node = self.node(self.ports[index]).await;
        let node = node.unwrap_or_else(|log| panic!("the node does not come back: {log}"));
        self.nodes.insert(index, node);
    }

    pub fn addresses(&self) -> Vec<String> {
        let address = |port: &u16| format!("127.0.0.1:{port}");
        self.ports.iter().map(address).collect()
    }

    /// Returns the index of the node with this name, which `connected` contains.
    pub async fn index_of(&self, name: &str) -> usize {
        for (index, node) in self.nodes.iter().enumerate() {
            if node.client().get("/health/ready").await.json()["node"] == name {
                return index;
            }
        }
        panic!("no node is called {name}");
    }
}
