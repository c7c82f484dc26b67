//! Links to Objects and Object Instances: the payload of Register and Update, and of the two Discovers (Core TS, 6.2.1, 6.3.2).
//!
//! Link format itself is in [`coap::Links`]. What may be registered is not judged here.

use std::fmt;

use coap::{Attribute, ContentFormat, Link, LinkFormatError, LinkViolation, Links};

use crate::{Path, PathError};

/// The links of one payload.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ObjectList {
    /// The link to the root, if there is one: `</>;rt="oma.lwm2m";ct=11542`.
    pub root: Option<Link>,
    /// Attributes without a link at the start, as 1.0 begins the answer to a Bootstrap-Discover.
    pub preamble: Vec<Attribute>,
    /// Links to paths of the data model, in the order of the wire.
    pub links: Vec<ObjectLink>,
    /// Links whose target is no path of the data model.
    pub foreign: Vec<Link>,
    /// Rules of link format that were not kept.
    pub violations: Vec<LinkViolation>,
}

/// A link to an Object, an Object Instance, or in a Discover to a Resource or its instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLink {
    /// Target, without alternate path.
    pub path: Path,
    /// Attributes in the order of the wire.
    pub attributes: Vec<Attribute>,
    /// Offset of the link in the payload.
    pub offset: usize,
}

impl ObjectList {
    /// Reads a payload of links.
    pub fn parse(payload: &[u8]) -> Result<Self, LinkFormatError> {
        let Links {
            preamble,
            links,
            violations,
        } = Links::parse_with_preamble(payload)?;
        let mut list = Self {
            preamble,
            violations,
            ..Self::default()
        };
        let root = links.iter().position(is_root);
        let prefix = root
            .and_then(|index| links.get(index))
            .map(|link| link.target.trim_end_matches('/').to_owned())
            .unwrap_or_default();
        for (index, link) in links.into_iter().enumerate() {
            if Some(index) == root {
                list.root = Some(link);
                continue;
            }
            match target_path(&link.target, &prefix) {
                Ok(path) => list.links.push(ObjectLink {
                    path,
                    attributes: link.attributes,
                    offset: link.offset,
                }),
                Err(_) => list.foreign.push(link),
            }
        }
        Ok(list)
    }

    /// A list of plain links to `paths`.
    pub fn of_paths(paths: &[Path]) -> Self {
        Self {
            links: paths.iter().copied().map(ObjectLink::new).collect(),
            ..Self::default()
        }
    }

    /// The alternate path, without slash at its end; empty if the Objects stand at the root (Transport TS, 6.4.1).
    pub fn alternate_path(&self) -> &str {
        let target = self.root.as_ref().map_or("", |root| root.target.as_str());
        target.trim_end_matches('/')
    }

    /// The content formats that the root link offers: `ct=110` or `ct="110 112"`.
    ///
    /// A repeated `ct` is a violation of link format, and each of them is told here.
    pub fn content_formats(&self) -> Vec<ContentFormat> {
        let attributes = self.root.iter().flat_map(|root| &root.attributes);
        attributes
            .filter(|attribute| attribute.name == "ct")
            .filter_map(|attribute| attribute.value.as_deref())
            .flat_map(str::split_ascii_whitespace)
            .filter_map(|number| number.parse().ok())
            .map(ContentFormat)
            .collect()
    }

    /// The enabler version of the answer to a Bootstrap-Discover: `lwm2m="1.1"`, on the root link or before all links.
    pub fn enabler_version(&self) -> Option<&str> {
        let on_root = self.root.iter().flat_map(|root| &root.attributes);
        self.preamble
            .iter()
            .chain(on_root)
            .find(|attribute| attribute.name == "lwm2m")
            .and_then(|attribute| attribute.value.as_deref())
    }

    /// The link to `path`.
    pub fn link(&self, path: &Path) -> Option<&ObjectLink> {
        self.links.iter().find(|link| link.path == *path)
    }

