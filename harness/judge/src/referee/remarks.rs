//! Which rule a codec's remark belongs to, and how binding it is there.
//!
//! The codecs tell what stands in the payload; here the tolerances of the TS are weighed (ambiguities AMB-24, TOL-54 and others).

use coap::ContentFormat;
use lwm2m::codec::{CodecRemark, RemarkKind};
use lwm2m::{Node, Operation, Type, Value};
use testcase::Role;

use super::Level::{self, Must, Should};
use super::Rule;
use super::rules::{
    BOOTSTRAP_NAME, DUPLICATE_PATH, EMPTY_MAP, LINK_TARGET, NAME_PREFIX, RESOURCE_INSTANCES,
    SENML_LABEL, SENML_RECORD, TLV_FORM, TLV_NEEDLESS_WRAPPER, TLV_NESTING, TLV_WRAPPER,
    VALUE_FOR_EXECUTABLE, VALUE_FORM, VALUE_PATH, VALUE_TYPE,
};

/// Where a remark was made.
pub(super) struct Context<'a> {
    /// Content-Format.
    pub(super) format: ContentFormat,
    /// The operation that carries the payload; `None` for an answer or a notification.
    pub(super) operation: Option<&'a Operation>,
    /// The alternate path that the client announced.
    pub(super) prefix: &'a str,
    /// Who sent it, if it belongs to a bootstrap.
    pub(super) bootstrap: Option<Role>,
    /// The values that were read.
    pub(super) nodes: &'a [Node],
}

/// The rule behind a remark and its level here; `None` if there is nothing to say.
pub(super) fn judge(remark: &CodecRemark, context: &Context<'_>) -> Option<(Rule, Level)> {
    let asks = context.operation;
    let (rule, level) = match &remark.kind {
        RemarkKind::LengthNotShortest | RemarkKind::IdentifierNotShortest => (TLV_FORM, Should),
        RemarkKind::WrapperMissing if matches!(asks, Some(Operation::Create(_))) => return None,
        RemarkKind::WrapperMissing => (TLV_WRAPPER, Must),
        RemarkKind::NeedlessWrapper => (TLV_NEEDLESS_WRAPPER, Should),
        RemarkKind::Nesting => (TLV_NESTING, Must),
        RemarkKind::Size { .. }
        | RemarkKind::BooleanValue
        | RemarkKind::NotUtf8
        | RemarkKind::Range(_) => (VALUE_TYPE, Must),
        RemarkKind::TypeMismatch { found, wanted } => {
            (VALUE_TYPE, mismatch(remark, context, *found, *wanted))
        }
        RemarkKind::FloatForInteger => (VALUE_TYPE, float_for_integer(context.format)),
        RemarkKind::NumberForm | RemarkKind::Base64Form | RemarkKind::NullLinkForm => {
            (VALUE_FORM, Should)
        }
        RemarkKind::ValueForExecutable => (VALUE_FOR_EXECUTABLE, Should),
        RemarkKind::InstanceMissing => (RESOURCE_INSTANCES, instance_missing(context.format)),
        RemarkKind::InstanceOfSingle => (RESOURCE_INSTANCES, Must),
        RemarkKind::OutsideBase if context.format == ContentFormat::LWM2M_JSON => {
            (VALUE_PATH, Should)
        }
        RemarkKind::ValueLevel | RemarkKind::OutsideBase => (VALUE_PATH, Must),
        RemarkKind::TrailingSlash | RemarkKind::NoLeadingSlash => (VALUE_PATH, Should),
        RemarkKind::DuplicatePath => (DUPLICATE_PATH, Should),
        // an instance without values has no record of its own
        RemarkKind::ValueMissing if asks.is_some() => (SENML_RECORD, Should),
        RemarkKind::ValueMissing | RemarkKind::SeveralValues => (SENML_RECORD, Must),
        RemarkKind::ValueInPathList => (SENML_RECORD, value_in_paths(context.format)),
        RemarkKind::TextLabel(_) => (SENML_LABEL, Must),
        RemarkKind::UnknownLabel(_) | RemarkKind::IndefiniteString => (SENML_LABEL, Should),
        RemarkKind::NamePrefix(_) if context.bootstrap == Some(Role::BootstrapServer) => {
            (BOOTSTRAP_NAME, Must)
        }
        RemarkKind::NamePrefix(_) if context.bootstrap.is_some() => (BOOTSTRAP_NAME, Should),
        RemarkKind::NamePrefix(prefix) if prefix == context.prefix => return None,
        RemarkKind::NamePrefix(_) => (NAME_PREFIX, Should),
        RemarkKind::EmptyMap => (EMPTY_MAP, Should),
        RemarkKind::LinkTarget(_) => (LINK_TARGET, Should),
    };
    Some((rule, level))
}

