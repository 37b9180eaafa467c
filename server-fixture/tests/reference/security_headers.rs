//! The reference's security headers.

use crate::support::Server;
use crate::support::process::Folder;

#[tokio::test]
async fn security_headers_are_those_of_helmet_and_allow_webassembly() {
    let server = Server::start(&[]).await;
    let answer = server.client().get("/nothing").await;
    assert_eq!(answer.status, 404);
    for name in [
        "content-security-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "origin-agent-cluster",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-dns-prefetch-control",
        "x-download-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
        "x-xss-protection",
    ] {
        assert_ne!(answer.header(name), "", "{name}");
    }
    assert!(
        answer
            .header("content-security-policy")
            .contains("script-src 'self' 'wasm-unsafe-eval'")
    );
    assert_eq!(answer.header("x-powered-by"), "");
}

#[tokio::test]
async fn static_wasm_files_have_the_type_for_streaming_compilation() {
    let folder = Folder::new();
    std::fs::write(folder.join("a.wasm"), b"\0asm").unwrap();
    let server = Server::start(&["--static", folder.0.to_str().unwrap()]).await;
    let answer = server.client().get("/a.wasm").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/wasm")
    );
    assert_eq!(server.client().get("/../Cargo.toml").await.status, 404);
}
