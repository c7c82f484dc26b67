//! The book of a session: its record, which every table writes to, and who hears of it.

use std::time::{Duration, SystemTime};

use record::{CaseRecord, LiveMessage, SessionRecord};

use super::evidence::{nanos, timestamp};
use super::{Observer, Product};
use crate::error::HarnessError;
use crate::folder::Folder;
use crate::plan::Planned;

/// What cases leave in the session.
pub(super) struct Book<'a> {
    pub(super) record: SessionRecord,
    observer: &'a mut dyn Observer,
    /// Place in the plan of each case of the record, which keeps the order of the plan.
    order: Vec<usize>,
    /// Which of the agreed deviations have happened, product after product.
    pub(super) used: Vec<bool>,
}

impl<'a> Book<'a> {
    pub(super) fn new(
        record: SessionRecord,
        observer: &'a mut dyn Observer,
        products: &[Product],
    ) -> Self {
        let deviations = products.iter().map(|product| product.expected.len());
        Self {
            record,
            observer,
            order: Vec::new(),
            used: vec![false; deviations.sum()],
        }
    }

    pub(super) fn begins(&mut self, index: usize, planned: &Planned) {
        self.observer.case_begins(index, planned);
    }

    /// Whether somebody hears of messages.
    pub(super) fn hears_messages(&self) -> bool {
        self.observer.hears_messages()
    }

    pub(super) fn passes(&mut self, index: usize, message: &LiveMessage) {
        self.observer.message(index, message);
    }

    /// Enters a case, and writes the record.
    pub(super) fn ends(
        &mut self,
        index: usize,
        case: &CaseRecord,
        real: Duration,
        folder: &Folder,
    ) -> Result<(), HarnessError> {
        let place = self.order.partition_point(|known| *known < index);
        self.order.insert(place, index);
        self.record.cases.insert(place, case.summary.clone());
        self.record.wall_time = nanos(real);
        folder.write_session(&self.record)?;
        self.observer.case_ended(index, case);
        Ok(())
    }

    pub(super) fn remark(&mut self, text: String) {
        self.record.remarks.push(text);
    }

    /// Closes the record.
    pub(super) fn close(&mut self, products: &[Product], real: Duration, folder: &Folder) {
        self.note_absent(products);
        self.record.wall_time = nanos(real);
        self.record.ended = Some(timestamp(SystemTime::now()));
        if let Err(error) = folder.write_session(&self.record) {
            self.remark(error.to_string());
        }
    }
}
