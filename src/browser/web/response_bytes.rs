//! The body of a response as a stream of bytes.

use alloc::vec::Vec;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use web_sys::Response;

use super::body::WebReader;
use super::exception::Exception;

/// The body of a response that the caller has requested, as a stream of bytes. With the feature
/// `stream`, [`ByteStreamExt`] returns its events. Dropping it cancels the body.
///
/// ```
/// # #[cfg(feature = "stream")]
/// # async fn example(response: web_sys::Response) -> Result<(), Box<dyn std::error::Error>> {
/// use authenticated_event_source::browser::ResponseBytes;
/// use authenticated_event_source::event_stream::ByteStreamExt;
/// use futures_util::StreamExt;
///
/// let mut events = ResponseBytes::new(&response)?.events().until("[DONE]");
/// while let Some(event) = events.next().await {
///     println!("{}", event?.data);
/// }
/// # Ok(()) }
/// ```
///
/// [`ByteStreamExt`]: https://docs.rs/authenticated-event-source/latest/authenticated_event_source/event_stream/trait.ByteStreamExt.html
#[must_use = "a stream does nothing unless polled"]
pub struct ResponseBytes(Option<WebReader>);

impl ResponseBytes {
    /// Locks the body of the response. A response without a body is an empty stream.
    ///
    /// # Errors
    /// The body is used or locked already.
    pub fn new(response: &Response) -> Result<Self, Exception> {
        Ok(Self(WebReader::of(response)?))
    }
}

impl Stream for ResponseBytes {
    type Item = Result<Vec<u8>, Exception>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(reader) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let chunk = ready!(reader.poll_chunk(context));
        if !matches!(chunk, Ok(Some(_))) {
            self.0 = None;
        }
        Poll::Ready(match chunk {
            Ok(chunk) => chunk.map(|chunk| Ok(chunk.to_vec())),
            Err(error) => Some(Err(error.into_exception())),
        })
    }
}

impl FusedStream for ResponseBytes {
    fn is_terminated(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for ResponseBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBytes").finish_non_exhaustive()
    }
}
