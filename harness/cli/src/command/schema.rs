//! `schema`: the JSON Schema of a file that the program reads or writes.

use clap::ValueEnum as _;

use event::consolidate::Submission;

use crate::args::{Schema, SchemaOf};
use crate::{ExitCode, Trouble, output};

/// Prints a schema.
pub(crate) fn schema(args: &Schema) -> Result<ExitCode, Trouble> {
    output::print(&text(args.of));
    Ok(ExitCode::Passed)
}

/// A schema as text.
fn text(of: SchemaOf) -> String {
    let name = format!("{}.schema.json", name(of));
    let own = record::schemas()
        .into_iter()
        .map(|(file, schema)| (file.to_owned(), schema));
    let submission = ("submission.schema.json".to_owned(), Submission::schema());
    let schema = testcase::schemas()
        .into_iter()
        .chain(own)
        .chain([submission])
        .find(|(file, _)| *file == name);
    schema.map_or_else(String::new, |(_, schema)| format!("{schema:#}\n"))
}

/// The word of the command line, which is the name of the schema's file.
fn name(of: SchemaOf) -> String {
    let value = of.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_schema() {
        for of in SchemaOf::value_variants() {
            assert!(text(*of).contains("\"$schema\""), "{of:?}");
        }
    }
}
