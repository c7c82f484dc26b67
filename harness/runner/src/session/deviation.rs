//! Deviations that are agreed: which outcome is one, which no longer happens, and which did not
//! happen this time because it depends on timing.

use record::{CaseRecord, Expected, SessionRecord, Verdict};

use super::Product;
use super::book::Book;

/// An agreed deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Name or identifier of the case.
    pub case: String,
    /// Letter; any if there is none.
    pub criterion: Option<String>,
    /// The verdict that is agreed.
    pub verdict: Verdict,
    /// Reason.
    pub reason: String,
    /// Ticket.
    pub ticket: String,
    /// Whether it happens only sometimes, so that its absence is agreed too.
    pub sometimes: bool,
}

impl Book<'_> {
    /// The agreed deviation that this outcome is, if it is one.
    pub(super) fn expected(&mut self, products: &[Product], case: &CaseRecord) -> Option<Expected> {
        let mut number = 0;
        for product in products {
            for deviation in &product.expected {
                if product.seat.to_string() == case.summary.seat && deviation.is(case) {
                    if let Some(used) = self.used.get_mut(number) {
                        *used = true;
                    }
                    return Some(Expected {
                        reason: deviation.reason.clone(),
                        ticket: deviation.ticket.clone(),
                    });
                }
                number += 1;
            }
        }
        None
    }

    /// Says which agreed deviations did not happen, of those whose case was played.
    pub(super) fn note_absent(&mut self, products: &[Product]) {
        let mut number = 0;
        // what another implementation left undecided shows nothing
        let is_pair = products.iter().filter(|one| !one.is_emulated()).count() > 1;
        for product in products {
            for deviation in &product.expected {
                let played = self.record.cases.iter().any(|case| {
                    case.verdict != Verdict::OutOfTime
                        && !(is_pair && case.verdict == Verdict::Inconclusive)
                        && deviation.names(&case.case, &case.id)
                        && case.seat == product.seat.to_string()
                });
                if played && !self.used[number] {
                    deviation.note_absence(&mut self.record);
                }
                number += 1;
            }
        }
    }
}

impl Deviation {
    /// Says in the record that it did not happen: as a remark if that is agreed, else as stale.
    fn note_absence(&self, record: &mut SessionRecord) {
        let Self { case, reason, .. } = self;
        if self.sometimes {
            record.remarks.push(format!(
                "agreed deviation of {case} that did not happen this time, which is agreed: {reason}"
            ));
        } else {
            record.stale.push(format!("{case}: {reason}"));
        }
    }

    fn names(&self, case: &str, id: &str) -> bool {
        let last = case.rsplit('/').next().unwrap_or(case);
        self.case == case
            || self.case == id
            || self.case == last
            || last.starts_with(&format!("{}-", self.case))
    }

    fn is(&self, case: &CaseRecord) -> bool {
        let summary = &case.summary;
        let letter = self.criterion.as_ref().is_none_or(|letter| {
            summary.criteria.iter().any(|found| {
                // a letter that was not reached cannot be what failed
                let undecided = found.verdict.is_none() && self.verdict != Verdict::Fail;
                found.letter == *letter && (found.verdict == Some(self.verdict) || undecided)
            })
        });
        self.names(&summary.case, &summary.id) && summary.verdict == self.verdict && letter
    }
}
