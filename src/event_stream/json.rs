#[cfg(not(feature = "serde_json"))]
use alloc::string::String;
use core::fmt;

#[cfg(feature = "serde_json")]
use super::Event;

#[cfg(feature = "serde_json")]
type Cause = serde_json::Error;
/// The text of a JavaScript exception, which cannot move to another thread itself.
#[cfg(not(feature = "serde_json"))]
type Cause = String;

/// The data of an event is not JSON, or does not have the shape of the Rust type.
///
/// The type is the same with both features, so that another crate's choice of features changes
/// no signature.
#[derive(Debug)]
pub struct JsonError {
    cause: Cause,
}

impl JsonError {
    pub(crate) fn new(cause: Cause) -> Self {
        Self { cause }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause } = self;
        write!(
            f,
            "The data of the event is not JSON of the expected shape: {cause}. Compare the type with what the server sends."
        )
    }
}

impl core::error::Error for JsonError {
    #[cfg(feature = "serde_json")]
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.cause)
    }
}

#[cfg(feature = "serde_json")]
impl Event {
    /// Reads the data as JSON. Every number is exact.
    ///
    /// ```
    /// use authenticated_event_source::Event;
    ///
    /// let event = Event::new("usage", r#"{"tokens":9007199254740993}"#, "");
    /// let usage: std::collections::HashMap<String, u64> = event.json()?;
    /// assert_eq!(usage["tokens"], 9_007_199_254_740_993);
    /// # Ok::<(), authenticated_event_source::event_stream::JsonError>(())
    /// ```
    ///
    /// # Errors
    /// The data is not JSON, or does not have the shape of `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, JsonError> {
        serde_json::from_str(&self.data).map_err(JsonError::new)
    }
}
