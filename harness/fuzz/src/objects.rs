//! Object definitions in XML: the registry's reader, and the linter.

use ::objects::{Around, NoFiles, Reference, lint};
use lwm2m::registry::Ddf;

/// A definition.
pub fn ddf(input: &[u8]) {
    {
        let read = Ddf::parse(input);
        assert!(!read.definitions.is_empty() || !read.diagnostics.is_empty());
    }
    let reference = Reference::default();
    let around = Around {
        reference: &reference,
        files: &NoFiles,
        git_ends_lines: false,
    };
    let checked = lint("a.xml", input, &around);
    assert!(checked.findings.len() <= 1000);
    let lines = checked.text.split('\n').count() as u32;
    for one in checked.findings {
        assert!(one.line >= 1 && one.line <= lines, "{one:?}");
        assert!(one.column >= 1 && one.width >= 1, "{one:?}");
    }
}