/// A value of another type; forms that everybody reads alike are remarks.
fn mismatch(remark: &CodecRemark, context: &Context<'_>, found: Type, wanted: Type) -> Level {
    let text = context.nodes.iter().find_map(|node| match &node.value {
        Value::String(text) if node.path == remark.path => Some(text.as_str()),
        _ => None,
    });
    let lax = match (found, wanted) {
        // 7.0 (TOL-54)
        (Type::String, Type::Integer | Type::UnsignedInteger | Type::Time) => {
            context.format == ContentFormat::TEXT && text.is_some_and(is_whole)
        }
        (Type::Integer | Type::UnsignedInteger, Type::Float) => true,
        _ => false,
    };
    if lax { Should } else { Must }
}

fn is_whole(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|number| number.fract() == 0.0)
}

/// CBOR tells integers from floats (Appendix C); JSON has numbers only, and SenML leaves it open (RFC 8428, 6).
const fn float_for_integer(format: ContentFormat) -> Level {
    match format {
        ContentFormat::CBOR | ContentFormat::LWM2M_CBOR => Must,
        _ => Should,
    }
}

/// A format of a single value cannot name an instance.
const fn instance_missing(format: ContentFormat) -> Level {
    match format {
        ContentFormat::TEXT
        | ContentFormat::OPAQUE
        | ContentFormat::CBOR
        | ContentFormat::LWM2M_JSON => Should,
        _ => Must,
    }
}

/// Only RFC 8790 forbids values in a list of paths.
const fn value_in_paths(format: ContentFormat) -> Level {
    match format {
        ContentFormat::SENML_ETCH_JSON | ContentFormat::SENML_ETCH_CBOR => Must,
        _ => Should,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels never exceed those of the codec, and every must has the rule of a must.
    #[test]
    fn no_remark_is_harder_than_its_rule() {
        let path = "/3/0/0".parse().unwrap();
        let kinds = [
            RemarkKind::LengthNotShortest,
            RemarkKind::WrapperMissing,
            RemarkKind::Nesting,
            RemarkKind::BooleanValue,
            RemarkKind::NumberForm,
            RemarkKind::InstanceMissing,
            RemarkKind::FloatForInteger,
            RemarkKind::ValueMissing,
            RemarkKind::TextLabel("n".to_owned()),
            RemarkKind::EmptyMap,
            RemarkKind::LinkTarget("x".to_owned()),
        ];
        for (format, _) in ContentFormat::NAMED {
            let context = Context {
                format: *format,
                operation: None,
                prefix: "",
                bootstrap: None,
                nodes: &[],
            };
            for kind in &kinds {
                let remark = CodecRemark {
                    kind: kind.clone(),
                    offset: 0,
                    path,
                };
                let (rule, level) = judge(&remark, &context).unwrap();
                assert!(level <= rule.level, "{}", rule.name);
                if remark.level() == lwm2m::codec::Level::Should {
                    assert_eq!(level, Should, "{}", rule.name);
                }
            }
        }
    }

    #[test]
    fn tolerated_forms_of_values_are_remarks() {
        let path = "/3/0/22".parse().unwrap();
        for (format, text, wanted, level) in [
            (ContentFormat::SENML_JSON, "66;0", Type::ObjectLink, Must),
            (ContentFormat::TEXT, "7.0", Type::Integer, Should),
            (ContentFormat::TEXT, "7.5", Type::Integer, Must),
            (ContentFormat::SENML_JSON, "7.0", Type::Integer, Must),
        ] {
            let nodes = [Node::new(path, Value::String(text.to_owned()))];
            let context = Context {
                format,
                operation: None,
                prefix: "",
                bootstrap: None,
                nodes: &nodes,
            };
            let kind = RemarkKind::TypeMismatch {
                found: Type::String,
                wanted,
            };
            let remark = CodecRemark {
                kind,
                offset: 0,
                path,
            };
            assert_eq!(
                judge(&remark, &context),
                Some((VALUE_TYPE, level)),
                "{text}"
            );
        }
    }
}
