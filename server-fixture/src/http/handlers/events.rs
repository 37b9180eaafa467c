//! `GET /events` and `GET /api/metrics`: the streams of published events.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::demo::fault_response;
use crate::auth::User;
use crate::config::FirstConnectMode;
use crate::demo::{DemoFaults, stream_faults};
use crate::event_log::resume::FirstConnect;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::sse::filter::Filter;
use crate::sse::open_stream::{StreamRequest, open_stream};
use crate::state::AppState;
use crate::util::query_value;

/// The event types of the dashboard stream.
const DASHBOARD_TYPES: [&str; 2] = ["metrics", "notification"];

/// Opens the main stream. It needs a token, and `?types=a,b` selects event types.
pub(in crate::http) async fn events(
    State(state): State<Arc<AppState>>,
    State(demo): State<Option<Arc<DemoFaults>>>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    let user = context.user(&state)?;
    if let Some(demo) = &demo
        && let Some(fault) = demo.due(&user.name, &context.request_id()).await
    {
        return Ok(fault_response(&fault));
    }
    let types = query_value(context.uri.query(), "types").map(|types| {
        types
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    });
    open(&state, demo.as_deref(), &context, Some(user), types).await
}

/// Opens the dashboard stream: only metrics and notifications, without a token unless the server
/// protects all endpoints.
pub(in crate::http) async fn dashboard(
    State(state): State<Arc<AppState>>,
    State(demo): State<Option<Arc<DemoFaults>>>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    let user = context.optional_user(&state)?;
    let types = DASHBOARD_TYPES.map(str::to_owned).into();
    open(&state, demo.as_deref(), &context, user, Some(types)).await
}

async fn open(
    state: &Arc<AppState>,
    demo: Option<&DemoFaults>,
    context: &RequestContext,
    user: Option<User>,
    types: Option<HashSet<String>>,
) -> Result<Response, HttpError> {
    context.check_rate_limit(state, user.as_ref()).await?;
    let request = StreamRequest {
        requested: context.requested(),
        first_connect: match state.config.first_connect {
            FirstConnectMode::Live => FirstConnect::Live,
            FirstConnectMode::Retained => FirstConnect::Retained,
        },
        ip: context.ip,
        faults: stream_faults(demo, user.as_ref()),
        filter: Filter { user, types },
    };
    Ok(open_stream(state, &state.events, request).await?)
}
