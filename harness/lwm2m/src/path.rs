//! Paths of the LwM2M data model: `/`, `/3`, `/3/0`, `/3/0/11`, `/3/0/11/0` (Core TS, 7.2).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A path of zero to four identifiers.
///
/// Ordered by identifiers from the Object down; a path stands before those below it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Path {
    ids: [u16; 4],
    // As wide as an identifier, so that no padding is copied with it.
    depth: u16,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// A segment that is not a number from 0 to 65535 without leading zeros.
    #[error("segment \"{0}\" is not a number from 0 to 65535")]
    Segment(String),
    /// More than four segments.
    #[error("more than four segments")]
    TooDeep,
    /// No leading slash.
    #[error("a path starts with \"/\"")]
    NoSlash,
}

impl Path {
    /// The root, `/`.
    pub const ROOT: Self = Self {
        ids: [0; 4],
        depth: 0,
    };

    /// The path of `ids`; `None` if there are more than four.
    pub fn new(ids: &[u16]) -> Option<Self> {
        let mut path = Self::ROOT;
        path.ids.get_mut(..ids.len())?.copy_from_slice(ids);
        path.depth = ids.len() as u16;
        Some(path)
    }

    /// The path of an Object Instance.
    pub const fn object_instance(object: u16, instance: u16) -> Self {
        Self {
            ids: [object, instance, 0, 0],
            depth: 2,
        }
    }

    /// The identifiers, from the Object down.
    pub fn ids(&self) -> &[u16] {
        &self.ids[..usize::from(self.depth)]
    }

    /// Number of identifiers: 0 root, 1 Object, 2 Object Instance, 3 Resource, 4 Resource Instance.
    pub const fn depth(&self) -> usize {
        self.depth as usize
    }

    /// Object ID.
    pub fn object(&self) -> Option<u16> {
        self.ids().first().copied()
    }

    /// Object Instance ID.
    pub fn instance(&self) -> Option<u16> {
        self.ids().get(1).copied()
    }

    /// Resource ID.
    pub fn resource(&self) -> Option<u16> {
        self.ids().get(2).copied()
    }

    /// Resource Instance ID.
    pub fn resource_instance(&self) -> Option<u16> {
        self.ids().get(3).copied()
    }

    /// Object ID and Resource ID.
    #[inline(always)]
    pub(crate) const fn object_and_resource(&self) -> Option<(u16, u16)> {
        if self.depth < 3 {
            return None;
        }
        let [object, _, resource, _] = self.ids;
        Some((object, resource))
    }

    /// This path with one more identifier; `None` at a Resource Instance.
    #[inline(always)]
    pub const fn child(&self, id: u16) -> Option<Self> {
        if self.depth >= 4 {
            return None;
        }
        let packed = self.packed() | (id as u64) << (16 * self.depth as u32);
        Some(Self::unpacked(packed, self.depth + 1))
    }

    /// The path one level up; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        self.prefix(self.depth().checked_sub(1)?)
    }

    /// The first `depth` identifiers; `None` if this path is shorter.
    #[inline]
    pub const fn prefix(&self, depth: usize) -> Option<Self> {
        if depth > self.depth() {
            return None;
        }
        Some(Self::unpacked(
            self.packed() & Self::mask(depth),
            depth as u16,
        ))
    }

    /// Whether this path equals `other` or lies above it.
    #[inline(always)]
    pub const fn contains(&self, other: &Self) -> bool {
        let mask = Self::mask(self.depth());
        self.depth <= other.depth && self.packed() == other.packed() & mask
    }

    /// The identifiers as one number, the Object in its lowest bits; whole words are copied faster than their parts.
    #[inline(always)]
    pub(crate) const fn packed(&self) -> u64 {
        let [object, instance, resource, last] = self.ids;
        object as u64 | (instance as u64) << 16 | (resource as u64) << 32 | (last as u64) << 48
    }

    /// The path of such a number.
    #[inline(always)]
    pub(crate) const fn unpacked(packed: u64, depth: u16) -> Self {
        Self {
            ids: [
                packed as u16,
                (packed >> 16) as u16,
                (packed >> 32) as u16,
                (packed >> 48) as u16,
            ],
            depth,
        }
    }

    /// A number that orders like the identifiers; a path and the first of those below it share theirs.
    #[inline(always)]
    pub(crate) const fn order(&self) -> u64 {
        // The Object comes first, so that the four identifiers change sides: halves first, then pairs.
        let halves = self.packed().rotate_left(32);
        (halves >> 16 & 0xffff_0000_ffff) | (halves & 0xffff_0000_ffff) << 16
    }

    /// The bits of the first `depth` identifiers, at most four.
    #[inline(always)]
    const fn mask(depth: usize) -> u64 {
        // In two steps, since a number cannot be shifted by all of its bits.
        let step = 8 * depth as u32;
        !(u64::MAX << step << step)
    }

    /// Parses the segments of a URI path, without slashes (Uri-Path options).
    pub fn from_segments<S: AsRef<str>>(
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, PathError> {
        let mut path = Self::ROOT;
        for segment in segments {
            let segment = segment.as_ref();
            let plain = segment.bytes().all(|byte| byte.is_ascii_digit())
                && (segment.len() == 1 || !segment.starts_with('0'));
            let id = segment
                .parse()
                .ok()
                .filter(|_| plain)
                .ok_or_else(|| PathError::Segment(segment.to_owned()))?;
            path = path.child(id).ok_or(PathError::TooDeep)?;
        }
        Ok(path)
    }
}

impl Ord for Path {
    #[inline(always)]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.order(), self.depth).cmp(&(other.order(), other.depth))
    }
}

impl PartialOrd for Path {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let rest = text.strip_prefix('/').ok_or(PathError::NoSlash)?;
        if rest.is_empty() {
            return Ok(Self::ROOT);
        }
        Self::from_segments(rest.split('/'))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.depth == 0 {
            return f.write_str("/");
        }
        self.ids().iter().try_for_each(|id| write!(f, "/{id}"))
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The identifier that names nothing (Core TS, 7.4): no Object, no Object Instance, or one that is yet to be chosen.
pub const MAX_ID: u16 = u16::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        text.parse().unwrap()
    }

    #[test]
    fn levels_are_added_and_taken_away() {
        assert_eq!(path("/3/0").child(65535), Some(path("/3/0/65535")));
        assert_eq!(path("/3/0/11/1").child(0), None);
        assert_eq!(path("/3/0/11/1").prefix(2), Some(path("/3/0")));
        assert_eq!(path("/3/0/11/1").prefix(4), Some(path("/3/0/11/1")));
        assert_eq!(path("/3").prefix(2), None);
        assert_eq!(path("/3").parent(), Some(Path::ROOT));
        assert_eq!(Path::ROOT.parent(), None);
    }

    #[test]
    fn a_path_contains_what_lies_below_it() {
        for (above, below, wanted) in [
            ("/", "/3", true),
            ("/3", "/3", true),
            ("/3", "/3/0/1", true),
            ("/3/0/11/1", "/3/0/11/1", true),
            ("/3", "/30", false),
            ("/3/0", "/3", false),
            ("/3/0", "/3/1", false),
        ] {
            assert_eq!(
                path(above).contains(&path(below)),
                wanted,
                "{above} {below}"
            );
        }
    }

    #[test]
    fn paths_are_ordered_by_identifiers_then_depth() {
        let paths = [
            "/", "/0", "/0/0", "/1", "/1/0/0", "/1/0/0/0", "/1/0/1", "/256",
        ]
        .map(path);
        assert!(paths.is_sorted());
    }
}
