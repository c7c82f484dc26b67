//! A file of the library of cases.
#![no_main]

fuzz::target!(testcase::library);
