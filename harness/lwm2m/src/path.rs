//! Paths of the LwM2M data model: `/`, `/3`, `/3/0`, `/3/0/11`, `/3/0/11/0` (Core TS, 7.2).

use std::fmt;
use std::str::FromStr;

/// A path of zero to four identifiers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path {
    ids: [u16; 4],
    depth: u8,
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
        path.depth = ids.len() as u8;
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

    /// This path with one more identifier; `None` at a Resource Instance.
    pub fn child(&self, id: u16) -> Option<Self> {
        let mut path = *self;
        *path.ids.get_mut(self.depth())? = id;
        path.depth += 1;
        Some(path)
    }

    /// The path one level up; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        self.prefix(self.depth().checked_sub(1)?)
    }

    /// The first `depth` identifiers; `None` if this path is shorter.
    pub fn prefix(&self, depth: usize) -> Option<Self> {
        Self::new(self.ids().get(..depth)?)
    }

    /// Whether this path equals `other` or lies above it.
    pub fn contains(&self, other: &Self) -> bool {
        other.ids().starts_with(self.ids())
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
