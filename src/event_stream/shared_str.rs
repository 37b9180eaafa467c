use alloc::string::String;
use alloc::sync::Arc;
#[cfg(not(npm_module))]
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::ops::Deref;

#[cfg(not(npm_module))]
use super::{RawEvent, decode};

/// A string that several events share. Cloning it allocates nothing.
///
/// It dereferences to `str` and compares with string literals:
///
/// ```
/// use authenticated_event_source::event_stream::SharedStr;
///
/// let event_type = SharedStr::from("progress");
/// assert_eq!(event_type, "progress");
/// assert!(event_type.starts_with("pro"));
/// ```
#[derive(Clone)]
pub struct SharedStr(Repr);

#[derive(Clone)]
enum Repr {
    /// Needs no reference count: most events have the type `message` and no ID.
    Static(&'static str),
    /// Counted atomically, so that events can move to another thread.
    Counted(Arc<str>),
}

impl SharedStr {
    /// The event type of a block that names none.
    pub(super) const MESSAGE: Self = Self(Repr::Static("message"));
    pub(super) const EMPTY: Self = Self(Repr::Static(""));

    /// The string.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Static(text) => text,
            Repr::Counted(text) => text,
        }
    }
}

impl Default for SharedStr {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Deref for SharedStr {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for SharedStr {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for SharedStr {
    fn borrow(&self) -> &str {
        self
    }
}

impl From<&str> for SharedStr {
    fn from(text: &str) -> Self {
        match text {
            "" => Self::EMPTY,
            "message" => Self::MESSAGE,
            _ => Self(Repr::Counted(Arc::from(text))),
        }
    }
}

impl From<String> for SharedStr {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<SharedStr> for String {
    fn from(text: SharedStr) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl fmt::Debug for SharedStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Eq for SharedStr {}

impl PartialEq for SharedStr {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl PartialEq<str> for SharedStr {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for SharedStr {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for SharedStr {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl Ord for SharedStr {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for SharedStr {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As `str` hashes, because [`Borrow`] promises it.
impl Hash for SharedStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// The strings that the events of one stream have in common.
#[cfg(not(npm_module))]
#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    types: Vec<SharedStr>,
    /// The index of the type that was used last: most streams repeat it.
    latest: usize,
    /// The index of the type that the next new one replaces, once all are taken.
    next: usize,
    /// `None` if the stream has changed the ID since it was last decoded.
    last_event_id: Option<SharedStr>,
}

#[cfg(not(npm_module))]
impl SharedStrings {
    /// The number of types that are remembered. A server that invents types must not fill the memory.
    const MAX_TYPES: usize = 32;
    /// Longer types, in bytes, are not remembered.
    const MAX_TYPE_LEN: usize = 256;

    /// Must be called when a block has set the last event ID, whether it has data or not.
    pub(super) fn last_event_id_changed(&mut self) {
        self.last_event_id = None;
    }

    /// The event type of `event`, which is allocated only if it is new.
    #[inline(always)]
    pub(super) fn event_type(&mut self, event: &RawEvent<'_>) -> SharedStr {
        if !event.has_type {
            return SharedStr::MESSAGE;
        }
        match self.types.get(self.latest) {
            Some(latest) if latest.as_bytes() == event.event_type => latest.clone(),
            _ => self.other_type(event.event_type),
        }
    }

    #[inline(never)]
    fn other_type(&mut self, name: &[u8]) -> SharedStr {
        let known = self.types.iter().position(|it| it.as_bytes() == name);
        if let Some(index) = known {
            self.latest = index;
            return self.types[index].clone();
        }
        let new = SharedStr::from(&*decode(name));
        // A malformed name never equals its decoded form.
        if new.len() <= Self::MAX_TYPE_LEN && new.as_bytes() == name {
            self.remember(new.clone());
        }
        new
    }

    fn remember(&mut self, new: SharedStr) {
        if self.types.len() < Self::MAX_TYPES {
            self.latest = self.types.len();
            self.types.push(new);
        } else {
            self.latest = self.next;
            self.types[self.next] = new;
            self.next = (self.next + 1) % Self::MAX_TYPES;
        }
    }

    /// The last event ID, of which `id` are the bytes.
    #[inline(always)]
    pub(super) fn last_event_id(&mut self, id: &[u8]) -> SharedStr {
        match &self.last_event_id {
            Some(known) => known.clone(),
            None => self.last_event_id.insert(decode_shared(id)).clone(),
        }
    }
}

#[cfg(not(npm_module))]
fn decode_shared(value: &[u8]) -> SharedStr {
    SharedStr::from(&*decode(value))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};

    use super::{SharedStr, SharedStrings};

    fn is_same(a: &SharedStr, b: &SharedStr) -> bool {
        a.as_str().as_ptr() == b.as_str().as_ptr()
    }

    #[test]
    fn a_type_that_was_seen_before_is_shared() {
        let mut shared = SharedStrings::default();
        let names = ["a".to_string(), "b".to_string()];
        let types = [0, 1].map(|index| shared.other_type(names[index].as_bytes()));
        for index in [0, 1, 1, 0] {
            assert_eq!(types[index], names[index]);
            let again = shared.other_type(names[index].as_bytes());
            assert!(is_same(&types[index], &again));
        }
    }

    #[test]
    fn the_number_of_remembered_types_is_bounded() {
        let mut shared = SharedStrings::default();
        let max = SharedStrings::MAX_TYPES;
        for name in (0..3 * max).map(|n| n.to_string()) {
            assert_eq!(shared.other_type(name.as_bytes()), name);
        }
        assert_eq!(shared.types.len(), max);
        let latest = (3 * max - 1).to_string();
        let first = shared.other_type(latest.as_bytes());
        assert!(is_same(&first, &shared.other_type(latest.as_bytes())));
    }

    #[test]
    fn huge_and_malformed_types_are_not_remembered() {
        let mut shared = SharedStrings::default();
        let huge = "x".repeat(SharedStrings::MAX_TYPE_LEN + 1);
        assert_eq!(shared.other_type(huge.as_bytes()), huge);

        for _ in 0..2 {
            assert_eq!(shared.other_type(b"a\xFF"), "a\u{fffd}");
        }
        assert_eq!(shared.types.len(), 0);
    }

    #[test]
    fn the_last_event_id_is_shared_until_it_changes() {
        let mut shared = SharedStrings::default();
        let first = shared.last_event_id(b"1");
        assert!(is_same(&first, &shared.last_event_id(b"1")));
        shared.last_event_id_changed();
        assert_eq!(shared.last_event_id(b"2"), "2");
    }

    #[test]
    fn a_shared_string_is_what_it_was_made_of() {
        for text in ["", "message", "a\u{e9}"] {
            let shared = SharedStr::from(text);
            assert_eq!(shared.as_str(), text);
            assert_eq!(shared, String::from(text));
            assert_eq!(shared.clone(), shared);
            assert_eq!(String::from(shared), text);
        }
        assert_ne!(SharedStr::from("a"), "b");
        assert_eq!(SharedStr::default(), "");
    }

    #[test]
    fn a_shared_string_prints_as_a_string_does() {
        let text = SharedStr::from("a\n");
        assert_eq!(format!("{text} {text:?}"), "a\n \"a\\n\"");
    }
}
