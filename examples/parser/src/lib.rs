//! Event streams outside of a browser: see the two modules. `src/bin` has a program for each.

pub mod language_model;
pub mod proxy;
