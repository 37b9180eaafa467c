use alloc::boxed::Box;
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
use super::decode;
use super::short_str::ShortStr;

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
pub struct SharedStr(Repr);

enum Repr {
    /// Most event types and IDs are short.
    Short(ShortStr),
    /// Counted atomically, so that events can move to another thread. The box keeps the pointer thin.
    Counted(Arc<Box<str>>),
}

impl SharedStr {
    /// The event type of a block that names none.
    #[cfg(not(npm_module))]
    pub(super) const MESSAGE: Self = Self(Repr::Short(ShortStr::MESSAGE));
    pub(super) const EMPTY: Self = Self(Repr::Short(ShortStr::EMPTY));

    /// The string.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Short(text) => text.as_str(),
            Repr::Counted(text) => text,
        }
    }

    #[inline(never)]
    fn counted(text: &Arc<Box<str>>) -> Self {
        Self(Repr::Counted(Arc::clone(text)))
    }

    /// The bytes of the string.
    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Short(text) => text.as_bytes(),
            Repr::Counted(text) => text.as_bytes(),
        }
    }
}

impl Clone for SharedStr {
    #[inline(always)]
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::Short(text) => Self(Repr::Short(*text)),
            // Apart, so that the compiler copies a short string as a whole.
            Repr::Counted(text) => Self::counted(text),
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
    #[inline]
    fn from(text: &str) -> Self {
        Self(match ShortStr::new(text) {
            Some(text) => Repr::Short(text),
            None => Repr::Counted(Arc::new(Box::from(text))),
        })
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
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<str> for SharedStr {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
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
    pub(super) types: EventTypes,
    /// `None` if the stream has changed the ID since it was last decoded.
    last_event_id: Option<SharedStr>,
}

#[cfg(not(npm_module))]
impl SharedStrings {
    /// Must be called when a block has set the last event ID, whether it has data or not.
    pub(super) fn last_event_id_changed(&mut self) {
        self.last_event_id = None;
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
pub(super) fn decode_shared(value: &[u8]) -> SharedStr {
    SharedStr::from(&*decode(value))
}

/// The event types of one stream.
#[cfg(not(npm_module))]
#[derive(Debug, Default)]
pub(super) struct EventTypes {
    types: Vec<SharedStr>,
    /// The index of the type that was used last: most streams repeat it.
    latest: usize,
    /// The index of the type that the next new one replaces, once all are taken.
    next: usize,
}

#[cfg(not(npm_module))]
impl EventTypes {
    /// The number of types that are remembered. A server that invents types must not fill the memory.
    const MAX_TYPES: usize = 32;
    /// Longer types, in bytes, are not remembered.
    const MAX_TYPE_LEN: usize = 256;

    /// The event type with this name, which is allocated only if it is new.
    #[inline(always)]
    pub(super) fn get(&mut self, name: &[u8]) -> SharedStr {
        match self.types.get(self.latest) {
            Some(latest) if latest.as_bytes() == name => latest.clone(),
            _ => self.other_type(name),
        }
    }

    #[inline(never)]
    fn other_type(&mut self, name: &[u8]) -> SharedStr {
        let known = self.types.iter().position(|it| it.as_bytes() == name);
        if let Some(index) = known {
            self.latest = index;
            return self.types[index].clone();
        }
        let new = decode_shared(name);
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
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::{String, ToString};

    use super::{EventTypes, SharedStr, SharedStrings};

    fn is_same(a: &SharedStr, b: &SharedStr) -> bool {
        a.as_str().as_ptr() == b.as_str().as_ptr()
    }

    #[test]
    fn a_type_that_was_seen_before_is_shared() {
        let mut shared = EventTypes::default();
        let names = [
            "a long event type".to_string(),
            "another event type".to_string(),
        ];
        let types = [0, 1].map(|index| shared.other_type(names[index].as_bytes()));
        for index in [0, 1, 1, 0] {
            assert_eq!(types[index], names[index]);
            let again = shared.other_type(names[index].as_bytes());
            assert!(is_same(&types[index], &again));
        }
    }

    #[test]
    fn the_number_of_remembered_types_is_bounded() {
        let mut shared = EventTypes::default();
        let max = EventTypes::MAX_TYPES;
        let name = |n: usize| format!("event type number {n}");
        for name in (0..3 * max).map(name) {
            assert_eq!(shared.other_type(name.as_bytes()), name);
        }
        assert_eq!(shared.types.len(), max);
        let latest = name(3 * max - 1);
        let first = shared.other_type(latest.as_bytes());
        assert!(is_same(&first, &shared.other_type(latest.as_bytes())));
    }

    #[test]
    fn huge_and_malformed_types_are_not_remembered() {
        let mut shared = EventTypes::default();
        let huge = "x".repeat(EventTypes::MAX_TYPE_LEN + 1);
        assert_eq!(shared.other_type(huge.as_bytes()), huge);

        for _ in 0..2 {
            assert_eq!(shared.other_type(b"a\xFF"), "a\u{fffd}");
        }
        assert_eq!(shared.types.len(), 0);
    }

    #[test]
    fn the_last_event_id_is_shared_until_it_changes() {
        let mut shared = SharedStrings::default();
        let id = b"an ID that is not short";
        let first = shared.last_event_id(id);
        assert!(is_same(&first, &shared.last_event_id(id)));
        shared.last_event_id_changed();
        assert_eq!(shared.last_event_id(b"2"), "2");
    }

    #[test]
    fn a_shared_string_is_what_it_was_made_of() {
        for text in [
            "",
            "message",
            "a\u{e9}",
            "15 bytes of ASC",
            "16 bytes of text",
        ] {
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
