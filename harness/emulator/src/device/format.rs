//! Which Content-Format an answer takes (Core TS, 7.5; Transport TS, 6.4): Accept, else the client's own choice.

use coap::{Code, ContentFormat};
use lwm2m::{Node, Path, Type, Types, Value, Version};

use super::reply::{Refusal, Reply};

/// The formats that a client can read and write, preferred ones first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Formats(pub(crate) Vec<ContentFormat>);

impl Formats {
    /// All formats of a version that have a codec; the conforming choice for several values comes first.
    pub(crate) fn of_version(version: Version) -> Self {
        let formats: &[ContentFormat] = match version {
            Version::V1_0 => &[
                ContentFormat::TLV,
                ContentFormat::LWM2M_JSON,
                ContentFormat::TEXT,
                ContentFormat::OPAQUE,
            ],
            Version::V1_1 => &[
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
                ContentFormat::TLV,
                ContentFormat::TEXT,
                ContentFormat::OPAQUE,
                ContentFormat::CBOR,
            ],
            Version::V1_2 => &[
                ContentFormat::SENML_JSON,
                ContentFormat::SENML_CBOR,
                ContentFormat::LWM2M_CBOR,
                ContentFormat::TLV,
                ContentFormat::TEXT,
                ContentFormat::OPAQUE,
                ContentFormat::CBOR,
                ContentFormat::SENML_ETCH_JSON,
                ContentFormat::SENML_ETCH_CBOR,
            ],
        };
        Self(formats.to_vec())
    }

    /// Whether `format` is one of them.
    pub(crate) fn contains(&self, format: ContentFormat) -> bool {
        self.0.contains(&format)
    }

    /// The first that can carry several values.
    pub(crate) fn hierarchical(&self) -> ContentFormat {
        let first = self.0.iter().find(|format| is_hierarchical(**format));
        first.copied().unwrap_or(ContentFormat::TLV)
    }

    /// The first that a composite operation may use.
    pub(crate) fn composite(&self) -> Option<ContentFormat> {
        let senml = |format: &&ContentFormat| SENML.contains(*format);
        self.0.iter().find(senml).copied()
    }

    /// 2.05 with `nodes`, in the accepted format or in the client's own choice; 4.06 if that cannot be.
    pub(crate) fn content(
        &self,
        nodes: &[Node],
        base: Path,
        accept: Option<ContentFormat>,
        types: &dyn Types,
    ) -> Result<Reply, Refusal> {
        if let Some(format) = accept {
            let known = self.contains(format) && !is_etch(format);
            let payload = known
                .then(|| encode_nodes(format, nodes, base, types))
                .flatten();
            return payload
                .map(|payload| Reply::content(format, payload))
                .ok_or(Code::NOT_ACCEPTABLE);
        }
        [self.natural(nodes, base), self.hierarchical()]
            .into_iter()
            .find_map(|format| {
                Some(Reply::content(
                    format,
                    encode_nodes(format, nodes, base, types)?,
                ))
            })
            .ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    /// Text or opaque for a single value, else a format that carries several.
    fn natural(&self, nodes: &[Node], base: Path) -> ContentFormat {
        let single = match nodes {
            [node] if node.path == base && node.value != Value::Nothing => node.value.value_type(),
            _ => return self.hierarchical(),
        };
        let format = match single {
            Type::Opaque | Type::None => ContentFormat::OPAQUE,
            _ => ContentFormat::TEXT,
        };
        if self.contains(format) {
            format
        } else {
            self.hierarchical()
        }
    }
}

/// The payload of `nodes` below `base`, if the format can carry them.
pub(crate) fn encode_nodes(
    format: ContentFormat,
    nodes: &[Node],
    base: Path,
    types: &dyn Types,
) -> Option<Vec<u8>> {
    lwm2m::codec::encode(format, nodes, &base, types).ok()
}

/// Whether `format` can carry more than one value.
pub(crate) fn is_hierarchical(format: ContentFormat) -> bool {
    HIERARCHICAL.contains(&format)
}

/// Whether `format` is one of the two SenML-ETCH formats.
pub(crate) fn is_etch(format: ContentFormat) -> bool {
    matches!(
        format,
        ContentFormat::SENML_ETCH_JSON | ContentFormat::SENML_ETCH_CBOR
    )
}

const SENML: [ContentFormat; 3] = [
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
];

const HIERARCHICAL: [ContentFormat; 5] = [
    ContentFormat::SENML_JSON,
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
    ContentFormat::TLV,
    ContentFormat::LWM2M_JSON,
];
