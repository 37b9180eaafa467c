//! Hostile files: pipes and devices instead of logs, logs that are rewritten, links out of a folder.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use tokio::time::{Instant, sleep};

use crate::Attacked;
use crate::support::process::{Folder, announced, command};
use crate::support::servers::Node;
use crate::support::{Client, Server, Stream, soon};

fn make_pipe(path: &str) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

fn append(path: impl AsRef<Path>) -> std::fs::File {
    std::fs::OpenOptions::new().append(true).open(path).unwrap()
}

#[tokio::test]
async fn sigterm_ends_the_server_whatever_it_tails() {
    let folder = Folder::new();
    let (pipe, missing) = (folder.join("pipe"), folder.join("missing"));
    make_pipe(&pipe);
    let socket = folder.join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let dir = folder.join("");
    for file in [
        &pipe,
        &missing,
        &socket,
        &dir,
        "/dev/zero",
        "/dev/null",
        "/dev/full",
        "/dev/tty",
        "/dev/random",
        "/dev/stdin",
        "/proc/kmsg",
    ] {
        let mut node = Node::start(&["--tail", file]).await;
        assert_eq!(
            node.client().get("/health/live").await.status,
            200,
            "{file}"
        );
        sleep(Duration::from_millis(150)).await;
        let begin = Instant::now();
        assert!(node.terminate().await.success(), "{file}");
        assert!(
            begin.elapsed() < Duration::from_secs(5),
            "{file}: {:?}",
            begin.elapsed()
        );
    }
}

#[tokio::test]
async fn lines_of_a_pipe_are_streamed_and_sigterm_ends_the_server() {
    let folder = Folder::new();
    let pipe = folder.join("pipe");
    make_pipe(&pipe);
    let mut node = Node::start(&["--tail", &pipe]).await;
    let mut stream = node.client().open("/logs").await;
    stream.until("message").await;
    for round in 0..2 {
        // This open fails while nobody reads the pipe.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let mut options = std::fs::OpenOptions::new();
        options.write(true).custom_flags(flags);
        let mut writer = soon(async {
            loop {
                match options.open(&pipe) {
                    Ok(writer) => break writer,
                    Err(_) => sleep(Duration::from_millis(20)).await,
                }
            }
        })
        .await;
        writer
            .write_all(format!("line {round}\n").as_bytes())
            .unwrap();
        assert_eq!(stream.event().await.data, format!("line {round}"));
        if round == 1 {
            // The writer is still connected.
            assert!(node.terminate().await.success());
        }
    }
}

#[tokio::test]
async fn problem_with_the_tailed_file_is_logged_once() {
    let folder = Folder::new();
    let node = Node::start(&["--tail", &folder.join("")]).await;
    node.logs("The log file was not read").await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(node.log().matches("The log file was not read").count(), 1);
}

/// Reads lines until one that begins with `last`. Fails if a line is not in `whole`.
async fn lines_until(stream: &mut Stream, last: &str, whole: &[String]) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let line = stream.event().await.data;
        if line.starts_with('{') {
            continue;
        }
        assert!(whole.contains(&line), "a line was cut: {line:?}");
        let is_last = line.starts_with(last);
        seen.push(line);
        if is_last {
            return seen;
        }
    }
}

