//! Key files of teams.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret as _;
use event::session::{PublicKey, SecretKey};

use crate::{SessionError, file_name, read_text};

/// Makes a key for `name`: `NAME.key`, which only its owner may read, and `NAME.pub` below `folder`.
///
/// # Errors
///
/// A file that is there already, or cannot be written.
pub fn new_key(name: &str, folder: &Path) -> Result<(PublicKey, PathBuf, PathBuf), SessionError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| {
        SessionError::wrong(format!("the system gives no random bytes: {error}"), "")
    })?;
    let identity = age::x25519::Identity::generate();
    let open = identity.to_string().expose_secret().to_owned();
    let key = SecretKey::new(name, seed, open, identity.to_public().to_string());
    let public = key
        .public()
        .map_err(|error| SessionError::wrong(error.to_string(), ""))?;
    std::fs::create_dir_all(folder).map_err(SessionError::write(folder))?;
    let path = |ending: &str| folder.join(format!("{}.{ending}", file_name(name)));
    let (secret, handed_out) = (path("key"), path("pub"));
    write_new(&secret, &key.to_text(), 0o600)?;
    write_new(&handed_out, &public.to_text(), 0o644)?;
    Ok((public, secret, handed_out))
}

/// Reads a secret key.
///
/// # Errors
///
/// Path and reason.
pub fn read_secret(path: &Path) -> Result<SecretKey, SessionError> {
    let help = "a key is the .key file that `testfest key new` made";
    let text = read_text(path).map_err(|message| SessionError::wrong(message, help))?;
    SecretKey::parse(&text).map_err(|error| wrong(path, &error, help))
}

/// Reads a public key.
///
/// # Errors
///
/// Path and reason.
pub fn read_public(path: &Path) -> Result<PublicKey, SessionError> {
    let help = "a public key is the .pub file that `testfest key new` made";
    let text = read_text(path).map_err(|message| SessionError::wrong(message, help))?;
    PublicKey::parse(&text).map_err(|error| wrong(path, &error, help))
}

fn wrong(path: &Path, error: &event::session::KeyError, help: &str) -> SessionError {
    let message = format!("\"{}\": {error}", path.display());
    SessionError::wrong(report::visible(&message), help)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), SessionError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path).map_err(|source| {
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            let message = format!("\"{}\" is there already", path.display());
            SessionError::wrong(
                message,
                "a key is never overwritten: take another name or folder",
            )
        } else {
            SessionError::write(path)(source)
        }
    })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(SessionError::write(path))
}
