//! Reads the body of a response in chunks, if possible into a buffer that is used again.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use futures_core::future::LocalBoxFuture;
use js_sys::{JSON, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ReadableStreamReadResult, Response};

use super::exception::Exception;
use super::sys;
use crate::browser::error::SharedError;
use crate::browser::fetch::{Chunks, FetchResponse, ResponseBody};

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
    #[wasm_bindgen(method, getter)]
    fn closed(this: &Reader) -> Promise;
}

/// The size of a BYOB buffer, in bytes: 64 KiB.
const BUFFER: u32 = 64 << 10;

/// Reads the body of a response in chunks. Cancels it on drop.
pub(super) enum BodyReader {
    Web(WebReader),
    Bytes(Chunks),
}

/// Why no chunk was read.
pub(super) enum ReadError<E> {
    /// The connection broke.
    Broken(E),
    /// The stream returned something other than bytes.
    NotBytes,
}

impl ReadError<Exception> {
    pub(super) fn into_exception(self) -> Exception {
        match self {
            Self::Broken(exception) => exception,
            Self::NotBytes => Exception::from(JsValue::from_str(
                "The stream contains no bytes. Return a stream of `Uint8Array`.",
            )),
        }
    }
}

/// A part of a body.
pub(super) enum Chunk {
    Web(Uint8Array),
    Bytes(Vec<u8>),
}

impl Chunk {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Web(chunk) => chunk.length() as usize,
            Self::Bytes(chunk) => chunk.len(),
        }
    }

    pub(super) fn starts_with(&self, byte: u8) -> bool {
        match self {
            Self::Web(chunk) => chunk.length() > 0 && chunk.get_index(0) == byte,
            Self::Bytes(chunk) => chunk.first() == Some(&byte),
        }
    }

    /// Fills `target` with the bytes from `start`. The chunk must contain that many.
    pub(super) fn copy_from(&self, start: usize, target: &mut [u8]) {
        match self {
            Self::Web(chunk) => {
                let end = start + target.len();
                chunk.subarray(start as u32, end as u32).copy_to(target);
            }
            Self::Bytes(chunk) => {
                let bytes = chunk.get(start..start + target.len());
                target.copy_from_slice(bytes.unwrap_or_default());
            }
        }
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        match self {
            Self::Web(chunk) => chunk.to_vec(),
            Self::Bytes(chunk) => chunk.clone(),
        }
    }
}

impl BodyReader {
    /// Takes the body of a response. Returns `None` if it is missing, locked, used, or no stream.
    pub(super) fn of(response: &mut FetchResponse) -> Option<Self> {
        match mem::replace(&mut response.body, ResponseBody::None) {
            ResponseBody::Bytes(chunks) => Some(Self::Bytes(chunks)),
            ResponseBody::Web(web) => {
                let reader = WebReader::of(&web);
                response.body = ResponseBody::Web(web);
                reader.ok()?.map(Self::Web)
            }
            ResponseBody::None | ResponseBody::NotAResponse => None,
        }
    }

    /// Returns the next chunk, or `None` at the end of the body. This overwrites the chunk before.
    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Chunk>, ReadError<SharedError>>> {
        match self {
            Self::Web(reader) => reader.poll_chunk(context).map_err(|error| match error {
                ReadError::Broken(exception) => {
                    ReadError::Broken(Rc::new(exception) as SharedError)
                }
                ReadError::NotBytes => ReadError::NotBytes,
            }),
            Self::Bytes(chunks) => {
                let chunk = ready!(chunks.as_mut().poll_next(context)).transpose();
                Poll::Ready(match chunk {
                    Ok(chunk) => Ok(chunk.map(Chunk::Bytes)),
                    Err(error) => Err(ReadError::Broken(Rc::from(error))),
                })
            }
        }
    }
}

/// Reads a `ReadableStream`.
pub(super) struct WebReader {
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
    /// The end of a stream that may close without an answer to a pending BYOB read.
    closed: Option<LocalBoxFuture<'static, bool>>,
}

