//! TLS for the HTTP/2 faults, because browsers support HTTP/2 only over TLS. Each process creates a
//! self-signed certificate.

use std::io;
use std::sync::{Arc, LazyLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// The names in the certificate.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

static CONFIG: LazyLock<Result<Arc<ServerConfig>, String>> =
    LazyLock::new(|| config().map(Arc::new).map_err(|error| error.to_string()));

fn config() -> Result<ServerConfig, Box<dyn std::error::Error>> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(NAMES.map(String::from))?;
    let key = PrivateKeyDer::try_from(signing_key.serialize_der())?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(vec![cert.into()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// Accepts a TLS connection from a client that offers HTTP/2.
pub(super) async fn accept(stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let config = CONFIG.as_ref();
    let config = config.map_err(|error| io::Error::other(error.as_str()))?;
    TlsAcceptor::from(Arc::clone(config)).accept(stream).await
}
