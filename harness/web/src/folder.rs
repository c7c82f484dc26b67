//! Files below a folder, opened one name after the other: nothing leads out of it, neither `..` nor a link.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

/// Opens a file below `root` to read it.
pub(crate) fn open(root: &Path, names: &[&str]) -> io::Result<File> {
    open_with(root, names, OFlag::O_RDONLY)
}

/// Opens a file below `root`, which has to be there, to add to it.
pub(crate) fn open_to_append(root: &Path, names: &[&str]) -> io::Result<File> {
    open_with(root, names, OFlag::O_WRONLY | OFlag::O_APPEND)
}

fn open_with(root: &Path, names: &[&str], flags: OFlag) -> io::Result<File> {
    let nothing = || io::Error::from(io::ErrorKind::NotFound);
    let (last, folders) = names.split_last().ok_or_else(nothing)?;
    if !names.iter().all(|name| is_name(name)) {
        return Err(nothing());
    }
    let mut at = OwnedFd::from(File::open(root)?);
    let never = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    for folder in folders {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | never;
        at = openat(&at, *folder, flags, Mode::empty())?;
    }
    // a pipe must not hold us
    let flags = flags | OFlag::O_NONBLOCK | never;
    let file = File::from(openat(&at, *last, flags, Mode::empty())?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(nothing())
    }
}

/// One name of a path, not hidden and no way up.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let top = std::env::temp_dir().join(format!("testfest-below-{}", std::process::id()));
        let root = top.join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::write(top.join("secret"), "secret").unwrap();
        std::fs::write(root.join("a/b/file"), "inside").unwrap();
        std::fs::write(root.join("a/.hidden"), "hidden").unwrap();
        symlink(top.join("secret"), root.join("a/link")).unwrap();
        symlink(&top, root.join("a/up")).unwrap();
        symlink("b/file", root.join("a/near")).unwrap();
        nix::unistd::mkfifo(&root.join("a/pipe"), Mode::S_IRWXU).unwrap();
        let mut text = String::new();
        let mut file = open(&root, &["a", "b", "file"]).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        for names in [
            &["..", "secret"][..],
            &["a", "..", "..", "secret"],
            &["a", "../../secret"],
            &["a/b/file"],
            &["a", "link"],
            &["a", "up", "secret"],
            &["a", "near"],
            &["a", "pipe"],
            &["a", ".hidden"],
            &["a", "b"],
            &["a", "", "b", "file"],
            &["a", ".", "b", "file"],
            &["a", "b", "file\0"],
            &["nothing"],
            &[],
        ] {
            assert!(open(&root, names).is_err(), "{names:?}");
        }
        assert!(open_to_append(&root, &["a", "new"]).is_err());
        std::fs::remove_dir_all(&top).unwrap();
    }
}
