//! Any bytes, cut anywhere: the parser finds what the oracle of the tests finds.
#![no_main]

#[path = "../../tests/core/oracle/mod.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::Case::from_bytes(bytes).check());
