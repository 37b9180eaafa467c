//! The exports of the npm package (feature `npm`).
//!
//! The class of the package is in JavaScript, because no WebAssembly export can extend `EventTarget`.
//! Its loop is in JavaScript because it is smaller there. All rules are in Rust. No export calls
//! JavaScript, so that no call finds an object borrowed.

mod event_table;
mod event_type_cache;
#[cfg(not(parser_module))]
mod lifecycle;
mod parser;
mod protocol;
#[cfg(npm_module)]
mod runtime;
#[cfg(not(parser_module))]
mod settings;
mod utf16;
