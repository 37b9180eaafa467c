//! `POST /login` and `POST /logout`: the test login, and the early end of a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::visit::Visit;
use crate::auth::COOKIE;
use crate::node::Node;
use crate::refusal::Refusal;

/// A quarter of an hour.
const DEFAULT_TTL: u64 = 900;
/// A day.
const MAX_TTL: u64 = 86_400;

#[derive(Deserialize)]
pub(crate) struct Login {
    user: String,
    /// Seconds.
    ttl: Option<u64>,
}

/// Hands a token to whoever asks, so it exists in demo mode only: elsewhere tokens come from the
/// application's own login, signed with the same secret.
pub(crate) async fn login(
    State(node): State<Arc<Node>>,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, Refusal> {
    if !node.config.demo {
        let advice = "Login exists with --demo only: sign HS256 tokens with the server's secret";
        return Err(Refusal::new(StatusCode::FORBIDDEN, advice));
    }
    let Json(Login { user, ttl }) = body?;
    let ttl = ttl.unwrap_or(DEFAULT_TTL);
    if user.is_empty() || user.len() > 128 || ttl > MAX_TTL {
        let error = "user must have 1 to 128 bytes, ttl 0 to 86400 seconds";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, error));
    }
    let (token, expires_at) = node.keys.issue(&user, ttl)?;
    let cookie = cookie(&token, ttl);
    let answer = Json(json!({ "token": token, "expires_at": expires_at }));
    Ok((
        [
            (header::SET_COOKIE, cookie),
            (header::CACHE_CONTROL, "no-store".into()),
        ],
        answer,
    )
        .into_response())
}

/// Ends the presented token now: open streams of it close, new ones get 401.
pub(crate) async fn logout(
    State(node): State<Arc<Node>>,
    visit: Visit,
) -> Result<Response, Refusal> {
    let user = visit.user(&node)?;
    node.revoke(&user).await?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie("", 0))],
    )
        .into_response())
}

/// Browsers treat `http://127.0.0.1` and `http://localhost` as secure enough for `Secure`.
fn cookie(token: &str, max_age: u64) -> String {
    format!("{COOKIE}={token}; Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite=Strict")
}
