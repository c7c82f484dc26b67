//! What the cases cover: the numbers of the ETS, and the requirements of the TS. Without printing.

mod numbers;
mod proof;
mod requirements;

use testcase::{Mutant, TestCase};

pub(crate) use numbers::{Number, numbers};
pub(crate) use requirements::{Covered, Standing, covered};

/// Whether `mutant` says that `case` fails it.
fn catches(case: &TestCase, mutant: &Mutant) -> bool {
    let mut references = mutant.caught_by.keys();
    references.any(|reference| case.is_called(reference))
}
