//! A payload.
#![no_main]

fuzz::target!(payload::lwm2m_json);
