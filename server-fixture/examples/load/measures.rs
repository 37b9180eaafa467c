//! What is measured, and the table.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Settings;
use crate::clients::{Crowd, Sender, login};
use crate::servers::{Server, express, nchan, ours, redis};

/// Connections that publish at once in the comparison.
const PUBLISHERS: usize = 8;

/// Everything, in the order of the table.
pub(crate) async fn all(settings: &Settings) {
    println!("| what | figure |\n| --- | --- |");
    idle_and_broadcast(settings.clients).await;
    peers(settings).await;
    across_nodes().await;
    measure_shutdown().await;
}

pub(crate) fn row(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}

/// An event of about 200 bytes with one mark.
pub(crate) fn event() -> String {
    format!(r#"{{"type":"update","data":"@{}"}}"#, "x".repeat(150))
}

async fn idle_and_broadcast(clients: usize) {
    let server = ours(&["--heartbeat", "3600"]).await;
    let token = login(server.address()).await;
    sleep(Duration::from_millis(300)).await;
    let before = memory_kib(&server);
    let begin = Instant::now();
    let crowd = Crowd::open(server.address(), &token, clients).await;
    row(
        &format!("{clients} streams opened in"),
        &seconds(begin.elapsed()),
    );
    sleep(Duration::from_secs(2)).await;
    let (after, ticks) = (memory_kib(&server), cpu_ticks(&server));
    let each = (after - before) as f64 / clients as f64;
    row(
        &format!("memory per idle stream ({clients} streams, RSS)"),
        &format!("{each:.1} KiB"),
    );
    sleep(Duration::from_secs(5)).await;
    row(
        "CPU of idle streams in 5 s",
        &format!("{} ticks", cpu_ticks(&server) - ticks),
    );
    let mut sender = Sender::connect(server.address(), &token).await;
    let mut times = Vec::new();
    for round in 1..=5 {
        let begin = Instant::now();
        sender.post("/publish", &event()).await;
        assert_eq!(crowd.marks(clients * round).await, 0, "events were lost");
        times.push(begin.elapsed());
    }
    row(
        &format!("1 event to {clients} streams, median of 5"),
        &seconds(median(times)),
    );
    let begin = Instant::now();
    for _ in 0..20 {
        sender.post("/publish", &event()).await;
    }
    assert_eq!(crowd.marks(clients * 25).await, 0, "events were lost");
    let rate = (clients * 20) as f64 / begin.elapsed().as_secs_f64() / 1e6;
    let what = format!("20 events to {clients} streams");
    row(
        &what,
        &format!("{} ({rate:.2} M deliveries/s)", seconds(begin.elapsed())),
    );
}

async fn peers(settings: &Settings) {
    let Settings {
        peers_clients,
        events,
        rounds,
        ..
    } = *settings;
    let mut runs = [Vec::new(), Vec::new(), Vec::new()];
    let names = ["server-fixture", "nchan", "the textbook's Express server"];
    for _ in 0..rounds {
        let server = ours(&[]).await;
        let token = login(server.address()).await;
        runs[0].extend(fan_out(names[0], &server, &token, peers_clients, events, event()).await);
        if let Some(server) = nchan().await {
            let body = format!("@{}", "x".repeat(150));
            runs[1].extend(fan_out(names[1], &server, "", peers_clients, events, body).await);
        }
        if let Some(server) = express().await {
            runs[2].extend(fan_out(names[2], &server, "", peers_clients, events, event()).await);
        }
    }
    let mut base = None;
    for (name, runs) in names.iter().zip(runs) {
        let what = format!("{events} events to {peers_clients} streams, {name}");
        if runs.is_empty() {
            row(&what, "no run, or not installed");
            continue;
        }
        let (times, ticks): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
        let (time, ticks) = (median(times), median(ticks));
        let (own_time, own_ticks) = *base.get_or_insert((time, ticks));
        let slower = time.as_secs_f64() / own_time.as_secs_f64();
        let dearer = ticks as f64 / own_ticks.max(1) as f64;
        let cpu = ticks as f64 / 100.0;
        let figure = format!(
            "{} ({slower:.1} × ours), CPU {cpu:.2} s ({dearer:.1} × ours)",
            seconds(time)
        );
        row(&what, &figure);
    }
}

/// Time from the first publish to the last delivery, and what the server computed meanwhile in
/// hundredths of a second, which depends less on what else the machine does.
async fn fan_out(
    name: &str,
    server: &Server,
    token: &str,
    clients: usize,
    events: usize,
    body: String,
) -> Option<(Duration, u64)> {
    let crowd = Crowd::open(server.address(), token, clients).await;
    let (begin, ticks) = (Instant::now(), cpu_ticks(server));
    let publishers = (0..PUBLISHERS).map(|number| {
        let share = events / PUBLISHERS + usize::from(number < events % PUBLISHERS);
        let (body, token) = (body.clone(), token.to_owned());
        tokio::spawn(publish(server.address(), token, body, share))
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    let lost = crowd.marks(clients * events).await;
    if lost > 0 {
        // A run with losses has no time: it would count the waiting for what never came.
        row(
            &format!("deliveries that never came, {name}"),
            &format!("{lost} of {}", clients * events),
        );
        return None;
    }
    Some((begin.elapsed(), cpu_ticks(server) - ticks))
}

pub(crate) async fn publish(address: SocketAddr, token: String, body: String, times: usize) {
    let mut sender = Sender::connect(address, &token).await;
    for _ in 0..times {
        sender.post("/publish", &body).await;
    }
}

async fn across_nodes() {
    let what = "publish on one node → client on another, through Redis";
    let Some(redis) = redis().await else {
        return row(what, "not installed");
    };
    let url = format!("redis://{}/", redis.address());
    let (here, there) = (ours(&["--log", &url]).await, ours(&["--log", &url]).await);
    let token = login(here.address()).await;
    let crowd = Crowd::open(there.address(), &token, 1).await;
    let mut sender = Sender::connect(here.address(), &token).await;
    let mut times = Vec::new();
    for round in 1..=300 {
        let begin = Instant::now();
        sender.post("/publish", &event()).await;
        while crowd.seen.marks.load(Ordering::Relaxed) < round {
            tokio::task::yield_now().await;
        }
        times.push(begin.elapsed());
        sleep(Duration::from_millis(3)).await;
    }
    times.sort_unstable();
    let [half, most] = [times.len() / 2, times.len() * 99 / 100].map(|index| times[index]);
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    row(
        what,
        &format!("median {:.2} ms, p99 {:.2} ms", millis(half), millis(most)),
    );
}

async fn measure_shutdown() {
    let mut server = ours(&[]).await;
    let token = login(server.address()).await;
    let crowd = Crowd::open(server.address(), &token, 1000).await;
    let begin = Instant::now();
    let id = server.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    server.process().wait().await.unwrap();
    let took = begin.elapsed();
    crowd
        .until(|seen| seen.ended.load(Ordering::Relaxed) == 1000)
        .await;
    let notified = crowd.seen.shutdowns.load(Ordering::Relaxed);
    let figure = format!("{notified} got `shutdown`, exit after {}", seconds(took));
    row("SIGTERM with 1000 streams", &figure);
}

fn median<T: Copy + Ord>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// Resident memory of the server's process.
fn memory_kib(server: &Server) -> u64 {
    resident_kib(server.id()).expect("Linux's /proc")
}

/// The same, with its children: nginx works in one.
pub(crate) fn family_kib(server: &Server) -> u64 {
    family(server.id()).filter_map(resident_kib).sum()
}

fn resident_kib(id: u32) -> Option<u64> {
    let text = proc(id, "status")?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Time that the server's process and its children have computed, in hundredths of a second.
pub(crate) fn cpu_ticks(server: &Server) -> u64 {
    let ticks = |id| Some(stat(id, 11)? + stat(id, 12)?);
    family(server.id()).filter_map(ticks).sum()
}

/// A process and its children.
fn family(id: u32) -> impl Iterator<Item = u32> {
    let all = std::fs::read_dir("/proc").expect("Linux's /proc");
    let ids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(move |&other: &u32| other == id || stat(other, 1) == Some(u64::from(id)))
}

/// A number of `/proc/<id>/stat`, counted from behind the name.
fn stat(id: u32, index: usize) -> Option<u64> {
    let text = proc(id, "stat")?;
    let mut fields = text.rsplit(')').next()?.split_whitespace();
    fields.nth(index)?.parse().ok()
}

/// A process may end while it is looked at.
fn proc(id: u32, name: &str) -> Option<String> {
    std::fs::read_to_string(format!("/proc/{id}/{name}")).ok()
}
