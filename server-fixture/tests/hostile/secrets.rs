//! Attempts to make the server print a secret.

use std::process::Stdio;

use server_fixture::Config;

use crate::support::process::{command, free_port};
use crate::support::servers::Redis;
use crate::support::soon;

/// Is part of every secret below.
const SECRET: &str = "hunter2";

/// Runs the program to its end, and returns everything that it prints.
async fn output(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command.args(flags).envs(variables.iter().copied());
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output();
    let output = soon(output).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

fn assert_hidden(text: &str, flags: &[&str]) {
    assert!(!text.is_empty(), "{flags:?}");
    assert!(!text.contains(SECRET), "{flags:?}: {text}");
}

/// URLs with a password, valid and not.
fn urls() -> Vec<String> {
    let unused = free_port();
    let mut urls: Vec<String> = [
        "redis",
        "rediss",
        "redis+tls",
        "valkey",
        "valkeys",
        "foo",
        "REDIS",
    ]
    .iter()
    .flat_map(|scheme| {
        [
            format!("{scheme}://:{SECRET}@127.0.0.1:{unused}/"),
            format!("{scheme}://ann:{SECRET} word@127.0.0.1:{unused}/"),
            format!("{scheme}://:{SECRET}@127.0.0.1:999999/"),
            format!("{scheme}://:{SECRET}@127.0.0.1:{unused}/no-number"),
            format!("{scheme}://:{SECRET}/@[x"),
        ]
    })
    .collect();
    urls.extend([
        format!("unix:///nowhere/redis.sock?pass={SECRET}"),
        format!("redis+unix:///nowhere/redis.sock?user=ann&pass={SECRET}"),
        format!("127.0.0.1:{unused},password={SECRET}"),
        format!(":{SECRET}@127.0.0.1"),
        SECRET.to_owned(),
    ]);
    urls
}

#[tokio::test]
async fn help_hides_the_values_of_environment_variables() {
    let url = format!("redis://:{SECRET}@127.0.0.1/");
    let variables = [("SSE_LOG", url.as_str()), ("JWT_SECRET", SECRET)];
    for flags in [["--help"], ["-h"], ["--version"], ["--unknown"]] {
        assert_hidden(&output(&flags, &variables).await, &flags);
    }
}

#[tokio::test]
async fn errors_hide_the_password_of_every_url() {
    for url in urls() {
        let flags = ["--demo", "--port", "0", "--log", &url];
        assert_hidden(&output(&flags, &[]).await, &flags);
        let joined = format!("--log={url}");
        assert_hidden(
            &output(&[&joined, "--demo", "--port", "0"], &[]).await,
            &[&joined],
        );
        let variables = [("SSE_LOG", url.as_str())];
        assert_hidden(
            &output(&["--demo", "--port", "0"], &variables).await,
            &[&url],
        );
    }
}

#[tokio::test]
async fn errors_hide_a_url_in_the_wrong_place() {
    let url = format!("redis://:{SECRET}@127.0.0.1/");
    for flags in [
        &[url.as_str()][..],
        &["--demo", &url],
        &["--port", &url],
        &["--tail", "x", &url],
        &["--trusted-proxy", &url],
        &["--auth-scope", &url],
    ] {
        assert_hidden(&output(flags, &[]).await, flags);
    }
}

#[tokio::test]
async fn secret_that_begins_with_a_hyphen_is_accepted() {
    let secret = format!("-{SECRET}{}", "x".repeat(32));
    let config = Config::from_flags(["--jwt-secret", &secret]).unwrap();
    assert_eq!(config.secret().unwrap(), secret.as_bytes());
}

#[test]
fn debug_output_hides_the_settings_that_are_secret() {
    let url = format!("redis://:{SECRET}@127.0.0.1/");
    let config = Config::from_flags(["--demo", "--jwt-secret", SECRET, "--log", &url]).unwrap();
    assert_hidden(&format!("{config:?} {config:#?}"), &[]);
}

#[tokio::test]
async fn errors_of_redis_hide_the_password() {
    let redis = Redis::start_with(&["--requirepass", "other"]).await;
    for user in ["", "ann"] {
        let url = format!("redis://{user}:{SECRET}@127.0.0.1:{}/", redis.port());
        let flags = ["--demo", "--port", "0", "--log", &url];
        let text = output(&flags, &[]).await;
        assert_hidden(&text, &flags);
        assert!(text.contains("Redis"), "{text}");
    }
}
