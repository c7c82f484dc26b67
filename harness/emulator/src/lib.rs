//! LwM2M Client, LwM2M Server and Bootstrap-Server as state machines without sockets and clocks.
//!
//! Well-behaved by default; told otherwise by data ([`Misbehaviour`]).

mod bootstrap_server;
mod client;
mod conversation;
pub mod data;
mod device;
mod edit;
mod endpoint;
mod event;
mod file_server;
pub mod firmware;
mod profile;
mod script;
mod server;
mod stream;

pub use bootstrap_server::{BootstrapServer, BootstrapServerConfiguration};
pub use client::{Client, ClientConfiguration, Context, Security};
pub use device::Shortage;
pub use endpoint::{Endpoint, ExchangeId, Peer, Perform, PerformError, Transmit};
pub use event::{Event, Outcome, Standing};
pub use file_server::{FileServer, FileServerConfiguration};
pub use profile::Profile;
pub use script::{
    Act, Answer, Direction, Edit, Handle, Kept, Misbehaviour, OptionEdit, Predicate, Seen,
};
pub use server::{KnownValue, Registration, Server, ServerConfiguration, Source};
pub use stream::{CsmConduct, PongConduct, StreamAdapter, StreamConduct, StreamEvent, StreamOut};
