//! What each part of a larger installation costs: publishing through Redis by nodes and by durability, and
//! a stream at an nginx in front, over HTTP/1.1 and over HTTP/2.

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::clients::{Crowd, Sender, login};
use crate::http2;
use crate::measures::{cpu_ticks, event, family_kib, publish, row, seconds};
use crate::servers::{Server, edge, ours, redis_with};

/// Connections that publish at once.
const PUBLISHERS: usize = 16;
/// Events to all streams at an edge.
const ROUNDS: usize = 20;

/// All of it.
pub(crate) async fn all(streams: usize, events: usize) {
    println!("| what | figure |\n| --- | --- |");
    for durability in ["no", "everysec", "always"] {
        for nodes in 1..=3 {
            through_redis(durability, nodes, events).await;
        }
    }
    edge_over(streams, false).await;
    edge_over(streams, true).await;
}

async fn through_redis(durability: &str, count: usize, events: usize) {
    let what = format!("{events} events through Redis, appendfsync {durability}, {count} nodes");
    let Some(redis) = redis_with(durability).await else {
        return row(&what, "not installed");
    };
    let url = format!("redis://{}/", redis.address());
    let mut nodes = Vec::new();
    for _ in 0..count {
        nodes.push(ours(&["--log", &url]).await);
    }
    let token = login(nodes[0].address()).await;
    let crowd = Crowd::open(nodes[0].address(), &token, 1).await;
    let ticks = |nodes: &[Server]| nodes.iter().map(cpu_ticks).sum::<u64>();
    let (begin, before, own) = (Instant::now(), cpu_ticks(&redis), ticks(&nodes));
    let mut publishers = JoinSet::new();
    for number in 0..PUBLISHERS {
        let address = nodes[number % count].address();
        publishers.spawn(publish(
            address,
            token.clone(),
            event(),
            events / PUBLISHERS,
        ));
    }
    publishers.join_all().await;
    let published = events / PUBLISHERS * PUBLISHERS;
    assert_eq!(crowd.marks(published).await, 0, "events were lost");
    let rate = published as f64 / begin.elapsed().as_secs_f64();
    let micros = |ticks: u64| ticks as f64 * 10_000.0 / published as f64;
    let (redis, nodes) = (cpu_ticks(&redis) - before, ticks(&nodes) - own);
    let figure = format!(
        "{rate:.0} events/s; CPU for each event: Redis {:.0} µs, all nodes {:.0} µs",
        micros(redis),
        micros(nodes)
    );
    row(&what, &figure);
}

/// Streams through nginx to one node: what they hold there, and what an event to all of them costs.
async fn edge_over(streams: usize, is_http2: bool) {
    let protocol = if is_http2 { "HTTP/2" } else { "HTTP/1.1" };
    let what = format!("{streams} streams through nginx over {protocol}");
    let node = ours(&["--heartbeat", "3600"]).await;
    let Some(nginx) = edge(node.address(), is_http2).await else {
        return row(&what, "not installed");
    };
    let token = login(node.address()).await;
    let (held, held_behind) = (family_kib(&nginx), family_kib(&node));
    let crowd = match is_http2 {
        true => http2::open(nginx.address(), &token, streams).await,
        false => Crowd::open(nginx.address(), &token, streams).await,
    };
    let each = |now: u64, before: u64| (now - before) as f64 / streams as f64;
    let (edge_kib, node_kib) = (
        each(family_kib(&nginx), held),
        each(family_kib(&node), held_behind),
    );
    let mut sender = Sender::connect(node.address(), &token).await;
    let (begin, ticks, behind) = (Instant::now(), cpu_ticks(&nginx), cpu_ticks(&node));
    for _ in 0..ROUNDS {
        sender.post("/publish", &event()).await;
    }
    assert_eq!(crowd.marks(streams * ROUNDS).await, 0, "events were lost");
    let micros = |ticks: u64| ticks as f64 * 10_000.0 / (streams * ROUNDS) as f64;
    let figure = format!(
        "nginx {edge_kib:.1} KiB and the node {node_kib:.1} KiB for each; {ROUNDS} events to all in \
         {}, CPU for each delivery: nginx {:.1} µs, node {:.1} µs",
        seconds(begin.elapsed()),
        micros(cpu_ticks(&nginx) - ticks),
        micros(cpu_ticks(&node) - behind)
    );
    row(&what, &figure);
}
