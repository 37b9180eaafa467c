//! `GET /logs`: the lines of the tailed file.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::demo::{DemoFaults, stream_faults};
use crate::event_log::resume::FirstConnect;
use crate::feeds::log_tail::FIRST_LINES;
use crate::http::error::HttpError;
use crate::http::request_context::RequestContext;
use crate::sse::filter::Filter;
use crate::sse::open_stream::{StreamRequest, open_stream};
use crate::state::AppState;

/// Streams the last ten lines, then every new line.
pub(in crate::http) async fn logs(
    State(state): State<Arc<AppState>>,
    State(demo): State<Option<Arc<DemoFaults>>>,
    context: RequestContext,
) -> Result<Response, HttpError> {
    let user = context.optional_user(&state)?;
    let Some(log_lines) = &state.log_lines else {
        let error = "No log file is streamed. Restart the server with `--tail FILE`.";
        return Err(HttpError::new(StatusCode::NOT_FOUND, error));
    };
    context.check_rate_limit(&state, user.as_ref()).await?;
    let request = StreamRequest {
        requested: context.requested(),
        first_connect: FirstConnect::Last(FIRST_LINES),
        ip: context.ip,
        faults: stream_faults(demo.as_deref(), user.as_ref()),
        filter: Filter { user, types: None },
    };
    Ok(open_stream(&state, log_lines, request).await?)
}
