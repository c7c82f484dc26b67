//! IP datagrams: both versions, and what came in fragments put together.

mod assembly;
mod fragments;
mod protocol;
mod v4;
mod v6;

pub(crate) use fragments::{Added, Fragment, Fragments, Key};
pub(crate) use protocol::{TCP, UDP, protocol_name, read};
pub(crate) use v6::extensions;