    /// The paths, in the order of the wire.
    pub fn paths(&self) -> impl Iterator<Item = Path> + '_ {
        self.links.iter().map(|link| link.path)
    }

    /// The instances of Object `object`, in the order of the wire.
    pub fn instances(&self, object: u16) -> impl Iterator<Item = u16> + '_ {
        self.paths()
            .filter(move |path| path.object() == Some(object) && path.depth() == 2)
            .filter_map(|path| path.instance())
    }

    /// Whether Object `object` stands here, with or without instances.
    pub fn has_object(&self, object: u16) -> bool {
        self.paths().any(|path| path.object() == Some(object))
    }

    /// The version of Object `object`, from the link to the Object; `None` if it is not stated.
    pub fn object_version(&self, object: u16) -> Option<&str> {
        self.links
            .iter()
            .filter(|link| link.path.object() == Some(object))
            .find_map(|link| link.value("ver"))
    }

    /// The same links as link format: root first, then the paths below it, then the others.
    pub fn to_links(&self) -> Links {
        let prefix = self.alternate_path();
        let paths = self.links.iter().map(|link| Link {
            target: format!("{prefix}{}", link.path),
            attributes: link.attributes.clone(),
            offset: link.offset,
        });
        Links {
            preamble: self.preamble.clone(),
            links: self
                .root
                .iter()
                .cloned()
                .chain(paths)
                .chain(self.foreign.iter().cloned())
                .collect(),
            violations: Vec::new(),
        }
    }

    /// The payload of these links.
    pub fn to_payload(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl ObjectLink {
    /// A link without attributes.
    pub const fn new(path: Path) -> Self {
        Self {
            path,
            attributes: Vec::new(),
            offset: 0,
        }
    }

    /// Appends an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.attributes.push(Attribute::new(name, value));
        self
    }

    /// The value of the first attribute called `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .and_then(|attribute| attribute.value.as_deref())
    }
}

/// Link format text.
impl fmt::Display for ObjectList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_links().fmt(f)
    }
}

/// Whether a link is to the root: its target is `/`, or it says so.
fn is_root(link: &Link) -> bool {
    let types = link.value("rt").unwrap_or_default();
    link.target == "/" || types.split(' ').any(|word| word == ROOT_TYPE)
}

/// The path of a target; what does not stand below the alternate path is taken as it is.
fn target_path(target: &str, prefix: &str) -> Result<Path, PathError> {
    let below = target
        .strip_prefix(prefix)
        .filter(|rest| rest.starts_with('/'));
    below.unwrap_or(target).parse()
}

/// Resource type of the root link (Transport TS, 6.4.1).
const ROOT_TYPE: &str = "oma.lwm2m";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registration_is_read_and_written_back() {
        let text = "</lwm2m>;rt=\"oma.lwm2m\";ct=\"110 112\",</lwm2m/1>;ver=1.1,</lwm2m/1/0>,</lwm2m/3/0>,</other>";
        let list = ObjectList::parse(text.as_bytes()).unwrap();
        assert_eq!(list.alternate_path(), "/lwm2m");
        let formats = [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR];
        assert_eq!(list.content_formats(), formats);
        let paths: Vec<String> = list.paths().map(|path| path.to_string()).collect();
        assert_eq!(paths, ["/1", "/1/0", "/3/0"]);
        assert_eq!(list.object_version(1), Some("1.1"));
        assert_eq!(list.instances(1).collect::<Vec<u16>>(), [0]);
        assert!(list.has_object(3) && !list.has_object(5));
        assert_eq!(list.foreign.len(), 1);
        assert_eq!(list.to_string(), text);
    }

    #[test]
    fn bootstrap_discover_tells_its_version_in_two_forms() {
        for text in [
            "lwm2m=\"1.0\",</0/0>;ssid=101",
            "</>;lwm2m=1.0,</0/0>;ssid=101",
        ] {
            let list = ObjectList::parse(text.as_bytes()).unwrap();
            assert_eq!(list.enabler_version(), Some("1.0"), "{text}");
            let path = "/0/0".parse().unwrap();
            assert_eq!(
                list.link(&path).and_then(|link| link.value("ssid")),
                Some("101")
            );
            assert_eq!(list.to_string(), text);
        }
    }

    #[test]
    fn plain_lists_are_built() {
        let paths: Vec<Path> = ["/1/0", "/3/0"].map(|path| path.parse().unwrap()).into();
        let mut list = ObjectList::of_paths(&paths);
        list.links
            .push(ObjectLink::new("/5".parse().unwrap()).with("ver", "1.1"));
        assert_eq!(list.to_payload(), b"</1/0>,</3/0>,</5>;ver=1.1");
    }
}
