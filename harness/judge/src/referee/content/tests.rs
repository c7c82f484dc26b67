//! Payloads that keep the rules about content, and payloads that break one.

use testcase::Seat;

use super::super::Level::{self, Must, Should};
use super::super::trial::{
    Draft, Row, Script, ack, con, content, findings, from_client, from_server, hex,
};
use super::*;

fn read(path: &str, format: u16, payload: &[u8]) -> Script {
    vec![
        from_server(0, con(Code::GET, 1, 0xa1).path(path)),
        from_client(1, content(ack(Code::CONTENT, 1, 0xa1), format, payload)),
    ]
}

fn accept(accept: u16, format: u16) -> Script {
    vec![
        from_server(0, con(Code::GET, 1, 0xa1).path("/3/0/9").accept(accept)),
        from_client(
            1,
            content(ack(Code::CONTENT, 1, 0xa1), format, &hex("c1 09 07")),
        ),
    ]
}

fn fetch(format: u16, payload: &[u8]) -> Script {
    vec![from_server(
        0,
        content(con(Code::FETCH, 1, 0xa1), format, payload),
    )]
}

fn write(draft: Draft) -> Script {
    vec![from_server(0, draft.path("/3/0/14"))]
}

/// A Write to a client that offers SenML JSON and SenML CBOR.
fn offered(format: u16, payload: &[u8]) -> Script {
    let register = con(Code::POST, 9, 0xb1).path("/rd").query("ep=a");
    let register = register.query("lt=60").query("lwm2m=1.1").format(40);
    let list = br#"</>;ct="110 112",</1/0>,</3/0>"#;
    let put = con(Code::PUT, 1, 0xa1).path("/3/0/14");
    vec![
        from_client(0, register.payload(list)),
        from_server(1, content(put, format, payload)),
    ]
}

fn response(rule: &'static str, level: Level, sound: Script, broken: Script) -> Row {
    Row::new(rule, level, sound, broken, 2, Seat::CLIENT)
}

fn request(rule: &'static str, level: Level, sound: Script, broken: Script) -> Row {
    Row::new(rule, level, sound, broken, 1, Seat::SERVER)
}

pub(in super::super) fn rows() -> Vec<Row> {
    let mut rows = formats();
    rows.extend(tlv());
    rows.extend(values());
    rows.extend(senml());
    rows
}

