//! How a request carries the last event ID: in a header, or in a query parameter.

use alloc::string::String;

/// The value of the header `Last-Event-ID`: the UTF-8 bytes of the last event ID string, each as one
/// code point ([isomorphic decode]). `fetch` takes header values as byte strings, and throws on an
/// ID with code points above U+00FF.
///
/// [isomorphic decode]: https://infra.spec.whatwg.org/#isomorphic-decode
pub fn header_value(last_event_id: &str) -> String {
    last_event_id.bytes().map(char::from).collect()
}

/// Whether a header value with this text is refused outside of browsers ([RFC 9110 §5.5]).
///
/// [RFC 9110 §5.5]: https://www.rfc-editor.org/rfc/rfc9110#section-5.5
pub(super) fn has_control_character(text: &str) -> bool {
    text.bytes()
        .any(|byte| byte.is_ascii_control() && byte != b'\t')
}

/// Returns the URL with this query parameter. Every other byte of the URL stays the same.
///
/// `is_named` returns whether a parameter of the URL has the same name, and `pair` is the encoded
/// parameter. Of several with the name the first is replaced and the others are removed
/// ([URL, "set"]).
///
/// [URL, "set"]: https://url.spec.whatwg.org/#dom-urlsearchparams-set
pub fn with_param(url: &str, pair: &str, mut is_named: impl FnMut(&str) -> bool) -> String {
    let (url, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let mut result = String::from(start);
    let mut separator = '?';
    let mut push = |text: &str| {
        result.push(separator);
        result.push_str(text);
        separator = '&';
    };
    let mut is_set = false;
    for given in query.split('&').filter(|_| !query.is_empty()) {
        if given.is_empty() || !is_named(given) {
            push(given);
        } else if !is_set {
            push(pair);
            is_set = true;
        }
    }
    if !is_set {
        push(pair);
    }
    result.push_str(fragment);
    result
}
