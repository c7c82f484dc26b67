//! The notation as tables. Each row drives the reader, the JSON Schemas and the reference page.

mod feature;
mod file_tables;
mod key;
mod profile_tables;
mod reference;
mod schema;
mod tables;
mod tests_table;
mod variable;

pub use feature::{FEATURES, SECURITY, TRANSPORTS, ics_words};
pub(crate) use file_tables::{CONFIGURATION, DEED, DEFECT, ERRATUM, MUTANT, SET, STATE};
pub(crate) use key::{Key, Kind, Table};
pub(crate) use profile_tables::{
    ACTION, CLAIMED_OBJECT, CONTROL, DEVIATION, HTTP, ICS, PROFILE, STOP,
};
pub use reference::reference;
pub use schema::schemas;
pub(crate) use tables::{
    BIND, BLOCKS, CASE, COAP_FIELDS, CONDUCT, FAULT, FAULTS, GAP, HANDSHAKE, LINE, NETWORK,
    PROTOCOLS, SHOWN, SOURCE, STEP, SUITES, VERIFIED,
};
pub(crate) use tests_table::{Holds, PARAMETERS, TESTS, TestRow};
pub(crate) use variable::IXIT;
pub use variable::{ACCOUNT, DEVICE, ICS_LISTS, account_resource, device_resource};
