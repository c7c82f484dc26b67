//! Register, Update and Bootstrap-Request: parameters and object list (Core TS, 6.2.1 and 6.2.2).
//!
//! Each rule goes by the version that the message names; what only a later release says is a remark.

use coap::ContentFormat;
use lwm2m::operation::{Register, Update};
use lwm2m::{Binding, ObjectList, Operation, Version};

use super::rules::{
    ALTERNATE_PATH, OBJECT_LIST_COSE, OBJECT_LIST_MANDATORY, OBJECT_LIST_MISSING,
    OBJECT_LIST_RESOURCE, OBJECT_LIST_SECURITY, REGISTER_BINDING, REGISTER_ENDPOINT,
    REGISTER_FORMAT, REGISTER_LIFETIME, REGISTER_REPEATED, REGISTER_UNKNOWN, REGISTER_VERSION,
};
use super::scene::{Scene, is_protected};
use super::{Finding, identifiers, links, profiles};
use crate::event::Datagram;

/// Rules about the event with this index.
pub(super) fn check(scene: &Scene<'_>, index: usize) -> Vec<Finding> {
    let sent = scene.transfer.event(index).zip(scene.datagram_of(index));
    let Some((event, datagram)) = sent else {
        return Vec::new();
    };
    let hidden = event.message.as_ref().is_none_or(is_protected);
    if hidden || !scene.is_whole(event) {
        return Vec::new();
    }
    match scene.operation(index) {
        Some(Operation::Register(register)) => of_register(datagram, register),
        Some(Operation::Update(update)) => of_update(datagram, update, scene.client_version(event)),
        Some(Operation::BootstrapRequest(request)) => {
            queries(datagram, &request.query, &["ep", "pct"])
        }
        _ => Vec::new(),
    }
}

fn of_register(datagram: &Datagram, register: &Register) -> Vec<Finding> {
    let said = register.version.as_deref();
    let version = said.and_then(Version::parse);
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(endpoint(datagram, register, version));
    findings.extend(lifetime(
        datagram,
        register.lifetime.as_deref(),
        true,
        version,
    ));
    findings.extend(enabler(datagram, said));
    if let Some(text) = &register.binding {
        // without a version it is 1.0 that speaks, or nobody knows
        findings.extend(version.and_then(|version| binding(datagram, text, version)));
    }
    let mut query = register.query.clone();
    if register.queue_mode && version == Some(Version::V1_0) {
        query.push("Q".to_owned());
    }
    if register.profile_id.is_some() && version.is_some_and(|version| version < Version::V1_2) {
        query.push("pid".to_owned());
    }
    findings.extend(queries(
        datagram,
        &query,
        &["ep", "lt", "lwm2m", "b", "sms", "pid"],
    ));
    if let Some(text) = &register.profile_id
        && version.is_none_or(|version| version >= Version::V1_2)
    {
        findings.extend(profiles::check(datagram, text));
    }
    if register.objects.is_empty() {
        findings.extend(no_objects(datagram, register, version));
    } else {
        findings.extend(format(datagram, register.content_format, false));
        findings.extend(objects(datagram, &register.objects, version));
        let complete = register.profile_id.is_none();
        findings.extend(mandatory(datagram, &register.objects, version).filter(|_| complete));
    }
    findings
}

fn of_update(datagram: &Datagram, update: &Update, version: Option<Version>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(lifetime(
        datagram,
        update.lifetime.as_deref(),
        false,
        version,
    ));
    if let (Some(text), Some(version)) = (&update.binding, version) {
        findings.extend(binding(datagram, text, version));
    }
    findings.extend(queries(datagram, &update.query, &["lt", "b", "sms", "pid"]));
    if let Some(text) = &update.profile_id {
        findings.extend(profiles::check(datagram, text));
    }
    if !update.objects.is_empty() {
        findings.extend(format(datagram, update.content_format, true));
        findings.extend(objects(datagram, &update.objects, version));
    }
    findings
}

fn endpoint(datagram: &Datagram, register: &Register, version: Option<Version>) -> Option<Finding> {
    if register
        .endpoint
        .as_deref()
        .is_some_and(|name| !name.is_empty())
    {
        return None;
    }
    let text = "registered without an Endpoint Client Name";
    let finding = REGISTER_ENDPOINT.broken(datagram, "ep", "present", "absent", text);
    // from 1.1 on the security layer may tell it
    Some(finding.softened(version != Some(Version::V1_0)))
}

