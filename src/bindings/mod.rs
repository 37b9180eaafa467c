//! What the class of the npm package calls (feature `npm`). The class is written in JavaScript,
//! because no WebAssembly can extend `EventTarget`; all rules are on this side.

mod batch;
mod client;
mod core;
mod parser;
#[cfg(npm_module)]
mod runtime;
mod text;
mod type_names;