impl WebReader {
    /// Locks the body of `response`. Returns `None` if it has none.
    ///
    /// Uses BYOB reads only for a response that has a URL, like each response of the network. A stream
    /// made by the user may close without answering a pending BYOB read, and that read would never
    /// settle.
    ///
    /// # Errors
    /// A `TypeError` if the stream is locked, or an error if the value is no stream.
    pub(super) fn of(response: &Response) -> Result<Option<Self>, JsValue> {
        // A polyfill, or another runtime, may have a body that is no stream.
        let Some(stream) = sys::member(response, "body").filter(|body| !body.is_null()) else {
            return Ok(None);
        };
        if sys::member(response, "bodyUsed").is_some_and(|it| it.is_truthy()) {
            return Err(js_sys::TypeError::new(
                "The body of the response is used. Return a new response.",
            )
            .into());
        }
        let stream: &Bytes = stream.unchecked_ref();
        let byob = match response.url().is_empty() {
            true => None,
            // This fails in old engines, and for a stream that is not a byte stream.
            false => JSON::parse(r#"{"mode":"byob"}"#)
                .and_then(|mode| stream.reader(&mode))
                .ok(),
        };
        let is_byob = byob.is_some();
        let reader = byob.map_or_else(|| stream.reader(&JsValue::UNDEFINED), Ok)?;
        Ok(Some(Self {
            closed: is_byob.then(|| end_of(&reader)),
            reader,
            is_byob,
            latest: None,
            pending: None,
        }))
    }

    pub(super) fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Chunk>, ReadError<Exception>>> {
        if self.pending.is_none() {
            self.pending = Some(self.read().into());
        }
        let Some(pending) = &mut self.pending else {
            return Poll::Pending;
        };
        let Poll::Ready(result) = Pin::new(pending).poll(context) else {
            return self.poll_closed(context).map(|()| Ok(None));
        };
        self.pending = None;
        let read: ReadableStreamReadResult = match result {
            Ok(read) => read.unchecked_into(),
            Err(exception) => {
                return Poll::Ready(Err(ReadError::Broken(exception.into())));
            }
        };
        if read.get_done().unwrap_or(false) {
            return Poll::Ready(Ok(None));
        }
        let Ok(chunk) = read.get_value().dyn_into::<Uint8Array>() else {
            return Poll::Ready(Err(ReadError::NotBytes));
        };
        if self.is_byob {
            self.latest = Some(chunk.clone());
        }
        Poll::Ready(Ok(Some(Chunk::Web(chunk))))
    }

    /// Returns ready when the stream has closed and will not answer the pending read.
    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(closed) = &mut self.closed else {
            return Poll::Pending;
        };
        let has_closed = ready!(closed.as_mut().poll(context));
        self.closed = None;
        match has_closed {
            true => Poll::Ready(()),
            // The pending read rejects.
            false => Poll::Pending,
        }
    }

    fn read(&mut self) -> Promise {
        let view = match self.latest.take() {
            Some(latest) => Uint8Array::new(&latest.buffer()),
            None => Uint8Array::new_with_length(if self.is_byob { BUFFER } else { 0 }),
        };
        self.reader.read(&view)
    }
}

/// Waits for the end of a stream. Returns `false` if the stream failed.
fn end_of(reader: &Reader) -> LocalBoxFuture<'static, bool> {
    let closed = JsFuture::from(reader.closed());
    Box::pin(async {
        let has_closed = closed.await.is_ok();
        // `closed` resolves before the read of the last chunk does.
        sys::next_task().await;
        has_closed
    })
}

impl Drop for WebReader {
    fn drop(&mut self) {
        let cancelled = JsFuture::from(self.reader.cancel());
        // The promise rejects if the stream has failed, and a rejection must be handled.
        spawn_local(async {
            let _ = cancelled.await;
        });
    }
}
