//! Event streams outside of a browser: see the three modules. `src/bin` has a program for each.

pub mod language_model;
pub mod proxy;
pub mod server;
