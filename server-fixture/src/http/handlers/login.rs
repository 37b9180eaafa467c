//! `POST /login` and `POST /logout`: the test login, and the revocation of a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::auth::COOKIE;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::state::AppState;

/// A quarter of an hour, in seconds.
const DEFAULT_TTL: u64 = 900;
/// A day, in seconds.
const MAX_TTL: u64 = 86_400;

/// The body of `POST /login`.
#[derive(Deserialize)]
pub(in crate::http) struct Login {
    user: String,
    /// Seconds.
    ttl: Option<u64>,
}

/// Issues a token to any client, so it exists only in demo mode. In production, tokens come from
/// the application's own login, which signs with the same secret.
pub(in crate::http) async fn login(
    State(state): State<Arc<AppState>>,
    context: RequestContext,
    body: Result<Json<Login>, JsonRejection>,
) -> Result<Response, HttpError> {
    if !state.config.demo {
        let error = "Login is available only with `--demo`. Sign HS256 tokens with the server's \
                     secret.";
        return Err(HttpError::new(StatusCode::FORBIDDEN, error));
    }
    context.check_login_rate_limit(&state).await?;
    let Json(Login { user, ttl }) = body?;
    let ttl = ttl.unwrap_or(DEFAULT_TTL);
    if user.is_empty() || user.len() > 128 || ttl > MAX_TTL {
        let error = "`user` or `ttl` is out of range. Send a user of 1 to 128 bytes and a ttl of \
                     0 to 86400 seconds.";
        return Err(HttpError::new(StatusCode::BAD_REQUEST, error));
    }
    let (token, expires_at) = state.keys.issue(&user, ttl)?;
    let cookie = cookie(&token, ttl);
    let body = Json(json!({ "token": token, "expires_at": expires_at }));
    Ok((
        [
            (header::SET_COOKIE, cookie),
            (header::CACHE_CONTROL, "no-store".into()),
        ],
        body,
    )
        .into_response())
}

/// Revokes the presented token: its open streams close, and new requests get 401. This node
/// applies the revocation at once, the other nodes within a second.
pub(in crate::http) async fn logout(
    State(state): State<Arc<AppState>>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    let user = context.user(&state)?;
    context.check_logout_rate_limit(&state, &user).await?;
    state
        .revocations
        .add([(user.token_id.clone(), user.expires_at)]);
    let revocation = (user.token_id, user.expires_at);
    let stored = state.revocation_store.revoke(revocation).await;
    stored.map_err(|_| HttpError::logout_not_stored())?;
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, cookie("", 0))],
    )
        .into_response())
}

/// Formats the cookie. Browsers accept `Secure` on `http://127.0.0.1` and `http://localhost`.
fn cookie(token: &str, max_age: u64) -> String {
    format!("{COOKIE}={token}; Path=/; Max-Age={max_age}; HttpOnly; Secure; SameSite=Strict")
}
