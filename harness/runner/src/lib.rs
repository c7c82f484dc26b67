//! The runner: gives a case its sockets, its clock and its implementations.

pub mod iut;
