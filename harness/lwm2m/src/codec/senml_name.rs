//! SenML names as paths (RFC 8428, 4.5.1; Core TS, 7.5.6): base name and name read as one text, without joining them.

use super::RemarkKind;
use crate::Path;

/// A name of which a first part was read.
///
/// The identifiers stand in one number, so that a name is read without touching memory.
#[derive(Clone, Copy)]
pub(super) struct Name {
    packed: u64,
    depth: u32,
    segment: u32,
    digits: u32,
    begun: bool,
    slash: bool,
}

impl Name {
    /// Nothing read so far.
    pub(super) const EMPTY: Self = Self {
        packed: 0,
        depth: 0,
        segment: 0,
        digits: 0,
        begun: false,
        slash: false,
    };

    /// Reads another part; `None` if the text is no path of identifiers.
    #[inline(always)]
    pub(super) fn feed(mut self, text: &str) -> Option<Self> {
        for byte in text.bytes() {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            if digit < 10 {
                if self.digits > 0 && self.segment == 0 {
                    return None;
                }
                self.segment = self.segment * 10 + digit;
                self.digits += 1;
                if self.segment > u32::from(u16::MAX) {
                    return None;
                }
            } else if byte != b'/' {
                return None;
            } else if self.begun {
                self = self.close()?;
            } else {
                self.slash = true;
            }
            self.begun = true;
        }
        Some(self)
    }

    /// The path of the whole name, if it is one and written as it should be.
    #[inline(always)]
    pub(super) fn finish_plain(self) -> Option<Path> {
        if !self.slash {
            return None;
        }
        Some(self.close()?.path())
    }

    /// The path of the whole name, and what is to be said about its form; `None` if it is empty or too deep.
    pub(super) fn finish(self) -> Option<(Path, Option<RemarkKind>)> {
        if !self.begun {
            return None;
        }
        if !self.slash {
            return Some((self.close()?.path(), Some(RemarkKind::NoLeadingSlash)));
        }
        if self.digits > 0 {
            return Some((self.close()?.path(), None));
        }
        let trailing = self.depth > 0;
        Some((self.path(), trailing.then_some(RemarkKind::TrailingSlash)))
    }

    #[inline(always)]
    const fn close(mut self) -> Option<Self> {
        if self.digits == 0 || self.depth >= 4 {
            return None;
        }
        self.packed |= (self.segment as u64) << (48 - 16 * self.depth);
        self.depth += 1;
        self.segment = 0;
        self.digits = 0;
        Some(self)
    }

    #[inline(always)]
    const fn path(self) -> Path {
        Path::unpacked(self.packed, self.depth as u16)
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
