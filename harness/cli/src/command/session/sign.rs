//! `session sign`, `verify`, `submit`, `seal` and `open`: from agreement to what is handed over.

use std::path::PathBuf;

use event::consolidate::{Event, Role};
use event::session::{PublicKey, Standing};
use report::visible;
use runner::HarnessError;
use sessions::{SUBMISSION, SessionFolder, file_name, read_public, read_secret};

use crate::args::{Open, Seal, Sign, Submit, Verify};
use crate::submissions::read_event;
use crate::{ExitCode, Trouble, output};

/// Signs, and writes the report anew.
pub(crate) fn sign(args: &Sign) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let key = read_secret(&args.key)?;
    let submission = folder.sign(args.team.into(), &key, args.anew, env!("CARGO_PKG_VERSION"))?;
    folder.write_reports(env!("CARGO_PKG_VERSION"))?;
    let standing = Standing::of_submission(&submission, |_| None);
    output::print(&signatures(&standing));
    Ok(ExitCode::Passed)
}

/// Checks everything, and says what changed.
pub(crate) fn verify(args: &Verify) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let event = args.event.as_deref().map(read_event).transpose()?;
    let given = |path: &Option<PathBuf>| path.as_deref().map(read_public).transpose();
    let (client, server) = (given(&args.client_key)?, given(&args.server_key)?);
    let sign = |key: &Option<PublicKey>| key.as_ref().map(|key| key.sign.clone());
    let sheet = folder.sheet()?;
    let registered = |role: Role| {
        let given = match role {
            Role::Client => sign(&client),
            Role::Server => sign(&server),
        };
        given.or_else(|| registered_key(event.as_ref()?, &folder, role))
    };
    let mut standing = folder.standing(&sheet, registered)?;
    standing
        .changes
        .extend(folder.altered_reports(env!("CARGO_PKG_VERSION"))?);
    let mut text = signatures(&standing);
    for change in &standing.changes {
        text += &format!("altered: {}\n", visible(&change.to_string()));
    }
    let mark = standing.mark().unwrap_or("as both teams signed it");
    text += &format!("{}\n", mark.to_lowercase());
    output::print(&text);
    Ok(
        match (standing.changes.is_empty(), standing.missing.is_empty()) {
            (false, _) => ExitCode::Failed,
            (true, false) => ExitCode::Undecided,
            (true, true) => ExitCode::Passed,
        },
    )
}

/// Copies what was signed, under a name that no other session has.
pub(crate) fn submit(args: &Submit) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let standing = folder.standing(&folder.sheet()?, |_| None)?;
    if !standing.is_good() {
        let message = standing.changes.first().map_or_else(
            || "not both teams have signed".to_owned(),
            |change| visible(&change.to_string()).into_owned(),
        );
        return Err(Trouble::usage(
            message,
            "`testfest session sign` signs; `testfest session verify` shows what changed",
        ));
    }
    let header = folder.header();
    let parts = [
        &header.event,
        &header.session,
        &header.lwm2m.replace('.', "_"),
        &header.client.party().to_string(),
        &header.server.party().to_string(),
    ];
    let name = parts.map(|part| file_name(part)).join("_") + ".submission.json";
    let path = args.out.join(name);
    let failed = |source| HarnessError::Write {
        path: path.clone(),
        source,
    };
    let bytes = std::fs::read(folder.path().join(SUBMISSION)).map_err(failed)?;
    // long names may be cut to the same
    if std::fs::read(&path).is_ok_and(|there| there != bytes) {
        let message = format!("\"{}\" is there already, and is another", path.display());
        return Err(Trouble::usage(message, "--out names another folder"));
    }
    std::fs::create_dir_all(&args.out)
        .and_then(|()| std::fs::write(&path, bytes))
        .map_err(failed)?;
    output::print(&format!("{}\n", path.display()));
    Ok(ExitCode::Passed)
}

/// Encrypts the folder.
pub(crate) fn seal(args: &Seal) -> Result<ExitCode, Trouble> {
    let folder = SessionFolder::open(&args.dir)?;
    let recipients = args.to.iter().map(|path| read_public(path));
    let recipients = recipients.collect::<Result<Vec<_>, _>>()?;
    let out = args.out.clone().unwrap_or_else(|| {
        let mut name = folder.path().as_os_str().to_owned();
        name.push(".age");
        name.into()
    });
    sessions::seal(folder.path(), &recipients, &out)?;
    let names: Vec<_> = recipients.iter().map(|key| visible(&key.name)).collect();
    output::print(&format!(
        "{}: for {}\nthe folder itself is still there, and readable\n",
        out.display(),
        names.join(", ")
    ));
    Ok(ExitCode::Passed)
}

/// Decrypts a sealed folder.
pub(crate) fn open(args: &Open) -> Result<ExitCode, Trouble> {
    sessions::open(&args.file, &read_secret(&args.key)?, &args.out)?;
    output::print(&format!("{}\n", args.out.display()));
    Ok(ExitCode::Passed)
}

fn signatures(standing: &Standing) -> String {
    let signed = standing.signed.iter().map(|one| {
        let (team, name, print) = (one.team, visible(&one.name), &one.fingerprint);
        format!(
            "signed by the {team}'s team: \"{name}\", key {print}, {}\n",
            visible(&one.at)
        )
    });
    let missing = standing.missing.iter();
    let missing = missing.map(|role| format!("not signed by the {role}'s team\n"));
    signed.chain(missing).collect()
}

fn registered_key(event: &Event, folder: &SessionFolder, role: Role) -> Option<String> {
    let party = folder.header().side(role).party();
    event.find(role, &party)?.key.clone()
}
