//! Settings.

use std::time::Duration;

use clap::CommandFactory;
use serde_json::json;

use crate::support::Server;

#[test]
fn settings_have_the_textbooks_defaults() {
    let config = server_fixture::Config::from_flags(Vec::<String>::new()).unwrap();
    assert_eq!(config.port, 3000);
    assert_eq!((config.max_connections, config.keep), (1000, 100));
    assert_eq!(config.heartbeat, Duration::from_secs(30));
    assert_eq!(config.max_age, Duration::from_secs(3600));
    assert_eq!(config.rate_window, Duration::from_secs(900));
}

#[test]
fn settings_are_explained_with_their_environment_variable_and_their_default() {
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
            "{name} does not say what holds without it: {help}"
        );
    }
}

#[test]
fn settings_refuse_a_weak_secret_outside_demo_mode() {
    let secret = |flags: &[&str]| server_fixture::Config::from_flags(flags).unwrap().secret();
    assert!(secret(&["--jwt-secret", "short"]).is_err());
    assert!(secret(&["--jwt-secret", &"x".repeat(32)]).is_ok());
    assert!(secret(&["--demo", "--jwt-secret", "short"]).is_ok());
    assert_ne!(secret(&["--demo"]).unwrap(), secret(&["--demo"]).unwrap());
}

#[test]
fn settings_refuse_no_time_where_the_server_would_spin_or_serve_nobody() {
    for flag in [
        "--heartbeat",
        "--max-age",
        "--rate-window",
        "--header-timeout",
        "--request-timeout",
        "--write-deadline",
    ] {
        let is_refused = |value| server_fixture::Config::from_flags([flag, value]).is_err();
        assert!(
            is_refused("0") && is_refused("-1") && is_refused("x"),
            "{flag}"
        );
        assert!(!is_refused("0.001"), "{flag}");
    }
}

#[tokio::test]
async fn outside_demo_mode_nobody_can_log_in_and_every_stream_needs_a_token() {
    let secret = "x".repeat(32);
    let server = Server::bare(&["--jwt-secret", &secret, "--pulse", "0"]).await;
    let login = server
        .client()
        .post("/login", json!({ "user": "ann" }))
        .await;
    assert_eq!(login.status, 403);
    for path in ["/events", "/api/metrics", "/logs", "/api/tasks/x"] {
        assert_eq!(server.client().get(path).await.status, 401, "{path}");
    }
}