fn numbered(name: &str, count: usize) -> Vec<String> {
    let line = |number| format!("{name} {number} {}", "x".repeat(number % 50));
    (0..count).map(line).collect()
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn file_that_is_truncated_and_rewritten_longer_loses_and_cuts_no_line() {
    let folder = Folder::new();
    let path = folder.join("app.log");
    let (mut contents, mut whole) = (Vec::new(), Vec::new());
    for round in 1..20 {
        let lines = numbered(&format!("round {round} line"), round * 37);
        whole.extend(lines.clone());
        contents.push(lines);
    }
    std::fs::write(&path, "ready\n").unwrap();
    let server = Server::start(&["--tail", &path]).await;
    let mut stream = server.client().open("/logs").await;
    // This line shows that the server has opened the file.
    while stream.event().await.data != "ready" {}
    for lines in contents {
        // Truncates the file, and writes more than it contained before the next read.
        std::fs::write(&path, text(&lines)).unwrap();
        let seen = lines_until(&mut stream, lines.last().unwrap(), &whole).await;
        assert_eq!(seen, lines);
    }
    // The new content begins like the old one, and has the same length.
    let same = numbered("round 19 line", 19 * 37);
    let mut changed = same.clone();
    let end = changed.len() - 1;
    changed[end] = changed[end].replace("round 19", "round xx");
    std::fs::write(&path, text(&changed)).unwrap();
    assert_eq!(
        lines_until(&mut stream, &changed[end], &changed).await,
        changed
    );
}

#[tokio::test]
async fn rotations_lose_no_line_of_a_writer_that_keeps_the_old_file_open() {
    let folder = Folder::new();
    let path = folder.join("app.log");
    std::fs::write(&path, "ready\n").unwrap();
    let server = Server::start(&["--tail", &path]).await;
    let mut stream = server.client().open("/logs").await;
    // This line shows that the server has opened the file.
    while stream.event().await.data != "ready" {}
    for round in 0..3 {
        let mut writer = append(&path);
        writer
            .write_all(format!("{round} before\n{round} half").as_bytes())
            .unwrap();
        std::fs::rename(&path, folder.join(&format!("app.log.{round}"))).unwrap();
        writer.write_all(b" of it\n").unwrap();
        std::fs::write(&path, format!("{round} new\n")).unwrap();
        let mut seen = Vec::new();
        while seen.last() != Some(&format!("{round} new")) {
            seen.push(stream.event().await.data);
        }
        // The new file is open now, and the writer has not noticed it yet.
        writer
            .write_all(format!("{round} late\n").as_bytes())
            .unwrap();
        seen.push(stream.event().await.data);
        let expected = ["before", "half of it", "new", "late"];
        assert_eq!(seen, expected.map(|line| format!("{round} {line}")));
    }
}

#[tokio::test]
async fn rotations_in_quick_succession_lose_no_file_in_between() {
    let folder = Folder::new();
    let path = folder.join("app.log");
    let rotated = |number: usize| folder.join(&format!("app.log.{number}"));
    std::fs::write(&path, "ready\n").unwrap();
    let server = Node::start(&["--tail", &path]).await;
    let mut stream = server.client().open("/logs").await;
    // This line shows that the server has opened the file.
    while stream.event().await.data != "ready" {}
    for round in 0..5 {
        // More rotations than the server has looks at the file.
        let mut expected = Vec::new();
        for rotation in 0..4 {
            for number in (1..4)
                .rev()
                .filter(|it| std::fs::exists(rotated(*it)).unwrap())
            {
                std::fs::rename(rotated(number), rotated(number + 1)).unwrap();
            }
            std::fs::rename(&path, rotated(1)).unwrap();
            // Neither a copy nor an archive had the name.
            std::fs::copy(rotated(1), folder.join("app.log.copy")).unwrap();
            std::fs::write(folder.join("app.log.1.gz"), "archive\n").unwrap();
            let line = format!("round {round} rotation {rotation}");
            std::fs::write(&path, format!("{line}\n")).unwrap();
            expected.push(line);
        }
        for line in expected {
            assert_eq!(stream.event().await.data, line);
        }
    }
}

#[tokio::test]
async fn rewritten_file_of_a_writer_that_does_not_append_has_no_nul_bytes() {
    let folder = Folder::new();
    let path = folder.join("app.log");
    let mut writer = std::fs::File::create(&path).unwrap();
    let server = Server::start(&["--tail", &path]).await;
    let mut stream = server.client().open("/logs").await;
    stream.until("message").await;
    writer.write_all(b"first\n").unwrap();
    assert_eq!(stream.event().await.data, "first");
    // `copytruncate` of logrotate: the writer continues at its own position.
    append(&path).set_len(0).unwrap();
    writer.write_all(b"second\n").unwrap();
    assert_eq!(stream.event().await.data, "second");
}

#[tokio::test]
async fn static_files_exclude_links_out_of_the_folder_and_dotfiles() {
    let folder = Folder::new();
    let site = folder.0.join("site");
    let file = |path: &str, text: &str| {
        let path = folder.0.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (path, text) in [
        ("site/ok.txt", "public"),
        ("site/dir/index.html", "public"),
        ("site/.env", "secret"),
        ("site/.git/config", "secret"),
        ("site/.hidden/index.html", "secret"),
        ("site2/file.txt", "secret"),
        ("outside.txt", "secret"),
        ("outside/index.html", "secret"),
        ("outside/a.txt", "secret"),
    ] {
        file(path, text);
    }
    for (target, link) in [
        ("../outside.txt", "link.txt"),
        ("../outside", "linked"),
        ("/etc", "etc"),
        (".env", "env.txt"),
        ("ok.txt", ".ok.txt"),
        ("ok.txt", "inside.txt"),
        ("loop", "loop"),
    ] {
        symlink(target, site.join(link)).unwrap();
    }
    symlink("../../outside.txt", site.join("dir/page.html")).unwrap();
    std::fs::create_dir(site.join("index")).unwrap();
    symlink("../../outside/index.html", site.join("index/index.html")).unwrap();
    make_pipe(site.join("pipe").to_str().unwrap());
    let attacked = Attacked::start(&["--static", site.to_str().unwrap()]).await;
    let client = attacked.node.client();
    for path in ["/ok.txt", "/dir/", "/inside.txt"] {
        assert_eq!(client.get(path).await.text(), "public", "{path}");
    }
    for path in [
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/%2Egit/config",
        "/.hidden/",
        "/.hidden",
        "/dir/../.env",
        "/dir/%2e%2e/.env",
        "/link.txt",
        "/linked/",
        "/linked/a.txt",
        "/etc/passwd",
        "/env.txt",
        "/.ok.txt",
        "/dir/page.html",
        "/index/",
        "/index/index.html",
        "/loop",
        "/pipe",
        "/../site2/file.txt",
        "/ok.txt/.env",
    ] {
        for method in ["GET", "HEAD"] {
            let answer = client.request(method, path).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn server_responds_after_its_stderr_is_closed() {
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command
        .args(["--demo", "--port", "0"])
        .stderr(Stdio::piped());
    let mut running = announced(command).await.expect("the server starts");
    drop(running.process.stderr.take());
    for _ in 0..3 {
        let answer = Client::to(running.address).get("/health/live").await;
        assert_eq!(answer.status, 200);
    }
    running.kill().await;
}
