//! What the npm package calls (feature `npm`). Its class is written in JavaScript, because no
//! WebAssembly can extend `EventTarget`, and its loop, because it weighs less there; all rules are on
//! this side.

mod event_table;
mod event_type_cache;
mod lifecycle;
mod parser;
#[cfg(npm_module)]
mod runtime;
mod settings;
mod utf16;
