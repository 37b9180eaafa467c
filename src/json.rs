//! Reads the data of an event as JSON (feature `serde`).

use alloc::format;

use serde::de::DeserializeOwned;

use crate::event_stream::{Event, JsonError};

impl Event {
    /// Reads the data as JSON, with the engine's own parser.
    ///
    /// Numbers become JavaScript numbers first, so integers above 2⁵³ are rounded. The feature
    /// `serde_json` is exact, and is used if both features are on.
    ///
    /// # Errors
    /// The data is not JSON, or does not have the shape of `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        let value = js_sys::JSON::parse(&self.data)
            .map_err(|exception| JsonError::new(format!("{exception:?}")))?;
        serde_wasm_bindgen::from_value(value).map_err(|error| JsonError::new(format!("{error}")))
    }
}
