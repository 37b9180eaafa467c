//! `proxy URL`: serves the event stream at URL on port 8080, without the member `internal`.

use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: proxy URL");
        std::process::exit(2);
    };
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, parser_examples::proxy::router(&url)).await
}
