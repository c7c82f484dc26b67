//! The shape of a message below its words: type, header fields, options, blocks.

use coap::Code;
use testcase::{CoapName, Line, Matcher};

use super::Play;
use super::active::{Active, Failure};
use super::compare::{CODE, shape_discord};
use crate::actual::Actual;
use crate::event::Event;
use crate::pattern::{self, Discord};

impl Play {
    /// Type, raw options and blocks of a message.
    pub(super) fn judge_shape(
        &mut self,
        active: &mut Active,
        line: &Line,
        index: usize,
    ) -> Result<(), Box<Failure>> {
        let Some(event) = self.transfer.event(index) else {
            return Ok(());
        };
        let mut found: Option<Discord> = None;
        if let Some(matcher) = line
            .protection
            .as_ref()
            .filter(|_| self.setting.tested(line.seat))
        {
            let view = self.view(&active.own, false);
            let actual = view.fields.field(index, "protection");
            found = pattern::compare("protection", matcher, &actual, &view).err();
        }
        let Some(message) = &event.message else {
            return match found {
                Some(discord) => Err(self.contradiction(active, line, index, discord)),
                None => Ok(()),
            };
        };
        let stream = self
            .transfer
            .datagram(event.frame())
            .is_some_and(|datagram| datagram.via.stream);
        if let Some(kind) = line.kind
            && found.is_none()
            && !stream
            && kind != message.kind
            && self.setting.tested(line.seat)
        {
            found = Some(shape_discord(
                line,
                "type",
                kind.to_string(),
                message.kind.to_string(),
            ));
        }
        for one in &line.coap {
            if found.is_some() || !self.setting.tested(line.seat) {
                break;
            }
            let (subject, actual) = self.raw(event, message, one);
            let view = self.view(&active.own, false);
            found = pattern::compare(&subject, &one.matcher, &actual, &view).err();
        }
        if let Some(blocks) = &line.blocks
            && found.is_none()
        {
            let count = event.blocks.map_or(1, |cut| cut.count);
            let size = event.blocks.map(|cut| cut.size);
            if let Some(wanted) = &blocks.size
                && self.setting.tested(line.seat)
                && size != Some(wanted.value)
            {
                let actual = size.map_or_else(|| "not cut".to_owned(), |size| size.to_string());
                let wanted = wanted.value.to_string();
                found = Some(shape_discord(line, "block size", wanted, actual));
            }
            if blocks
                .at_least
                .as_ref()
                .is_some_and(|least| count < least.value)
            {
                let least = blocks.at_least.as_ref().map_or(0, |least| least.value);
                found = Some(shape_discord(
                    line,
                    "blocks",
                    format!("at least {least}"),
                    count.to_string(),
                ));
            }
        }
        found.map_or(Ok(()), |discord| {
            Err(self.contradiction(active, line, index, discord))
        })
    }

    /// A raw header field or option, with its name.
    pub(super) fn raw(
        &self,
        event: &Event,
        message: &coap::Message,
        one: &testcase::CoapField,
    ) -> (String, Actual) {
        let (name, matcher) = (one.name.value, &one.matcher);
        let reading = self
            .transfer
            .datagram(event.frame())
            .map(|one| &one.reading);
        let header = |of: fn(&coap::Reading) -> u8| {
            reading.map_or(Actual::Absent, |reading| Actual::integer(of(reading)))
        };
        match name {
            CoapName::Version => ("version".to_owned(), header(|reading| reading.version)),
            CoapName::TokenLength => {
                let length = header(|reading| reading.token_length);
                ("token length".to_owned(), length)
            }
            CoapName::Code => (CODE.to_owned(), code_number(message.code)),
            CoapName::MessageId => ("Message ID".to_owned(), Actual::integer(message.id.0)),
            CoapName::Token => {
                let token = lwm2m::Value::Opaque(message.token.0.clone());
                ("token".to_owned(), Actual::Value(token))
            }
            CoapName::Option(number) => {
                let actual = option_content(message, number, matcher);
                (format!("option {number}"), actual)
            }
        }
    }
}

/// The values of an option, as bytes if the matcher is written in bytes.
pub(crate) fn option_content(message: &coap::Message, number: u16, matcher: &Matcher) -> Actual {
    let scalar = crate::template::own_value(matcher).map(|scalar| &scalar.kind);
    let raw = matches!(scalar, Some(testcase::ScalarKind::Bytes(_)));
    let values: Vec<lwm2m::Value> = message
        .option_values(number)
        .map(|bytes| match raw {
            true => lwm2m::Value::Opaque(bytes.to_vec()),
            false => option_value(number, bytes),
        })
        .collect();
    match values.as_slice() {
        [] => Actual::Absent,
        [only] => Actual::Value(only.clone()),
        _ => Actual::List(values),
    }
}

/// An option's value as its registration says; a number, as far as it can be one, if nobody registered it.
fn option_value(number: u16, bytes: &[u8]) -> lwm2m::Value {
    let format = coap::option::definition(number).map(|found| found.format);
    let text = || String::from_utf8(bytes.to_vec()).ok();
    match format {
        Some(coap::option::Format::String) => text().map_or_else(
            || lwm2m::Value::Opaque(bytes.to_vec()),
            lwm2m::Value::String,
        ),
        Some(coap::option::Format::Uint) | None if bytes.len() < 8 => {
            let number = bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | i64::from(*byte));
            lwm2m::Value::Integer(number)
        }
        _ => lwm2m::Value::Opaque(bytes.to_vec()),
    }
}

/// A code as cases write it: `2.05`.
fn code_number(code: Code) -> Actual {
    Actual::text(format!("{}.{:02}", code.class(), code.0 & 0x1f))
}
