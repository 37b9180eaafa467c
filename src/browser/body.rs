use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use js_sys::{JSON, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStream, ReadableStreamReadResult};

#[wasm_bindgen]
extern "C" {
    /// A body, for its readers of both kinds.
    type Bytes;
    #[wasm_bindgen(method, catch, js_name = getReader)]
    fn reader(this: &Bytes, options: &JsValue) -> Result<Reader, JsValue>;

    /// A reader of either kind: the one without a buffer of ours ignores the view.
    type Reader;
    #[wasm_bindgen(method)]
    fn read(this: &Reader, view: &Uint8Array) -> Promise;
    #[wasm_bindgen(method)]
    fn cancel(this: &Reader) -> Promise;
}

/// How much is read at once into a buffer of ours, in bytes.
const BUFFER: u32 = 64 << 10;

/// Reads a response's body piece by piece. Cancels it on drop.
pub(super) struct Body {
    reader: Reader,
    /// Whether the reader fills buffers of ours. One goes to and fro, so that a fast server makes
    /// no garbage, and no piece is so large that it would block the page.
    is_filling: bool,
    /// The latest piece: its buffer is used for the next.
    latest: Option<Uint8Array>,
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
        let stream: &Bytes = stream.unchecked_ref();
        // A stream that is no byte stream refuses, and so does an old engine.
        let filling = JSON::parse(r#"{"mode":"byob"}"#).and_then(|mode| stream.reader(&mode));
        let is_filling = filling.is_ok();
        Ok(Self {
            reader: filling.or_else(|_| stream.reader(&JsValue::UNDEFINED))?,
            is_filling,
            latest: None,
            pending: None,
        })
    }

    /// The next piece; `None` at the end of the body. The piece before it is gone then.
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
        if self.is_filling
            && let Ok(chunk) = &chunk
        {
            self.latest.clone_from(chunk);
        }
        Poll::Ready(chunk)
    }

    fn read(&mut self) -> Promise {
        let view = match self.latest.take() {
            Some(latest) => Uint8Array::new(&latest.buffer()),
            None => Uint8Array::new_with_length(if self.is_filling { BUFFER } else { 0 }),
        };
        self.reader.read(&view)
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
