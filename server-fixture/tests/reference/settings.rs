//! The settings: defaults, help and validation.

use std::process::Stdio;
use std::time::Duration;

use clap::CommandFactory;
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::support::process::{announced, command};
use crate::support::{Server, soon};

#[test]
fn settings_have_the_reference_defaults() {
    let config = server_fixture::Config::from_flags(Vec::<String>::new()).unwrap();
    assert_eq!(config.port, 3000);
    assert_eq!((config.max_connections, config.keep), (1000, 100));
    assert_eq!(config.heartbeat, Duration::from_secs(30));
    assert_eq!(config.max_age, Duration::from_secs(3600));
    assert_eq!(config.rate_window, Duration::from_secs(900));
    assert_eq!(config.effective_metrics_interval(), Duration::from_secs(1));
}

#[test]
fn settings_prefer_metrics_interval_over_its_deprecated_name() {
    let interval = |flags: &[&str]| {
        let config = server_fixture::Config::from_flags(flags).unwrap();
        config.effective_metrics_interval().as_secs_f64()
    };
    let cases: [(&[&str], f64); 3] = [
        (&["--metrics-interval", "2"], 2.0),
        (&["--pulse", "3"], 3.0),
        (&["--metrics-interval", "2", "--pulse", "3"], 2.0),
    ];
    for (flags, expected) in cases {
        assert!((interval(flags) - expected).abs() < 1e-9, "{flags:?}");
    }
}

/// Starts the server with this flag or environment variable, stops it, and returns its stderr.
async fn stderr_of(flags: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command
        .args(["--demo", "--port", "0"])
        .args(flags)
        .envs(variables.iter().copied())
        .stderr(Stdio::piped());
    let mut server = announced(command).await.expect("the server starts");
    let mut stderr = server.process.stderr.take().unwrap();
    // The exit writes the rest of the log.
    assert!(server.terminate().await.success());
    let mut text = String::new();
    soon(stderr.read_to_string(&mut text)).await.unwrap();
    text
}

#[tokio::test]
async fn settings_warn_on_stderr_about_a_deprecated_name_only() {
    let warning = "Use `--metrics-interval` (SSE_METRICS_INTERVAL) instead.";
    for stderr in [
        stderr_of(&["--pulse", "0"], &[]).await,
        stderr_of(&[], &[("SSE_PULSE", "0")]).await,
    ] {
        assert!(stderr.contains(warning), "{stderr}");
    }
    for stderr in [
        stderr_of(&["--metrics-interval", "0"], &[]).await,
        stderr_of(&[], &[("SSE_METRICS_INTERVAL", "0")]).await,
    ] {
        assert!(!stderr.contains("deprecated"), "{stderr}");
    }
}

#[test]
fn settings_have_a_help_text_an_environment_variable_and_a_default() {
    for setting in server_fixture::Config::command().get_arguments() {
        let name = setting.get_id();
        let help = setting
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(help.len() > 10, "{name} is not explained: {help}");
        assert!(
            setting.get_env().is_some(),
            "{name} has no environment variable"
        );
        let is_switch = !setting.get_action().takes_values();
        let has_default = !setting.get_default_values().is_empty();
        assert!(
            is_switch || has_default || help.contains("ot given"),
            "{name} does not explain its default: {help}"
        );
    }
}

#[test]
fn settings_reject_a_weak_secret_outside_demo_mode() {
    let secret = |flags: &[&str]| server_fixture::Config::from_flags(flags).unwrap().secret();
    assert!(secret(&["--jwt-secret", "short"]).is_err());
    assert!(secret(&["--jwt-secret", &"x".repeat(32)]).is_ok());
    assert!(secret(&["--demo", "--jwt-secret", "short"]).is_ok());
    assert_ne!(secret(&["--demo"]).unwrap(), secret(&["--demo"]).unwrap());
}

#[test]
fn settings_reject_zero_for_timeouts_and_intervals() {
    for flag in [
        "--heartbeat",
        "--max-age",
        "--rate-window",
        "--header-timeout",
        "--request-timeout",
        "--write-deadline",
    ] {
        let is_rejected = |value| server_fixture::Config::from_flags([flag, value]).is_err();
        assert!(
            is_rejected("0") && is_rejected("-1") && is_rejected("x"),
            "{flag}"
        );
        assert!(!is_rejected("0.001"), "{flag}");
    }
}

#[tokio::test]
async fn settings_without_demo_mode_disable_login_and_require_tokens() {
    let secret = "x".repeat(32);
    let server = Server::bare(&["--jwt-secret", &secret, "--metrics-interval", "0"]).await;
    let login = server
        .client()
        .post("/login", json!({ "user": "ann" }))
        .await;
    assert_eq!(login.status, 403);
    for path in ["/events", "/api/metrics", "/logs", "/api/tasks/x"] {
        assert_eq!(server.client().get(path).await.status, 401, "{path}");
    }
}
