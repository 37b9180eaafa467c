//! CORS preflights to the fault server.

use serde_json::json;

use crate::script;
use crate::support::faults;

#[tokio::test]
async fn preflights_are_allowed_and_logged_separately() {
    let client = faults().await;
    let url = script(&client, json!({ "responses": [{}] })).await;
    let page = client.clone().with("origin", "http://page.example");
    let preflight = page
        .clone()
        .with("access-control-request-method", "GET")
        .with(
            "access-control-request-headers",
            "authorization,last-event-id",
        );
    let answer = preflight.request("OPTIONS", &url).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://page.example"
    );
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "authorization,last-event-id"
    );
    let stream = page.get(&url).await;
    assert_eq!(stream.header("access-control-allow-credentials"), "true");
    let log = page.get(&format!("{url}/log")).await;
    assert_eq!(
        log.header("access-control-allow-origin"),
        "http://page.example"
    );
    let log = log.json();
    assert_eq!(log["preflights"].as_array().unwrap().len(), 1);
    assert_eq!(log["requests"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn script_can_reject_preflights() {
    let client = faults().await;
    let preflight = client
        .clone()
        .with("origin", "http://page.example")
        .with("access-control-request-method", "GET")
        .with("access-control-request-headers", "authorization");
    let refused = preflight
        .request("OPTIONS", "/fault/p/preflight-refused")
        .await;
    assert_eq!(
        (
            refused.status.as_u16(),
            refused.header("access-control-allow-origin")
        ),
        (403, "")
    );
    let partly = preflight
        .request("OPTIONS", "/fault/p/preflight-no-auth")
        .await;
    assert!(
        !partly
            .header("access-control-allow-headers")
            .contains("authorization")
    );
}
