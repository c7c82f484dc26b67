//! The Test Session Report of a session on disk.

use std::path::PathBuf;

use event::session::Change;
use report::{RunRecords, SessionReport};

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

    /// Reports that are there and are not what the record says; nobody has to have written them.
    ///
    /// Another version may render the same record otherwise: reports of a session that was signed with one are not compared.
    ///
    /// # Errors
    ///
    /// A record that cannot be read.
    pub fn altered_reports(&self, harness: &str) -> Result<Vec<Change>, SessionError> {
        let signed = self.submission()?.map(|submission| submission.harness);
        if signed.is_some_and(|version| version != harness) {
            return Ok(Vec::new());
        }
        let reports = self.reports(harness)?.into_iter();
        let is_other = |(name, bytes): &(&str, Vec<u8>)| {
            std::fs::read(self.path().join(name)).is_ok_and(|found| found != *bytes)
        };
        let other = reports.filter(is_other);
        Ok(other
            .map(|(name, _)| Change::Report(name.to_owned()))
            .collect())
    }

    fn reports(&self, harness: &str) -> Result<Vec<(&'static str, Vec<u8>)>, SessionError> {
        let sheet = self.sheet()?;
        let standing = self.standing(&sheet, |_| None)?;
        let runs = self.records()?;
        let runs: Vec<_> = runs
            .iter()
            .map(|(run, cases)| RunRecords { run, cases })
            .collect();
        let report = SessionReport {
            sheet: &sheet,
            standing: &standing,
            runs: &runs,
            harness,
        };
        Ok(vec![
            (HTML, report::session_report_html(&report)?.into_bytes()),
            (PDF, report::session_report_pdf(&report)?),
        ])
    }
}

const HTML: &str = "report.html";
const PDF: &str = "report.pdf";
