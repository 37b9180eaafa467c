//! The reference's tasks and their progress streams.

use serde_json::{Value, json};

use crate::support::{Seen, Server};

#[tokio::test]
async fn progress_runs_to_its_end_and_a_reconnect_gets_204() {
    let server = Server::start(&["--task-step", "0.02"]).await;
    let client = server.client();
    let id = client.post("/api/tasks", json!({})).await.json()["taskId"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut stream = client.stream(&format!("/api/tasks/{id}/progress")).await;
    let states = stream.rest().await;
    let Some(Seen::Event {
        data,
        id: Some(last),
        ..
    }) = states.last()
    else {
        panic!("{states:?}")
    };
    let task: Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        (&task["status"], &task["progress"]),
        (&json!("completed"), &json!(100))
    );
    assert_eq!(task["result"], json!({ "data": "Task completed!" }));
    let again = client.clone().with("last-event-id", last);
    assert_eq!(
        again.get(&format!("/api/tasks/{id}/progress")).await.status,
        204
    );
    assert_eq!(
        client.get(&format!("/api/tasks/{id}")).await.json()["status"],
        "completed"
    );
}

#[tokio::test]
async fn progress_reports_a_failed_task() {
    let server = Server::start(&["--task-step", "0.01"]).await;
    let client = server.client();
    let id = client
        .post("/api/tasks", json!({ "fail": true }))
        .await
        .json()["taskId"]
        .clone();
    let path = format!("/api/tasks/{}/progress", id.as_str().unwrap());
    let states = client.stream(&path).await.rest().await;
    let Some(Seen::Event { data, .. }) = states.last() else {
        panic!("{states:?}")
    };
    assert!(data.contains("\"failed\""), "{data}");
}

#[tokio::test]
async fn progress_of_an_unknown_task_is_404() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/api/tasks/nope/progress").await;
    assert_eq!(
        (answer.status.as_u16(), answer.json()),
        (404, json!({ "error": "Task not found" }))
    );
}

#[tokio::test]
async fn progress_rejects_an_oversized_body_with_json() {
    let server = Server::start(&["--max-body", "1000"]).await;
    let body = json!({ "note": "x".repeat(2000) });
    let answer = server.client().post("/api/tasks", body).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["error"].is_string());
}

#[tokio::test]
async fn progress_ends_at_token_expiry_and_logout() {
    let server = Server::start(&["--task-step", "60", "--auth-scope", "all"]).await;
    let ann = server.login("ann").await;
    let task = ann.post("/api/tasks", json!({})).await.json();
    let path = format!("/api/tasks/{}/progress", task["taskId"].as_str().unwrap());
    let bob = server.client().login("bob", 1).await;
    bob.stream(&path).await.rest().await;
    let mut stream = ann.stream(&path).await;
    assert_eq!(ann.request("POST", "/logout").await.status, 204);
    stream.rest().await;
}
