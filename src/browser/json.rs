use serde::de::DeserializeOwned;

use crate::event_stream::Event;

impl Event {
    /// The data, read as JSON by the engine's own parser.
    ///
    /// # Errors
    /// The data is no JSON, or not of the shape of `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_wasm_bindgen::Error> {
        let value = js_sys::JSON::parse(&self.data)?;
        serde_wasm_bindgen::from_value(value)
    }
}
