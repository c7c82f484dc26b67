//! LwM2M Client, LwM2M Server and Bootstrap-Server as state machines without sockets and clocks.
//!
//! Well-behaved by default; told otherwise by data.

pub mod data;
mod device;
