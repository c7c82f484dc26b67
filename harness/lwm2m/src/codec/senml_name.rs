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
    pub(super) fn feed(self, text: &str) -> Option<Self> {
        self.feed_bytes(text.as_bytes())
    }

    /// Reads another part as bytes; those that are not ASCII are no path either.
    #[inline(always)]
    pub(super) fn feed_bytes(mut self, text: &[u8]) -> Option<Self> {
        for &byte in text {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            if digit < 10 {
                // An identifier has at most five digits, and no zero in front of others.
                if self.digits >= 5 || self.digits > 0 && self.segment == 0 {
                    return None;
                }
                self.segment = self.segment * 10 + digit;
                self.digits += 1;
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
        if self.digits == 0 || self.depth >= 4 || self.segment > u16::MAX as u32 {
            return None;
        }
        self.packed |= (self.segment as u64) << (16 * self.depth);
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

/// The beginning of a name, up to the slash behind an Object Instance, which the names of its Resources share.
#[derive(Clone, Copy)]
pub(super) struct Stem {
    /// Its bytes, the first one lowest; other bits are 0.
    bytes: u64,
    mask: u64,
    length: usize,
    /// The Object Instance, and [`Path::order`] of it.
    path: Path,
    order: u64,
}

/// A path in the form that is copied fastest.
#[derive(Clone, Copy)]
pub(super) struct Place {
    packed: u64,
    order: u64,
    depth: u16,
}

impl Place {
    pub(super) const fn of(path: Path) -> Self {
        Self {
            packed: path.packed(),
            order: path.order(),
            depth: path.depth() as u16,
        }
    }

    #[inline(always)]
    pub(super) const fn path(self) -> Path {
        Path::unpacked(self.packed, self.depth)
    }

    /// [`Path::order`].
    #[inline(always)]
    pub(super) const fn order(self) -> u64 {
        self.order
    }
}

impl Stem {
    /// The stem of no name.
    pub(super) const NONE: Self = Self {
        bytes: u64::MAX,
        mask: 0,
        length: 0,
        path: Path::ROOT,
        order: 0,
    };

    /// The stem of a name that was read behind a base name and lies at or below an Object Instance.
    ///
    /// [`Stem::NONE`] if it is longer than seven bytes, or the base name names more. `word` holds the first eight bytes of the name
    /// and what stands behind it, the first one lowest.
    #[inline(never)]
    pub(super) fn of(base: Name, name: &[u8], word: u64, instance: Path) -> Self {
        // A slash stands behind each identifier that the base name does not have, and in front of all.
        let slashes = 2_u32.saturating_sub(base.depth) + u32::from(!base.begun);
        let length = match slashes {
            0 if (base.depth, base.digits) == (2, 0) => Some(0),
            0 => None,
            _ => end_of_slash(name, slashes),
        };
        let Some(length) = length else {
            return Self::NONE;
        };
        let mask = (1 << (8 * length)) - 1;
        Self {
            bytes: word & mask,
            mask,
            length,
            path: instance,
            order: instance.order(),
        }
    }

    /// The Object Instance of this stem.
    pub(super) const fn path(&self) -> Path {
        self.path
    }

    /// The path of a name that begins with this stem and goes on with one or two identifiers of at most two digits.
    #[inline(always)]
    pub(super) fn place(&self, name: &[u8], word: u64) -> Option<Place> {
        if word & self.mask != self.bytes {
            return None;
        }
        let (resource, instance) = match *name.get(self.length..)? {
            [a] => (digits([b'0', a])?, None),
            [a, b] if a != b'0' => (digits([a, b])?, None),
            [a, b'/', c] => (digits([b'0', a])?, Some(digits([b'0', c])?)),
            [a, b, b'/', c] if a != b'0' => (digits([a, b])?, Some(digits([b'0', c])?)),
            _ => return None,
        };
        let last = instance.unwrap_or(0);
        Some(Place {
            packed: self.path.packed() | resource << 32 | last << 48,
            order: self.order | resource << 16 | last,
            depth: if instance.is_some() { 4 } else { 3 },
        })
    }
}

/// The offset behind the slash of this number, if that is at most 7.
fn end_of_slash(name: &[u8], number: u32) -> Option<usize> {
    let mut left = number;
    for (index, byte) in name.iter().enumerate().take(7) {
        left -= u32::from(*byte == b'/');
        if left == 0 {
            return Some(index + 1);
        }
    }
    None
}

/// The number of two digits.
#[inline(always)]
fn digits(text: [u8; 2]) -> Option<u64> {
    let [ten, one] = text.map(|byte| byte.wrapping_sub(b'0'));
    (ten < 10 && one < 10).then(|| u64::from(ten) * 10 + u64::from(one))
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

    #[test]
    fn names_are_read_alike_with_a_stem() {
        for (base, first, name) in [
            ("/", "3/0/6/0", "3/0/6/1"),
            ("/", "3/0/6/0", "3/0/11"),
            ("", "/3/0/1", "/3/0/13/7"),
            ("/3/", "0/1", "0/2"),
            ("/3", "/0/1", "/0/2"),
            ("/3/0", "/1", "/2"),
            ("/3/0/", "1", "65"),
            ("/3/0/1", "1", "2"),
            ("/3/0/1/", "1", "2"),
            ("/", "3303/0/5700", "3303/0/5"),
            ("/", "3/0/1", "3/1/1"),
            ("/", "3/0/1", "3/0/01"),
            ("/", "3/0/1", "3/0/1/2/3"),
            ("/", "3/0/1", "3/0//1"),
            ("/", "3/0/1", "3/0/"),
            ("/", "3/0/1", "3/0/x"),
            ("/", "3/0/1", "3/"),
        ] {
            let base = Name::EMPTY.feed(base).unwrap();
            let read = |name: &str| base.feed(name)?.finish_plain();
            let word = |name: &str| {
                let padded = format!("{name}/0123456");
                u64::from_le_bytes(*padded.as_bytes().first_chunk().unwrap())
            };
            let instance = read(first).and_then(|path| path.prefix(2)).unwrap();
            let stem = Stem::of(base, first.as_bytes(), word(first), instance);
            let Some(place) = stem.place(name.as_bytes(), word(name)) else {
                continue;
            };
            assert_eq!(Some(place.path()), read(name), "{first} {name}");
            assert_eq!(place.order(), place.path().order());
        }
    }

    #[test]
    fn stems_are_found() {
        let base = Name::EMPTY.feed("/").unwrap();
        let name = b"3/0/6/0.";
        let instance = Path::object_instance(3, 0);
        let stem = Stem::of(base, &name[..7], u64::from_le_bytes(*name), instance);
        let other = u64::from_le_bytes(*b"3/0/11..");
        let place = stem.place(b"3/0/11", other).map(Place::path);
        assert_eq!(place, instance.child(11));
        let other = u64::from_le_bytes(*b"3/1/11..");
        assert!(stem.place(b"3/1/11", other).is_none());
    }
}
