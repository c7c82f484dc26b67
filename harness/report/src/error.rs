//! What can go wrong while a report is rendered: the harness's own trouble, never an implementation's behaviour.

/// Why a report could not be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A template failed; the source names the template and its line.
    #[error("cannot render the HTML report")]
    Template(#[from] minijinja::Error),
    /// The XML could not be written.
    #[error("cannot write the JUnit report")]
    Junit(#[from] quick_junit::SerializeError),
    /// A font that is compiled in could not be read.
    #[error("cannot read the font \"{name}\" that is compiled in")]
    Font {
        /// File name of the font.
        name: &'static str,
    },
    /// The PDF could not be written.
    #[error("cannot write the PDF report")]
    Pdf(#[from] std::io::Error),
}
