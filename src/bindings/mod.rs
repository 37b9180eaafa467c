//! What the npm package calls (feature `npm`). Its class is written in JavaScript, because no
//! WebAssembly can extend `EventTarget`, and its loop, because it weighs less there; all rules are on
//! this side.

mod batch;
mod core;
mod parser;
#[cfg(npm_module)]
mod runtime;
mod settings;
mod text;
mod type_names;
