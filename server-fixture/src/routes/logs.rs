//! `GET /logs`: the lines of the followed file.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::events::Ask;
use super::open::open;
use super::visit::Visit;
use crate::filter::Filter;
use crate::node::Node;
use crate::refusal::Refusal;
use crate::resume::FirstConnect;
use crate::tail::FIRST_LINES;

/// The last ten lines, then every new one.
pub(crate) async fn logs(State(node): State<Arc<Node>>, visit: Visit) -> Result<Response, Refusal> {
    let user = visit.plain_user(&node)?;
    let Some(lines) = &node.lines else {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "No log file is followed: see --tail",
        ));
    };
    visit.count(&node, user.as_ref()).await?;
    let ask = Ask::new(&visit, Filter { user, types: None });
    open(&node, lines, ask, FirstConnect::Last(FIRST_LINES)).await
}
