//! For GitHub Actions: annotations, and the summary of a job.

mod annotation;
mod job;

pub use annotation::github_annotations;
pub use job::github_summary;
