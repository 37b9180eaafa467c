use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStream, ReadableStreamDefaultReader, ReadableStreamReadResult};

/// Reads a response's body piece by piece. Cancels it on drop.
pub(super) struct Body {
    reader: ReadableStreamDefaultReader,
    /// A read that was asked for and not answered yet. Kept here, because a read that is dropped
    /// takes its bytes along.
    pending: Option<JsFuture>,
}

impl Body {
    /// Locks `stream`.
    ///
    /// # Errors
    /// The `TypeError` of a stream that is locked already.
    pub(super) fn new(stream: &ReadableStream) -> Result<Self, JsValue> {
        let reader = ReadableStreamDefaultReader::new(stream)?;
        Ok(Self {
            reader,
            pending: None,
        })
    }

    /// The next piece; `None` at the end of the body.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Uint8Array>, JsValue>> {
        let pending = self
            .pending
            .get_or_insert_with(|| self.reader.read().into());
        let result = ready!(Pin::new(pending).poll(context));
        self.pending = None;
        Poll::Ready(result.map(|read| chunk(&read.unchecked_into())))
    }
}

fn chunk(read: &ReadableStreamReadResult) -> Option<Uint8Array> {
    let is_done = read.get_done().unwrap_or(false);
    (!is_done).then(|| read.get_value().unchecked_into())
}

impl Drop for Body {
    fn drop(&mut self) {
        let cancelled = JsFuture::from(self.reader.cancel());
        // Cancelling a stream that broke off rejects; nobody else would take notice of it.
        spawn_local(async {
            let _ = cancelled.await;
        });
    }
}
