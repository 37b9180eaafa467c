//! The texts of requests and options that cannot work: what happened, and then what to do.

#[cfg(not(target_arch = "wasm32"))]
pub(super) const NO_BROWSER: &str = "This target has no browser. Compile for `wasm32-unknown-unknown` to connect: on \
     other targets the types exist for unit tests.";

// Options, which `open` checks.
pub(super) const AUTH_TWICE: &str =
    "The credentials were set twice. Call either `bearer` or `auth`.";
pub(super) const BODY_OF_GET: &str =
    "A `GET` or `HEAD` request has no body. Call `method`, for example with `POST`.";
pub(super) const ILLEGAL_AUTH: &str =
    "The scheme or the header name of `Auth` is not legal. Check `scheme` and `header`.";
pub(super) const ILLEGAL_HEADER: &str = "The name or the value of a header is not legal. Remove line breaks and characters above U+00FF \
     from `header` and `headers`.";
pub(super) const ILLEGAL_ID: &str =
    "`last_event_id` contains NUL, CR or LF. No event stream contains such an ID: check the value.";
pub(super) const ILLEGAL_METHOD: &str =
    "The method is not legal, or `fetch` refuses it. Check `method`.";
pub(super) const ILLEGAL_MULTIPLIER: &str =
    "`multiplier` must be a number that is not negative. Check the `Retry` policy.";
pub(super) const ILLEGAL_TOKEN: &str = "The token is not legal in a header. Remove line breaks and characters above U+00FF: pass the \
     token alone to `bearer`, or return it from the provider of `auth`.";
pub(super) const ILLEGAL_URL: &str =
    "The URL is not valid. Pass an absolute URL, or a URL relative to the document or worker.";
pub(super) const STREAM_TWICE: &str = "A stream as body can be sent only once. Call `body_with`, which creates the body of each attempt.";
pub(super) const USER_INFO: &str =
    "The URL contains a user name or a password. Call `bearer` or `header` instead.";
pub(super) const ZERO_HEARTBEAT: &str =
    "`HeartbeatTimeout::After` must be positive. Use `HeartbeatTimeout::Never` for no limit.";

// Responses.
pub(super) const NOT_A_RESPONSE: &str =
    "The closure of `fetch` returned no `Response`. Return a `FetchResponse`.";
pub(super) const NOT_READABLE: &str = "The body of the response is missing, locked, used, or not a stream of bytes. Return a new \
     response from the closure of `fetch`.";
pub(super) const END_BEFORE_UNTIL: &str = "The stream ended before the event that `until` waits for. Its events are incomplete: send the \
     request again.";

// Credentials that the server refused.
pub(super) const NO_CREDENTIALS: &str =
    "No credentials were sent. Return a token from the provider of `auth`, or sign in again.";
pub(super) const EMPTY_TOKEN: &str =
    "The token is empty. Pass a token to `bearer`, or return one from the provider of `auth`.";
pub(super) const NO_SCHEME: &str = "The `Authorization` header has no scheme. Call `bearer`, or write the scheme before the token in \
     `header`.";
pub(super) const SCHEME_TWICE: &str =
    "The scheme was sent twice. Pass the token to `bearer` or `auth` without `Bearer`.";
pub(super) const TOKEN_UNDEFINED: &str =
    "The token is the text `undefined` or `null`. Wait for the token before you call `bearer`.";
