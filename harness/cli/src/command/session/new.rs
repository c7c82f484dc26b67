//! `session new`: who meets whom.

use event::consolidate::{Event, Role};
use event::session::{EMULATOR, EMULATOR_COMPANY, Header, Side};
use report::visible;
use runner::product::description;
use sessions::SessionFolder;
use testcase::Profile;

use crate::args::New;
use crate::setup::find_profile;
use crate::submissions::read_event;
use crate::{ExitCode, Trouble, output};

/// Opens a session's folder.
pub(crate) fn new(args: &New) -> Result<ExitCode, Trouble> {
    let event = args.event.as_deref().map(read_event).transpose()?;
    let event = event.as_ref();
    let ets = event.and_then(|event| event.ets.get(&args.lwm2m).cloned());
    let Some(ets) = args.ets.clone().or(ets) else {
        let message = format!("the event has no ETS document for LwM2M {}", args.lwm2m);
        return Err(Trouble::usage(
            visible(&message),
            "name it with --ets, or under ets: of the event file",
        ));
    };
    let header = Header {
        event: args
            .name
            .clone()
            .or_else(|| event.map(|event| event.name.clone()))
            .unwrap_or_default(),
        place: event.map(|event| event.place.clone()).unwrap_or_default(),
        session: args.session.clone(),
        date: args.date.clone().unwrap_or_else(sessions::today),
        lwm2m: args.lwm2m.clone(),
        ets,
        budget_minutes: args.budget,
        client: side(Role::Client, &args.client, &args.client_team, event)?,
        server: side(Role::Server, &args.server, &args.server_team, event)?,
    };
    let folder = SessionFolder::create(&args.dir, header)?;
    let dir = folder.path().display();
    output::print(&format!(
        "session opened: {dir}\n  testfest run --session {dir} --profile P      plays for it\n  testfest session review {dir}          takes what the teams say\n"
    ));
    Ok(ExitCode::Passed)
}

/// Who sits on one side of the table.
fn side(role: Role, who: &str, team: &[String], event: Option<&Event>) -> Result<Side, Trouble> {
    let team = team.to_vec();
    let side = |company: &str, product: &str, version: &str| Side {
        company: company.to_owned(),
        product: product.to_owned(),
        version: version.to_owned(),
        team: team.clone(),
    };
    let mut registered = event
        .into_iter()
        .flat_map(|event| &event.implementations)
        .filter(|one| one.role == role);
    if let Some(one) = registered.clone().find(|one| one.id.value == who) {
        return Ok(side(&one.company, &one.product, &one.version));
    }
    if who == "emulator" {
        return Ok(side(EMULATOR_COMPANY, EMULATOR, env!("CARGO_PKG_VERSION")));
    }
    if let Ok(path) = find_profile(who) {
        return of_profile(role, &path, side);
    }
    if let [company, product, version] = who.split('/').collect::<Vec<_>>()[..] {
        return Ok(side(company, product, version));
    }
    let ids: Vec<_> = registered
        .by_ref()
        .map(|one| one.id.value.as_str())
        .collect();
    let help = match ids.as_slice() {
        [] => "name a profile, COMPANY/PRODUCT/VERSION, or `emulator`".to_owned(),
        ids => format!("registered: {}", ids.join(", ")),
    };
    let message = format!("nobody knows the {role} \"{who}\"");
    Err(Trouble::usage(visible(&message), visible(&help)))
}

fn of_profile(
    role: Role,
    path: &std::path::Path,
    side: impl Fn(&str, &str, &str) -> Side,
) -> Result<Side, Trouble> {
    let (profile, _) = Profile::open(path).map_err(|error| Trouble::Unreadable {
        message: format!("cannot read \"{}\": {error}", path.display()),
        help: "a profile is a YAML file, see profiles/README.md".to_owned(),
    })?;
    let Some(profile) = profile else {
        let message = format!("the profile \"{}\" has mistakes", path.display());
        return Err(Trouble::usage(message, "`testfest check` shows them"));
    };
    let who = description(&profile);
    if who.seat != role.to_string() {
        let message = format!("\"{}\" is a {}, not a {role}", path.display(), who.seat);
        return Err(Trouble::usage(message, ""));
    }
    Ok(side(&who.vendor, &who.name, &who.version))
}
