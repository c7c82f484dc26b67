//! SenML names as paths (RFC 8428, 4.5.1; Core TS, 7.5.6): base name and name read as one text, without joining them.

use super::RemarkKind;
use crate::Path;

/// A name of which a first part was read.
#[derive(Clone, Copy)]
pub(super) struct Name {
    path: Path,
    segment: u32,
    digits: u8,
    begun: bool,
    slash: bool,
}

impl Name {
    /// Nothing read so far.
    pub(super) const EMPTY: Self = Self {
        path: Path::ROOT,
        segment: 0,
        digits: 0,
        begun: false,
        slash: false,
    };

    /// Reads another part; `None` if the text is no path of identifiers.
    #[inline]
    pub(super) fn feed(mut self, text: &str) -> Option<Self> {
        for byte in text.bytes() {
            match byte {
                b'/' if !self.begun => self.slash = true,
                b'/' => self = self.close()?,
                b'0'..=b'9' => {
                    if self.digits > 0 && self.segment == 0 {
                        return None;
                    }
                    self.segment = self.segment * 10 + u32::from(byte - b'0');
                    self.digits += 1;
                    if self.segment > u32::from(u16::MAX) {
                        return None;
                    }
                }
                _ => return None,
            }
            self.begun = true;
        }
        Some(self)
    }

    /// The path of the whole name, and what is to be said about its form; `None` if it is empty or too deep.
    #[inline]
    pub(super) fn finish(self) -> Option<(Path, Option<RemarkKind>)> {
        if !self.begun {
            return None;
        }
        if !self.slash {
            return Some((self.close()?.path, Some(RemarkKind::NoLeadingSlash)));
        }
        if self.digits > 0 {
            return Some((self.close()?.path, None));
        }
        let trailing = self.path.depth() > 0;
        Some((self.path, trailing.then_some(RemarkKind::TrailingSlash)))
    }

    fn close(mut self) -> Option<Self> {
        if self.digits == 0 {
            return None;
        }
        self.path = self.path.child(u16::try_from(self.segment).ok()?)?;
        (self.segment, self.digits) = (0, 0);
        Some(self)
    }
}

/// The path at the end of a name that begins with other segments: an alternate path or a gateway's prefix.
pub(super) fn parse_prefixed(text: &str) -> Option<(Path, RemarkKind)> {
    let bare = text.strip_prefix('/').unwrap_or(text);
    let prefix_length = bare
        .split('/')
        .take_while(|segment| {
            !segment.is_empty() && !segment.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|segment| segment.len() + 1)
        .sum::<usize>();
    let prefix = bare
        .get(..prefix_length.min(bare.len()))?
        .trim_end_matches('/');
    if prefix.is_empty() {
        return None;
    }
    let rest = bare.get(prefix.len()..)?;
    let path = if rest.is_empty() {
        Path::ROOT
    } else {
        Name::EMPTY.feed(rest)?.finish()?.0
    };
    Some((path, RemarkKind::NamePrefix(prefix.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_name_and_name_join_to_a_path() {
        for (base, name, path, remark) in [
            ("/3/0/", "0", "/3/0/0", None),
            ("/3/0", "/0", "/3/0/0", None),
            ("/3/0/1", "1", "/3/0/11", None),
            ("", "/3", "/3", None),
            ("/", "", "/", None),
            ("/", "1/0/2", "/1/0/2", None),
            (
                "/16/0/0/",
                "3/",
                "/16/0/0/3",
                Some(RemarkKind::TrailingSlash),
            ),
            ("3/0/", "1", "/3/0/1", Some(RemarkKind::NoLeadingSlash)),
        ] {
            let found = Name::EMPTY
                .feed(base)
                .and_then(|read| read.feed(name))
                .and_then(Name::finish);
            assert_eq!(found, Some((path.parse().unwrap(), remark)), "{base}{name}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for name in ["", "/3//0", "/03", "/65536", "/1/2/3/4/5", "/3/x", "//"] {
            let found = Name::EMPTY.feed(name).and_then(Name::finish);
            assert_eq!(found, None, "{name}");
        }
    }

    #[test]
    fn other_segments_in_front_are_told() {
        for (name, path, prefix) in [
            ("/lwm2m/3/0", "/3/0", "lwm2m"),
            ("/d01/a/3", "/3", "d01/a"),
            ("/lwm2m", "/", "lwm2m"),
        ] {
            let wanted = (
                path.parse().unwrap(),
                RemarkKind::NamePrefix(prefix.to_owned()),
            );
            assert_eq!(parse_prefixed(name), Some(wanted), "{name}");
        }
        for name in ["", "/", "/3/x", "/lwm2m/x3/y/3x", "/lwm2m/3x"] {
            assert!(
                parse_prefixed(name).is_none_or(|(path, _)| path == Path::ROOT),
                "{name}"
            );
        }
    }
}
