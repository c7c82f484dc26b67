//! Texts and names of files.

use std::path::Path;

use report::visible;

/// Reads a file that strangers may have written.
///
/// # Errors
///
/// Path and reason; also if it is larger than anything that is read here.
pub fn read_text(path: &Path) -> Result<String, String> {
    let shown = visible(&path.display().to_string()).into_owned();
    let failed = |error: std::io::Error| format!("cannot read {shown}: {error}");
    if path.metadata().map_err(failed)?.len() > MAX_BYTES {
        return Err(format!("{shown} has more than {MAX_BYTES} bytes"));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// A name that is safe in every file system.
pub fn file_name(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
            c
        } else {
            '-'
        }
    };
    let name: String = text.chars().map(plain).take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name.to_owned()
    }
}

/// More than any submission needs.
const MAX_BYTES: u64 = 64 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_leave_no_folder() {
        for (text, name) in [
            ("ARM Ltd.", "ARM-Ltd"),
            ("../../etc/passwd", "etc-passwd"),
            ("안", "unnamed"),
            ("a\0b", "a-b"),
        ] {
            assert_eq!(file_name(text), name);
        }
    }
}