/// In 1.0 the lifetime may be left out.
fn lifetime(
    datagram: &Datagram,
    lifetime: Option<&str>,
    needed: bool,
    version: Option<Version>,
) -> Option<Finding> {
    let Some(text) = lifetime else {
        let lax = version.is_none_or(|version| version == Version::V1_0);
        let message = "registered without a lifetime";
        let finding = REGISTER_LIFETIME.broken(datagram, "lt", "present", "absent", message);
        return needed.then(|| finding.softened(lax));
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && text.parse::<u32>().is_ok() {
        return None;
    }
    let message = format!("sent lifetime \"{text}\"");
    let finding = REGISTER_LIFETIME.broken(
        datagram,
        "lt",
        "a number of seconds",
        format!("\"{text}\""),
        &message,
    );
    Some(finding.softened(digits))
}

/// An absent version is 1.0; a number of a release that is not known here is a remark.
fn enabler(datagram: &Datagram, version: Option<&str>) -> Option<Finding> {
    let known = version.and_then(Version::parse).is_some();
    if known {
        return None;
    }
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let form = version.is_none_or(|text| {
        text.split_once('.')
            .is_some_and(|(major, minor)| number(major) && number(minor))
    });
    let (actual, message) = match version {
        None => (
            "absent".to_owned(),
            "registered without a version".to_owned(),
        ),
        Some(text) => (format!("\"{text}\""), format!("sent version \"{text}\"")),
    };
    let finding = REGISTER_VERSION.broken(datagram, "lwm2m", "1.0, 1.1 or 1.2", actual, &message);
    Some(finding.softened(form))
}

fn binding(datagram: &Datagram, text: &str, version: Version) -> Option<Finding> {
    let error = Binding::parse(text, version).err()?;
    // Queue Mode in the binding, as in 1.0 (TOL-03, AMB-41)
    let bare = text.replace('Q', "");
    let lax = version > Version::V1_0 && Binding::parse(&bare, version).is_ok();
    let message = format!("sent binding \"{text}\": {error}");
    let expected = format!("a binding of LwM2M {version}");
    let finding = REGISTER_BINDING.broken(datagram, "b", expected, format!("\"{text}\""), &message);
    Some(finding.softened(lax))
}

/// Parameters that are left when those of the table were taken.
fn queries(datagram: &Datagram, left: &[String], table: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for query in left {
        let name = query
            .split_once('=')
            .map_or(query.as_str(), |(name, _)| name);
        if query == "Q=" {
            continue;
        }
        let repeated = table.contains(&name) && query.contains('=');
        let (rule, expected) = if repeated {
            (REGISTER_REPEATED, "once")
        } else {
            (REGISTER_UNKNOWN, "a parameter of the version")
        };
        let message = format!(
            "sent parameter \"{query}\"{}",
            if repeated { " again" } else { "" }
        );
        findings.push(rule.broken(datagram, name, expected, format!("\"{query}\""), &message));
    }
    findings
}

fn no_objects(
    datagram: &Datagram,
    register: &Register,
    version: Option<Version>,
) -> Option<Finding> {
    if register.profile_id.is_some() {
        return None;
    }
    let lax = version.is_none_or(|version| version >= Version::V1_2);
    let text = "registered without an object list";
    let finding = OBJECT_LIST_MISSING.broken(datagram, "objects", "present", "absent", text);
    Some(finding.softened(lax))
}

fn format(datagram: &Datagram, format: Option<ContentFormat>, update: bool) -> Option<Finding> {
    if format == Some(ContentFormat::LINK_FORMAT) || !datagram.reading.is_clean() {
        return None;
    }
    let actual = format.map_or_else(|| "absent".to_owned(), |format| format.to_string());
    let text = format!("sent an object list with Content-Format {actual}");
    let finding = REGISTER_FORMAT.broken(datagram, "content-format", "link-format", actual, &text);
    Some(finding.softened(update && format.is_none()))
}

/// Rules about the links of a Register or Update.
fn objects(datagram: &Datagram, payload: &[u8], version: Option<Version>) -> Vec<Finding> {
    let mut findings = links::check(datagram, payload, false, version);
    let Ok(list) = ObjectList::parse(payload) else {
        return findings;
    };
    findings.extend(identifiers::of_list(datagram, &list, version));
    for object in [0, 21, 23] {
        if list.has_object(object) {
            findings.extend(security(datagram, object, version));
        }
    }
    if let Some(link) = list
        .links
        .iter()
        .find(|link| !matches!(link.path.depth(), 1 | 2))
    {
        let text = format!(
            "listed \"{}\", which is no Object and no Object Instance",
            link.path
        );
        let actual = format!("\"{}\" at byte {}", link.path, link.offset);
        let rule = OBJECT_LIST_RESOURCE;
        findings.push(rule.broken(
            datagram,
            "object list",
            "/object or /object/instance",
            actual,
            &text,
        ));
    }
    let numeric =
        |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = list.alternate_path();
    if prefix.split('/').any(numeric) {
        let text = format!("announced the alternate path \"{prefix}\"");
        let actual = format!("\"{prefix}\"");
        findings.push(ALTERNATE_PATH.broken(
            datagram,
            "alternate path",
            "no number",
            actual,
            &text,
        ));
    }
    findings
}

/// Object 21 is left out since 1.1, and 23 since 1.2.1, which nobody tells from 1.2.
fn security(datagram: &Datagram, object: u16, version: Option<Version>) -> Option<Finding> {
    let rule = match object {
        23 => OBJECT_LIST_COSE,
        _ => OBJECT_LIST_SECURITY,
    };
    let lax = object == 21 && version.is_none_or(|version| version == Version::V1_0);
    let text = format!("listed Object {object}");
    let actual = format!("Object {object}");
    let finding = rule.broken(datagram, "object list", "not listed", actual, &text);
    Some(finding.softened(lax))
}

fn mandatory(datagram: &Datagram, payload: &[u8], version: Option<Version>) -> Option<Finding> {
    let list = ObjectList::parse(payload).ok()?;
    let object = [1, 3]
        .into_iter()
        .find(|object| !list.has_object(*object))?;
    let lax = version.is_none_or(|version| version >= Version::V1_2);
    let text = format!("did not list Object {object}");
    let finding = OBJECT_LIST_MANDATORY.broken(
        datagram,
        "object list",
        format!("Object {object}"),
        "not listed",
        &text,
    );
    Some(finding.softened(lax))
}

#[cfg(test)]
pub(super) mod tests {
    use coap::Code;
    use testcase::Seat;

    use super::super::Level::{self, Must, Should};
    use super::super::trial::{Draft, Row, Script, con, findings, from_client, to_bootstrap};

    const LIST: &str = "</>;rt=\"oma.lwm2m\";ct=\"60 110\",</1/0>,</3/0>,</5>;ver=1.1";

    fn register(queries: &str, list: &str) -> Script {
        let draft = queries
            .split('&')
            .fold(con(Code::POST, 1, 0xa1).path("/rd"), Draft::query);
        vec![from_client(0, draft.format(40).payload(list.as_bytes()))]
    }

    fn row(rule: &'static str, level: Level, queries: &str) -> Row {
        Row::new(
            rule,
            level,
            register("ep=a&lt=60&lwm2m=1.1&b=U&Q", LIST),
            register(queries, LIST),
            1,
            Seat::CLIENT,
        )
    }

    fn listed(rule: &'static str, level: Level, version: &str, list: &str) -> Row {
        let queries = format!("ep=a&lt=60&lwm2m={version}");
        Row::new(
            rule,
            level,
            register(&queries, LIST),
            register(&queries, list),
            1,
            Seat::CLIENT,
        )
    }

    fn update(draft: Draft) -> Script {
        vec![from_client(0, draft.path("/rd/1"))]
    }

    pub(in super::super) fn rows() -> Vec<Row> {
        let post = || con(Code::POST, 1, 0xa1);
        let text = |draft: Draft| {
            vec![from_client(
                0,
                draft
                    .path("/rd")
                    .query("ep=a")
                    .query("lt=60")
                    .query("lwm2m=1.1")
                    .payload(b"</1/0>,</3/0>"),
            )]
        };
        let bootstrap = |query: &str| {
            vec![to_bootstrap(
                0,
                post().path("/bs").query("ep=a").query(query),
            )]
        };
        let profile = |rule, pid: &str| {
            let queries = format!("ep=a&lt=60&lwm2m=1.2&pid={pid}");
            let sound = register("ep=a&lt=60&lwm2m=1.2&pid=6:27354b9a", LIST);
            Row::new(rule, Must, sound, register(&queries, LIST), 1, Seat::CLIENT)
        };
        let mut rows = vec![
            profile("profile-id-list", "6:27354b9a,oma:one"),
            profile("profile-id-list", "27354b9a"),
            profile("profile-id-dynamic", "6:27354B9A"),
            profile("profile-id-name", "oma:a_b"),
            profile("profile-id-suite", "6:27354b9a00"),
            profile("profile-id-length", "6:2735"),
            row("register-endpoint", Must, "lt=60&lwm2m=1.0"),
            row("register-endpoint", Should, "lt=60&lwm2m=1.1"),
            row("register-lifetime", Must, "ep=a&lwm2m=1.1"),
            row("register-lifetime", Should, "ep=a&lwm2m=1.0"),
            row("register-lifetime", Must, "ep=a&lt=-1&lwm2m=1.0"),
            row("register-lifetime", Should, "ep=a&lt=4294967296&lwm2m=1.1"),
            row("register-version", Must, "ep=a&lt=60&lwm2m=1.0.2"),
            row("register-version", Should, "ep=a&lt=60&lwm2m=1.9"),
            row("register-version", Should, "ep=a&lt=60"),
            row("register-binding", Must, "ep=a&lt=60&lwm2m=1.1&b=UM"),
            row("register-binding", Must, "ep=a&lt=60&lwm2m=1.0&b=UT"),
            row("register-binding", Should, "ep=a&lt=60&lwm2m=1.1&b=UQ"),
            row(
                "register-parameter-unknown",
                Should,
                "ep=a&lt=60&lwm2m=1.1&et=x",
            ),
            row(
                "register-parameter-unknown",
                Should,
                "ep=a&lt=60&lwm2m=1.0&Q",
            ),
            row(
                "register-parameter-unknown",
                Should,
                "ep=a&lt=60&lwm2m=1.1&pid=oma:1",
            ),
            row(
                "register-parameter-repeated",
                Should,
                "ep=a&lt=60&lwm2m=1.1&lt=61",
            ),
            listed("object-list-missing", Must, "1.1", ""),
            listed("object-list-missing", Should, "1.2", ""),
            listed("object-list-security", Must, "1.0", "</0/0>,</1/0>,</3/0>"),
            listed("object-list-security", Must, "1.1", "</1/0>,</3/0>,</21/0>"),
            listed(
                "object-list-security",
                Should,
                "1.0",
                "</1/0>,</3/0>,</21/0>",
            ),
            listed("object-list-cose", Should, "1.2", "</1/0>,</3/0>,</23/0>"),
            listed(
                "object-list-resource",
                Must,
                "1.1",
                "</1/0>,</3/0>,</3/0/11/0>",
            ),
            listed("object-list-mandatory", Must, "1.1", "</1/0>,</5>"),
            listed("object-list-mandatory", Should, "1.2", "</3/0>"),
            listed(
                "alternate-path-numeric",
                Must,
                "1.1",
                "</a/7>;rt=\"oma.lwm2m\",</a/7/1/0>,</a/7/3/0>",
            ),
            listed("link-format-syntax", Must, "1.1", "</1/0></3/0>"),
        ];
        rows.push(Row::new(
            "register-content-format",
            Must,
            text(post().format(40)),
            text(post().format(0)),
            1,
            Seat::CLIENT,
        ));
        rows.push(Row::new(
            "register-content-format",
            Must,
            text(post().format(40)),
            text(post()),
            1,
            Seat::CLIENT,
        ));
        let list = || post().payload(b"</1/0>,</3/0>");
        rows.push(Row::new(
            "register-content-format",
            Should,
            update(list().format(40)),
            update(list()),
            1,
            Seat::CLIENT,
        ));
        rows.push(Row::new(
            "register-parameter-unknown",
            Should,
            update(post().query("lt=30")),
            update(post().query("ep=a")),
            1,
            Seat::CLIENT,
        ));
        rows.push(Row::new(
            "register-parameter-unknown",
            Should,
            bootstrap("pct=112"),
            bootstrap("lt=60"),
            1,
            Seat::CLIENT,
        ));
        rows
    }

    #[test]
    fn a_post_elsewhere_is_no_update() {
        let post = con(Code::POST, 1, 0xa1).path("/log/1").query("ep=a");
        let found = findings(&[from_client(0, post.format(0).payload(b"started"))]);
        assert!(found.is_empty());
    }

    #[test]
    fn what_the_versions_allow_is_no_finding() {
        for (queries, list) in [
            ("ep=a&lt=60&lwm2m=1.0&b=UQ", LIST),
            ("ep=a&lt=0&lwm2m=1.1&Q=", LIST),
            ("lwm2m=1.2&pid=oma:1&ep=a&lt=60&b=UMH", ""),
            ("lwm2m=1.2&pid=\"7:0123456789,v:x-1\"&ep=a&lt=60", ""),
            (
                "ep=a&lt=60&lwm2m=1.1&b=UTSN&sms=491",
                "</lw>;rt=\"oma.lwm2m\",</lw/1/0>,</lw/3/0>,</lw/24/0>",
            ),
        ] {
            let found: Vec<String> = findings(&register(queries, list))
                .into_iter()
                .map(|finding| finding.message)
                .collect();
            assert_eq!(found, Vec::<String>::new(), "{queries}");
        }
    }
}
