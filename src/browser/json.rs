//! Reads the data of an event as JSON (feature `serde`).

use serde::de::DeserializeOwned;

use crate::event_stream::Event;

impl Event {
    /// Parses the data with the engine's own [`JSON.parse`].
    ///
    /// # Errors
    /// If the data is not JSON, or does not match `T`.
    ///
    /// [`JSON.parse`]: https://tc39.es/ecma262/#sec-json.parse
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_wasm_bindgen::Error> {
        let value = js_sys::JSON::parse(&self.data)?;
        serde_wasm_bindgen::from_value(value)
    }
}
