//! The arguments of `objects`.

use std::path::PathBuf;

use clap::Subcommand;

/// What is done with object definitions.
#[derive(Clone, Debug, Subcommand)]
pub enum Objects {
    /// Find what is wrong with object definitions (OMA XML) by the schema, the TS and OMA's guidelines for registration
    Lint(Lint),
    /// List the codes of `lint`: what has to be so, how bad it is if not, and which document says it
    Codes,
}

/// Arguments of `objects lint`.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Lint {
    /// Definitions, DDF.xml, Common.xml, or folders, which are searched for *.xml
    #[arg(value_name = "FILE|DIR", required = true)]
    pub paths: Vec<PathBuf>,
    /// The registry to compare with: a folder with DDF.xml and Common.xml [default: the folder of each file, or the one above version_history]
    #[arg(long, value_name = "DIR")]
    pub registry: Option<PathBuf>,
    /// Leave out the findings of a code; once for each
    #[arg(long = "allow", value_name = "CODE")]
    pub allowed: Vec<String>,
    /// Print JSON: an array of {file, line, column, severity, code, message, help}
    #[arg(long)]
    pub json: bool,
    /// Print a line for each finding: FILE:LINE:COLUMN: SEVERITY[CODE]: MESSAGE
    #[arg(long, conflicts_with = "json")]
    pub short: bool,
}

/// What `objects lint --help` ends with.
const AFTER_HELP: &str = "\
Exit codes, the first that applies:
    2  errors were found, or a file cannot be read
    4  no *.xml in the folders
    0  no errors; there may be warnings";