fn formats() -> Vec<Row> {
    let bare = vec![
        from_server(0, con(Code::GET, 1, 0xa1).path("/3/0/9")),
        from_client(1, ack(Code::CONTENT, 1, 0xa1).payload(b"7")),
    ];
    let put = || con(Code::PUT, 1, 0xa1).payload(b"+01");
    vec![
        response(
            "content-format-missing",
            Must,
            read("/3/0/9", 0, b"7"),
            bare,
        ),
        request(
            "content-format-missing",
            Should,
            write(put().format(0)),
            write(put()),
        ),
        response(
            "content-format-foreign",
            Should,
            read("/3/0/9", 60, &[7]),
            read("/3/0/9", 11544, &[0xa1, 0x83, 3, 0, 9, 7]),
        ),
        response(
            "content-format-foreign",
            Should,
            read("/3/0/9", 0, b"7"),
            read("/3/0/9", 50, b"7"),
        ),
        Row::new(
            "content-format-not-offered",
            Should,
            offered(110, br#"[{"n":"/3/0/14","vs":"+01"}]"#),
            offered(11542, &hex("c3 0e 2b 30 31")),
            2,
            Seat::SERVER,
        ),
        response(
            "lwm2m-json-sent",
            Should,
            read("/3/0/9", 0, b"7"),
            read("/3/0/9", 11543, br#"{"bn":"/3/0/9","e":[{"v":7}]}"#),
        ),
        response(
            "accept-honoured",
            Must,
            accept(11542, 11542),
            accept(110, 11542),
        ),
        response(
            "accept-honoured",
            Should,
            accept(11542, 11542),
            accept(11542, 1542),
        )
        .also("content-format-foreign"),
        response(
            "payload-unreadable",
            Must,
            read("/3/0/9", 0, b"7"),
            read("/3/0", 0, b"7"),
        ),
        response(
            "payload-unreadable",
            Must,
            read("/3/0", 11542, b""),
            read("/3/0", 11542, &hex("c8 00 09 01")),
        ),
        response(
            "payload-unreadable",
            Should,
            read("/3/0/0", 110, br#"[{"n":"/3/0/0","vs":"a"}]"#),
            read("/3/0/0", 110, br#"[{"n":"/3/0/0","vs":"a","x_":1}]"#),
        ),
    ]
}

fn tlv() -> Vec<Row> {
    let tlv = |path: &str, bytes: &str| read(path, 11542, &hex(bytes));
    let sound = || tlv("/3", "03 00 c1 09 07");
    vec![
        response(
            "tlv-shortest-form",
            Should,
            sound(),
            tlv("/3", "04 00 c8 09 01 07"),
        ),
        response(
            "tlv-shortest-form",
            Should,
            sound(),
            tlv("/3", "04 00 e1 00 09 07"),
        ),
        response("tlv-instance-wrapper", Must, sound(), tlv("/3", "c1 09 07")),
        response(
            "tlv-needless-wrapper",
            Should,
            tlv("/3/0", "c1 09 07"),
            tlv("/3/0", "03 00 c1 09 07"),
        ),
        response(
            "tlv-nesting",
            Must,
            tlv("/3/0", "83 06 41 00 01"),
            tlv("/3/0", "83 06 c1 00 01"),
        ),
        response(
            "resource-instances",
            Must,
            tlv("/3/0/6", "83 06 41 00 01"),
            tlv("/3/0/6", "c1 06 01"),
        ),
        response(
            "resource-instances",
            Must,
            tlv("/3/0/9", "c1 09 07"),
            tlv("/3/0/9", "83 09 41 00 07"),
        ),
        response(
            "value-type",
            Must,
            tlv("/3/0/9", "c2 09 00 07"),
            tlv("/3/0/9", "c3 09 00 00 07"),
        ),
        response(
            "value-type",
            Must,
            tlv("/1/0/6", "c1 06 01"),
            tlv("/1/0/6", "c1 06 02"),
        ),
        response(
            "value-path",
            Must,
            tlv("/3/0/9", "c1 09 07"),
            tlv("/3/0/9", "c1 0a 07"),
        ),
    ]
}

fn values() -> Vec<Row> {
    let text = |path: &str, text: &str| read(path, 0, text.as_bytes());
    let execute = br#"[{"n":"/3/0/4","v":1}]"#;
    vec![
        response(
            "value-type",
            Must,
            text("/3/0/9", "7"),
            text("/3/0/9", "seven"),
        ),
        response(
            "value-type",
            Should,
            text("/3/0/9", "7"),
            text("/3/0/9", "7.0"),
        ),
        response(
            "value-form",
            Should,
            text("/6/0/0", "-43.5"),
            text("/6/0/0", "-4.35e1"),
        ),
        response(
            "value-range",
            Should,
            text("/3/0/9", "100"),
            text("/3/0/9", "101"),
        ),
        response(
            "resource-instances",
            Should,
            text("/3/0/6/0", "1"),
            text("/3/0/6", "1"),
        ),
        response(
            "value-for-executable",
            Should,
            read("/3/0", 110, br#"[{"n":"/3/0/9","v":1}]"#),
            read("/3/0", 110, execute),
        ),
    ]
}

fn senml() -> Vec<Row> {
    let json = |text: &str| read("/3/0", 110, text.as_bytes());
    let sound = || json(r#"[{"bn":"/3/0/","n":"0","vs":"a"},{"n":"9","v":7}]"#);
    let cbor = |bytes: &str| read("/3/0", 112, &hex(bytes));
    let map = |bytes: &str| read("/3/0", 11544, &hex(bytes));
    let paths = || fetch(110, br#"[{"n":"/3/0/0"}]"#);
    vec![
        response(
            "value-path",
            Must,
            sound(),
            json(r#"[{"n":"/3/1/0","vs":"a"}]"#),
        ),
        response(
            "value-path",
            Must,
            sound(),
            json(r#"[{"n":"/3/0","vs":"a"}]"#),
        ),
        response(
            "value-path",
            Should,
            sound(),
            json(r#"[{"n":"/3/0/0/","vs":"a"}]"#),
        ),
        response(
            "value-path",
            Should,
            sound(),
            json(r#"[{"n":"3/0/0","vs":"a"}]"#),
        ),
        response(
            "duplicate-path",
            Should,
            sound(),
            json(r#"[{"n":"/3/0/0","vs":"a"},{"n":"/3/0/0","vs":"b"}]"#),
        ),
        response("senml-record", Must, sound(), json(r#"[{"n":"/3/0/0"}]"#)),
        response(
            "senml-record",
            Must,
            sound(),
            json(r#"[{"n":"/3/0/0","vs":"a","v":1}]"#),
        ),
        request(
            "senml-record",
            Should,
            paths(),
            fetch(110, br#"[{"n":"/3/0/0","v":1}]"#),
        ),
        request(
            "senml-record",
            Must,
            paths(),
            fetch(320, br#"[{"n":"/3/0/0","v":1}]"#),
        )
        .also("content-format-foreign"),
        response(
            "senml-label",
            Must,
            cbor("81 a2 00 66 2f 33 2f 30 2f 39 02 07"),
            cbor("81 a3 21 66 2f 33 2f 30 2f 39 02 07 61 36 00"),
        ),
        response(
            "senml-label",
            Should,
            sound(),
            json(r#"[{"n":"/3/0/0","vs":"a","odd":1}]"#),
        ),
        response(
            "name-prefix",
            Should,
            sound(),
            json(r#"[{"n":"/lwm2m/3/0/0","vs":"a"}]"#),
        ),
        response(
            "cbor-empty-map",
            Should,
            map("a1 83 03 00 09 07"),
            map("a0"),
        )
        .version(Version::V1_2),
        response(
            "value-form",
            Should,
            sound(),
            read("/5/0/0", 110, br#"[{"n":"/5/0/0","vd":"+/8="}]"#),
        ),
    ]
}

/// What the tolerances of the TS excuse, what another version defines, and what was not seen as a whole.
#[test]
fn the_referee_is_silent_where_it_cannot_be_sure() {
    let scripts = [
        // a format nobody knows: no word about its content
        read("/3/0/9", 0, b""),
        // an Object without definition
        read("/33000/0/1", 11542, &hex("c3 01 00 00 07")),
        // values whose Object the client has in a version that is not known
        {
            let register = con(Code::POST, 9, 0xb1)
                .path("/rd")
                .query("ep=a")
                .query("lt=60")
                .query("lwm2m=1.1")
                .format(40);
            let mut script = vec![from_client(
                0,
                register.payload(b"</1/0>,</3>;ver=7.0,</3/0>"),
            )];
            script.extend(read("/3/0/9", 11542, &hex("c3 09 00 00 07")));
            script
        },
        // the last block of a body, of which the others came before the capture
        vec![
            from_server(0, con(Code::GET, 1, 0xa1).path("/3/0").option(23, &[0x12])),
            from_client(
                1,
                content(ack(Code::CONTENT, 1, 0xa1), 11542, &hex("ff ff")).option(23, &[0x12]),
            ),
        ],
        // a resource of the client that is none of LwM2M
        read("/time", 0, b"12:00"),
        // Create may leave the instance to the client
        vec![from_server(
            0,
            content(con(Code::POST, 1, 0xa1).path("/2"), 11542, &hex("c1 00 03")),
        )],
    ];
    for script in scripts {
        let found: Vec<String> = findings(&script)
            .into_iter()
            .map(|finding| finding.message)
            .collect();
        assert_eq!(found, Vec::<String>::new());
    }
}

#[test]
fn many_breaches_of_one_rule_are_one_finding() {
    let found = findings(&read(
        "/3/0",
        11542,
        &hex("c8 09 01 07 c8 0a 01 07 c8 0b 01 07"),
    ));
    let forms: Vec<&Finding> = found
        .iter()
        .filter(|finding| finding.rule == "tlv-shortest-form")
        .collect();
    assert_eq!(forms.len(), 1);
    assert!(
        forms[0].message.ends_with("and 2 more of this kind"),
        "{}",
        forms[0].message
    );
}
