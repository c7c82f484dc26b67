//! testcase
