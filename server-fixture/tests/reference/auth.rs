//! The reference's authentication: token sources, algorithms, secrecy and revocation.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};
use tokio::time::sleep;

use crate::support::process::{Folder, announced, command};
use crate::support::{Client, Server, soon};

#[tokio::test]
async fn auth_prefers_the_header_over_the_cookie_over_the_query() {
    let server = Server::start(&["--query-token"]).await;
    let plain = server.client();
    let (ann, bob) = (plain.token("ann", 60).await, plain.token("bob", 60).await);
    let query = format!("/events?token={ann}");
    let user = async |client: Client, path: &str| {
        let connected = client.stream(path).await.until("connected").await;
        connected.json()["user"].as_str().unwrap().to_owned()
    };
    assert_eq!(user(plain.clone(), &query).await, "ann");
    let cookie = plain
        .clone()
        .with("cookie", &format!("a=b; auth_token={bob}"));
    assert_eq!(user(cookie.clone(), &query).await, "bob");
    let header = cookie
        .clone()
        .with("authorization", &format!("bearer {ann}"));
    assert_eq!(user(header, "/events").await, "ann");
    let bad_header = cookie.with("authorization", "Bearer rubbish");
    assert_eq!(bad_header.get(&query).await.status, 401);
}

#[tokio::test]
async fn auth_by_query_is_off_by_default() {
    let server = Server::start(&[]).await;
    let token = server.client().token("ann", 60).await;
    assert_eq!(
        server
            .client()
            .get(&format!("/events?token={token}"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn auth_rejects_with_json_and_the_scheme() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/events").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json(), json!({ "error": "Token required" }));
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    let expired = server.client().login("ann", 0).await.get("/events").await;
    assert_eq!(
        (expired.status.as_u16(), expired.json()),
        (401, json!({ "error": "Invalid token" }))
    );
}

/// Returns a token of eve that is valid from `not_before` (Unix seconds). It is signed with the secret of
/// the test servers and the algorithm in its header.
fn token(algorithm: &str, not_before: u64) -> String {
    let claims = json!({
        "sub": "eve", "exp": 9_999_999_999_u64, "nbf": not_before, "iat": 0, "jti": "x", "publish": true,
    });
    signed(&json!({ "alg": algorithm }), &claims)
}

/// Returns a token with this header and these claims, signed with the secret of the tests.
fn signed(header: &Value, claims: &Value) -> String {
    fn signature<M: KeyInit + Mac>(signed: &str) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(b"test").unwrap();
        mac.update(signed.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    let algorithm = header["alg"].as_str().unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = match algorithm {
        "HS256" => signature::<Hmac<Sha256>>(&signed),
        "HS512" => signature::<Hmac<Sha512>>(&signed),
        _ => Vec::new(),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[tokio::test]
async fn auth_pins_the_algorithm() {
    let server = Server::start(&[]).await;
    let status = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let eve = server.client().with("authorization", &bearer);
        eve.get_head("/events").await.status.as_u16()
    };
    assert_eq!(status(&token("HS256", 0)).await, 200);
    assert_eq!(status(&token("HS256", 9_999_999_998)).await, 401, "not yet");
    // The right secret with another algorithm, or no signature.
    for algorithm in ["HS512", "none", "None", "NONE"] {
        assert_eq!(status(&token(algorithm, 0)).await, 401, "{algorithm}");
    }
    let unsigned = token("HS256", 0).rsplit_once('.').unwrap().0.to_owned();
    for signature in ["", ".", ".AAAA"] {
        assert_eq!(
            status(&format!("{unsigned}{signature}")).await,
            401,
            "{signature:?}"
        );
    }
}

#[tokio::test]
async fn auth_leaves_no_token_in_any_log() {
    let folder = Folder::new();
    let file = folder.0.join("log");
    let mut command = command(env!("CARGO_BIN_EXE_server-fixture"));
    command
        .args([
            "--demo",
            "--jwt-secret",
            "test",
            "--port",
            "0",
            "--query-token",
        ])
        .env("RUST_LOG", "trace")
        .stderr(std::fs::File::create(&file).unwrap());
    let server = announced(command).await.unwrap();
    let client = Client::to(server.address);
    let token = client.token("ann", 60).await;
    let bad = format!("{token}x");
    for token in [&token, &bad] {
        client.get_head(&format!("/events?token={token}")).await;
        let cookie = format!("auth_token={token}");
        client
            .clone()
            .with("cookie", &cookie)
            .get_head("/events")
            .await;
        let bearer = format!("Bearer {token}");
        let bearer = client.clone().with("authorization", &bearer);
        bearer.get_head("/events").await;
        bearer.request("POST", "/logout").await;
    }
    client.get_head("/the/end").await;
    let log = soon(async {
        loop {
            let log = std::fs::read_to_string(&file).unwrap();
            if log.contains("/the/end") {
                return log;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(log.contains("path=\"/events\" status=200"), "{log}");
    let signature = token.rsplit_once('.').unwrap().1;
    assert!(!log.contains(signature), "{log}");
}

#[tokio::test]
async fn auth_cookie_is_http_only_secure_and_strict() {
    let server = Server::start(&[]).await;
    let answer = server
        .client()
        .post("/login", json!({ "user": "ann", "ttl": 60 }))
        .await;
    let cookie = answer.header("set-cookie");
    for attribute in [
        "auth_token=",
        "HttpOnly",
        "Secure",
        "SameSite=Strict",
        "Max-Age=60",
    ] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(answer.json()["expires_at"].as_u64().unwrap() > 1_700_000_000);
}

#[tokio::test]
async fn auth_logout_closes_open_streams() {
    // No heartbeat and no event wakes the stream, only the revocation.
    let server = Server::start(&["--heartbeat", "600", "--metrics-interval", "0"]).await;
    let ann = server.login("ann").await;
    let mut stream = ann.open("/events").await;
    assert_eq!(ann.request("POST", "/logout").await.status, 204);
    stream.rest().await;
    assert_eq!(
        ann.get("/events").await.json(),
        json!({ "error": "Token revoked. Log in again." })
    );
}

#[tokio::test]
async fn auth_rejects_unusual_claims_and_unknown_extensions() {
    let server = Server::start(&[]).await;
    let status = async |header: &Value, claims: &Value| {
        let bearer = format!("Bearer {}", signed(header, claims));
        let client = server.client().with("authorization", &bearer);
        client.get_head("/events").await.status.as_u16()
    };
    let plain = json!({ "alg": "HS256" });
    let claims = json!({ "sub": "eve", "exp": 9_999_999_999_u64, "iat": 0, "jti": "x" });
    assert_eq!(status(&plain, &claims).await, 200);
    for (member, value) in [
        ("sub", json!("")),
        ("sub", json!(5)),
        ("jti", json!("")),
        ("jti", json!(null)),
        ("exp", json!(-1)),
        ("exp", json!(9e99)),
        ("exp", json!("9999999999")),
        ("nbf", json!(9_999_999_998_u64)),
        ("publish", json!("true")),
        ("aud", json!("another server")),
    ] {
        let mut claims = claims.clone();
        claims[member] = value;
        assert_eq!(status(&plain, &claims).await, 401, "{claims}");
    }
    let header = json!({ "alg": "HS256", "crit": ["x"], "x": 1 });
    assert_eq!(status(&header, &claims).await, 401);
}
