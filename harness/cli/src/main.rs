//! The binary `testfest`.

fn main() -> std::process::ExitCode {
    testfest::main().into()
}
