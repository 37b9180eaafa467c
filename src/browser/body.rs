//! Reads the body of a response in chunks, if possible into a buffer that is used again.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use js_sys::{JSON, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStream, ReadableStreamReadResult, Response};

#[wasm_bindgen]
extern "C" {
    /// A `ReadableStream`, for both kinds of readers.
    type Bytes;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Bytes, options: &JsValue) -> Result<Reader, JsValue>;

    /// A default reader or a BYOB reader. A default reader ignores the view.
    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader, view: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Reader) -> Promise;
}

/// The size of a BYOB buffer, in bytes: 64 KiB.
const BUFFER: u32 = 64 << 10;

/// Reads the body of a response in chunks. Cancels it on drop.
pub(super) struct BodyReader {
    reader: Reader,
    /// Whether the reader is a [BYOB reader], which fills our buffer. The same buffer is used again
    /// for each read: a fast server makes no garbage, and no chunk is large enough to block the page.
    ///
    /// [BYOB reader]: https://streams.spec.whatwg.org/#byob-reader-class
    is_byob: bool,
    /// The latest chunk, whose buffer is used for the next.
    latest: Option<Uint8Array>,
    /// A read without a result. It is kept, because the bytes of a dropped read are lost.
    pending: Option<JsFuture>,
}

impl BodyReader {
    /// Locks `stream`, the body of `response`.
    ///
    /// Uses BYOB reads only for a response of the network, which has a URL. A stream made by the user
    /// may close without answering a pending BYOB read, and that read would never settle.
    ///
    /// # Errors
    /// A `TypeError` if the stream is already locked.
    pub(super) fn new(stream: &ReadableStream, response: &Response) -> Result<Self, JsValue> {
        let stream: &Bytes = stream.unchecked_ref();
        let byob = match response.url().is_empty() {
            true => None,
            // This fails in old engines, and for a stream that is not a byte stream.
            false => JSON::parse(r#"{"mode":"byob"}"#)
                .and_then(|mode| stream.reader(&mode))
                .ok(),
        };
        let is_byob = byob.is_some();
        Ok(Self {
            reader: byob.map_or_else(|| stream.reader(&JsValue::UNDEFINED), Ok)?,
            is_byob,
            latest: None,
            pending: None,
        })
    }

    /// Returns the next chunk, or `None` at the end of the body. This overwrites the chunk before.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Uint8Array>, JsValue>> {
        if self.pending.is_none() {
            self.pending = Some(self.read().into());
        }
        let Some(pending) = &mut self.pending else {
            return Poll::Pending;
        };
        let result = ready!(Pin::new(pending).poll(context));
        self.pending = None;
        let chunk = result.map(|read| chunk(&read.unchecked_into()));
        if self.is_byob
            && let Ok(chunk) = &chunk
        {
            self.latest.clone_from(chunk);
        }
        Poll::Ready(chunk)
    }

    fn read(&mut self) -> Promise {
        let view = match self.latest.take() {
            Some(latest) => Uint8Array::new(&latest.buffer()),
            None => Uint8Array::new_with_length(if self.is_byob { BUFFER } else { 0 }),
        };
        self.reader.read(&view)
    }
}

fn chunk(read: &ReadableStreamReadResult) -> Option<Uint8Array> {
    let is_done = read.get_done().unwrap_or(false);
    (!is_done).then(|| read.get_value().unchecked_into())
}

impl Drop for BodyReader {
    fn drop(&mut self) {
        let cancelled = JsFuture::from(self.reader.cancel());
        // To cancel a stream that broke off rejects, and the rejection must be handled.
        spawn_local(async {
            let _ = cancelled.await;
        });
    }
}
