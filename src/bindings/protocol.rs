//! The numbers, names and bit flags that Rust and JavaScript share: their only definition.
//!
//! `cargo xtask check` fails if `pkg-template/src/protocol.ts` differs from this file;
//! `cargo xtask protocol` writes it. Each side treats a number that it does not know as an error.
#![allow(
    dead_code,
    reason = "JavaScript reads some numbers that Rust only writes, and the generator reads them all"
)]

/// A name, its number, and its description.
pub(crate) type Entry = (&'static str, i32, &'static str);

/// Defines constants in groups, and the list of them for the generator.
macro_rules! numbers {
    ($($title:literal: $type:ty { $($(#[doc = $doc:literal])* $name:ident = $number:literal,)* })*) => {
        $($($(#[doc = $doc])* pub(crate) const $name: $type = $number as $type;)*)*

        /// Every group: its title and its numbers.
        pub(crate) const GROUPS: &[(&str, &[Entry])] = &[
            $(($title, &[$((stringify!($name), $number, concat!($($doc),*)),)*]),)*
        ];
    };
}

numbers! {
    "What `Core.signal` records: what happened, or what the caller wants.": u32 {
        /// Close the source permanently.
        CLOSE = 0,
        /// Connect again without a wait, with the same last event ID.
        RECONNECT = 1,
        // 2 is free: its signal was removed.
        /// The network or the page came back.
        WAKE = 3,
        /// The page was hidden, or enters the back/forward cache.
        SUSPEND = 4,
        /// The page is shown.
        RESUME = 5,
        /// The request is ready.
        PREPARED = 6,
        /// A provider failed.
        PROVIDER_FAILED = 7,
        /// The request could not be built, or the response cannot be used: a retry would find the same.
        ILLEGAL_REQUEST = 8,
        /// The request got no response.
        NO_RESPONSE = 9,
        /// The stream broke off.
        BROKEN = 10,
        /// The stream ended.
        ENDED = 11,
        /// An event was larger than the limit.
        TOO_LARGE = 12,
        /// A provider is called, except for a refresh.
        PROVIDER_CALL = 13,
        /// A refresh begins.
        REFRESH = 14,
        /// The provider has no other credentials.
        REFRESH_REFUSED = 15,
        /// A timer has fired that was due at this time.
        TIMER = 16,
        /// The delivery of a chunk begins.
        DELIVERY = 17,
    }
    "Numbers that `Core.number` returns.": u32 {
        /// The number of the attempt, from 1.
        ATTEMPT = 0,
        /// The size of the next slice in bytes.
        SLICE = 1,
        /// Whether the rest of the chunk must be skipped.
        IS_RESTARTING = 2,
        /// Whether the server ended the stream in the ordinary way.
        IS_END = 3,
        /// The status of the failure, 0 if it has none.
        STATUS = 4,
        /// What makes the reason of the failure more precise, `DETAIL_…`.
        DETAIL = 5,
        /// How long nothing arrived, in seconds.
        SILENCE = 6,
    }
    "Texts that `Core.text` returns.": u32 {
        /// The cause of the attempt.
        CAUSE = 0,
        /// The value of the header `Last-Event-ID`.
        ID_HEADER = 1,
        /// The reason of the failure.
        REASON = 2,
    }
    "What makes the reason of a failure more precise.": u32 {
        /// Nothing.
        DETAIL_NONE = 0,
        /// The first connect worked, but CORS refuses each reconnect.
        DETAIL_RESUME_REFUSED = 1,
        /// The last event ID contains characters that the platform refuses in a header.
        DETAIL_ID_NOT_SENDABLE = 2,
        /// The server answered 431, and the request had a last event ID.
        DETAIL_ID_TOO_LONG = 3,
        /// The browser blocks a request over HTTP, because the page uses HTTPS.
        DETAIL_MIXED_CONTENT = 4,
        /// The page is cross-origin isolated, where a CORS refusal looks like a dead network.
        DETAIL_CORS_UNKNOWN = 5,
    }
    "The steps that `Core.step` returns. Before each step after `STEP_READ` the loop closes its request: the order of the numbers matters.": u32 {
        /// Call the providers and build the request.
        STEP_PREPARE = 0,
        /// Send the request.
        STEP_REQUEST = 1,
        /// Send the request, and stop at a redirect.
        STEP_FIND_REDIRECT = 2,
        /// Send a request without CORS and without secrets.
        STEP_PROBE = 3,
        /// Send the request again after a probe.
        STEP_REQUEST_AGAIN = 4,
        /// Open the stream of the response.
        STEP_OPEN = 5,
        /// Read one chunk. The same step follows until the stream ends.
        STEP_READ = 6,
        /// Decide what follows a failure.
        STEP_DECIDE = 7,
        /// Drop the request. STEP_PREPARE follows, or STEP_WAIT while the page is hidden.
        STEP_RESTART = 8,
        /// Wait for the timer or an interrupt.
        STEP_WAIT = 9,
        /// The source is closed.
        STEP_STOP = 10,
    }
    "The origin of a URL, for `Core.guard`.": u32 {
        /// There is no page.
        ORIGIN_NONE = 0,
        /// The origin of the page.
        ORIGIN_SAME = 1,
        /// Another origin.
        ORIGIN_OTHER = 2,
    }
    "How to send a request, from `Core.guard`.": u32 {
        /// Follow redirects.
        GUARD_NONE = 0,
        /// With the mode `same-origin`.
        GUARD_SAME_ORIGIN_MODE = 1,
        /// With the redirect mode `manual`.
        GUARD_MANUAL = 2,
    }
    "The caller's verdict on a failure, for `Core.decide`. Any other number is a wait in milliseconds, and NaN is no verdict.": f64 {
        /// Retry after the usual wait.
        VERDICT_RETRY = -1,
        /// Fail permanently.
        VERDICT_STOP = -2,
    }
    "Bits of the head of a record, each for a pair of offsets. The upper 24 bits are the number of the event type.": u32 {
        /// The data of an event, in place.
        DATA = 1,
        /// The last event ID, in place.
        ID = 2,
        /// The last event ID, copied.
        COPIED_ID = 4,
        /// The text of a note, copied. The number of the event type is the kind of the note.
        NOTE = 8,
        /// The new name of the event type, copied.
        NAME = 16,
    }
    "Kinds of notes. `Parser.parse` receives the bits of the kinds that it must record.": u32 {
        /// A comment.
        NOTE_COMMENT = 1,
        /// The value of a `retry` field.
        NOTE_RETRY = 2,
        /// A line with an unknown field or an invalid `retry` value.
        NOTE_IGNORED = 4,
    }
    "Bits of the flags of an event table.": u32 {
        /// The in-place values are UTF-8. strings.wat creates their text. Without it, or if a value is malformed, each is decoded by itself.
        IS_UTF8 = 1,
        /// An event was larger than the limit.
        IS_TOO_LARGE = 2,
        /// There is an event.
        HAS_EVENT = 4,
        /// There is a comment.
        HAS_COMMENT = 8,
        /// There is a last event ID.
        HAS_ID = 16,
        /// There is a `retry` field.
        HAS_RETRY = 32,
        /// There are records.
        HAS_RECORDS = 64,
        /// The in-place values were converted to UTF-16.
        IS_UTF16 = 128,
    }
    "What the engine can do, for `Parser.parse`.": u32 {
        /// strings.wat runs in this engine.
        HAS_STRING_MAKER = 1,
    }
}

/// The response headers that the core reads, in the order of their numbers for `Core.setHeader`.
pub(crate) const RESPONSE_HEADERS: [&str; 4] = [
    "Content-Type",
    "Retry-After",
    "SSE-Heartbeat",
    "WWW-Authenticate",
];

/// Defines the settings of a source, and the list of their names in JavaScript.
macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident = $js:literal,)*) => {
        /// The index of each setting in the list that the constructor of `Core` receives. Times are in
        /// milliseconds, flags are 0 or 1.
        #[derive(Clone, Copy)]
        pub(crate) enum Setting { $($(#[doc = $doc])* $name,)* }

        /// The names of the settings in JavaScript, in their order.
        pub(crate) const SETTINGS: &[&str] = &[$($js,)*];
    };
}

settings! {
    RetriesRejection = "retriesRejection",
    CanRenew = "canRenew",
    RenewBefore = "renewBefore",
    IsGet = "isGet",
    IsFetchable = "isFetchable",
    IsMixedContent = "isMixedContent",
    IsIsolated = "isIsolated",
    SendsIdAsParam = "sendsIdAsParam",
    MayProbe = "mayProbe",
    /// Infinity is never.
    ConnectTimeout = "connectTimeout",
    /// 0 is automatic, infinity is never.
    HeartbeatTimeout = "heartbeatTimeout",
    FollowsRedirects = "followsRedirects",
    IsSpec = "isSpec",
    InitialDelay = "initialDelay",
    MaxDelay = "maxDelay",
    Multiplier = "multiplier",
    HasJitter = "hasJitter",
    MaxRetries = "maxRetries",
    ResetAfter = "resetAfter",
    /// 0 is always, 1 is after an error, 2 is never.
    RetryOn = "retryOn",
}
