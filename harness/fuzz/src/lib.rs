//! Fuzz targets for everything that reads what others wrote: one function for each, which asserts what has to hold of any input.
//!
//! `fuzz_targets/` makes a program of each. Memory is counted: [`memory`].

pub mod capture;
pub mod coap;
pub mod credentials;
pub mod event;
pub mod memory;
pub mod objects;
pub mod oscore;
pub mod payload;
pub mod pieces;
pub mod record;
pub mod testcase;
pub mod tls;
pub mod watch;

/// The program of a target: hands every input of libFuzzer to a function, under the bound of memory.
#[macro_export]
macro_rules! target {
    ($($function:ident)::+) => {
        libfuzzer_sys::fuzz_target!(
            init: { $crate::$($function)::+(&[]); },
            |input: &[u8]| { $crate::memory::bounded(input, $crate::$($function)::+); }
        );
    };
}
