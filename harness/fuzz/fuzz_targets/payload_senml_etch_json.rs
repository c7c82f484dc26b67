//! A payload.
#![no_main]

fuzz::target!(payload::senml_etch_json);
