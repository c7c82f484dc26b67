//! A session's folder as one file that only named recipients can open: a tar in age (age-encryption.org/v1).

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::x25519::{Identity, Recipient};
use age::{Decryptor, Encryptor};
use event::session::{PublicKey, SecretKey};

use crate::SessionError;

/// Encrypts `folder` to `recipients` into the new file `out`; the folder stays as it is.
///
/// # Errors
///
/// No recipient, a recipient that is none, or a file that cannot be read or written; nothing is left half written.
pub fn seal(folder: &Path, recipients: &[PublicKey], out: &Path) -> Result<(), SessionError> {
    let recipients = recipients
        .iter()
        .map(|key| {
            Recipient::from_str(&key.seal).map_err(|error| {
                let message = format!("\"{}\" is no recipient: {error}", key.name);
                SessionError::wrong(report::visible(&message), "take the .pub file of a team")
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let all = recipients.iter().map(|one| one as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(all).map_err(|error| {
        SessionError::wrong(error.to_string(), "--to names the .pub file of a team")
    })?;
    let draft = out.with_extension("draft");
    let failed = || SessionError::write(&draft);
    let sealed = || -> std::io::Result<()> {
        let file = File::create(&draft)?;
        let mut archive = tar::Builder::new(encryptor.wrap_output(file)?);
        archive.follow_symlinks(false);
        archive.append_dir_all(".", folder)?;
        let file = archive.into_inner()?.finish()?;
        file.sync_all()
    };
    let outcome = sealed().map_err(failed());
    if outcome.is_err() {
        drop(fs::remove_file(&draft));
    }
    outcome?;
    fs::rename(&draft, out).map_err(SessionError::write(out))
}

/// Decrypts a sealed file with a team's key into the new folder `out`.
///
/// # Errors
///
/// A file that is not sealed to this key or was altered, and a folder that is there already; nothing is left behind.
pub fn open(file: &Path, key: &SecretKey, out: &Path) -> Result<(), SessionError> {
    let shown = report::visible(&file.display().to_string()).into_owned();
    let refused = |reason: String| {
        SessionError::wrong(
            format!("cannot open \"{shown}\": {reason}"),
            "a sealed session is opened by the .key of one of those it was sealed to",
        )
    };
    let identity = Identity::from_str(&key.open).map_err(|error| refused(error.to_owned()))?;
    if out.exists() {
        let message = format!("\"{}\" is there already", out.display());
        return Err(SessionError::wrong(message, "--out names a new folder"));
    }
    let draft = draft_of(out);
    let unpack = || -> Result<(), String> {
        let file = File::open(file).map_err(|error| error.to_string())?;
        let decryptor = Decryptor::new(file).map_err(|error| error.to_string())?;
        let stream = decryptor
            .decrypt(std::iter::once(&identity as &dyn age::Identity))
            .map_err(|error| error.to_string())?;
        fs::create_dir_all(&draft).map_err(|error| error.to_string())?;
        let mut archive = tar::Archive::new(stream);
        archive.unpack(&draft).map_err(|error| error.to_string())?;
        // what stands behind the archive's end is authenticated, too
        std::io::copy(&mut archive.into_inner(), &mut std::io::sink())
            .map_err(|error| error.to_string())?;
        fs::rename(&draft, out).map_err(|error| error.to_string())
    };
    unpack().map_err(|reason| {
        drop(fs::remove_dir_all(&draft));
        refused(reason)
    })
}

fn draft_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".draft");
    name.into()
}

/// Writes a file of a session: a draft beside it is renamed when it is whole.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), SessionError> {
    let draft = path.with_extension("draft");
    let written = File::create(&draft).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&draft, path))
        .map_err(SessionError::write(path))
}
