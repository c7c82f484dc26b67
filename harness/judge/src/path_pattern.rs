//! Path patterns of the notation: `/1/*`, `/33000/0..235`.

use std::ops::RangeInclusive;

use lwm2m::Path;

/// A path in which a segment may be any number or a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    segments: Vec<RangeInclusive<u16>>,
    ranged: Vec<bool>,
}

impl PathPattern {
    /// Parses `text`; `None` if it is no path pattern.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let mut pattern = Self {
            segments: Vec::new(),
            ranged: Vec::new(),
        };
        if rest.is_empty() {
            return Some(pattern);
        }
        for segment in rest.split('/') {
            let (range, ranged) = match segment.split_once("..") {
                Some((from, to)) => {
                    let range: RangeInclusive<u16> = from.parse().ok()?..=to.parse().ok()?;
                    // a range that runs backwards would hold of nothing
                    (!range.is_empty()).then_some((range, true))?
                }
                None if segment == "*" => (0..=u16::MAX, false),
                None => {
                    let id = segment.parse().ok()?;
                    (id..=id, false)
                }
            };
            pattern.segments.push(range);
            pattern.ranged.push(ranged);
        }
        (pattern.segments.len() <= 4).then_some(pattern)
    }

    /// Whether `path` is one of those meant.
    pub fn fits(&self, path: &Path) -> bool {
        path.depth() == self.segments.len()
            && self
                .segments
                .iter()
                .zip(path.ids())
                .all(|(range, id)| range.contains(id))
    }

    /// What is missing among `paths`: of a range every number must be there, of `*` at least one.
    pub fn first_missing(&self, paths: &[Path]) -> Option<String> {
        let fitting: Vec<Path> = paths
            .iter()
            .filter(|path| self.fits(path))
            .copied()
            .collect();
        let Some(position) = self.ranged.iter().position(|ranged| *ranged) else {
            return fitting.is_empty().then(|| self.to_string());
        };
        self.segments[position].clone().find_map(|id| {
            let mut one = self.clone();
            one.segments[position] = id..=id;
            one.ranged[position] = false;
            one.first_missing(&fitting)
        })
    }

    /// The path meant under the Object Instance `base`, if this pattern has `depth` segments and fits it.
    pub fn within(&self, base: &Path, depth: usize) -> Option<Path> {
        if self.segments.len() != depth || depth < base.depth() {
            return None;
        }
        let mut path = Path::ROOT;
        for (position, range) in self.segments.iter().enumerate() {
            let id = base.ids().get(position).copied().unwrap_or(*range.start());
            path = range.contains(&id).then(|| path.child(id)).flatten()?;
        }
        Some(path)
    }

    /// Every path meant, if only ranges and numbers are in it.
    pub fn expand(&self) -> Vec<Path> {
        self.segments.iter().fold(vec![Path::ROOT], |paths, range| {
            paths
                .iter()
                .flat_map(|path| range.clone().filter_map(|id| path.child(id)))
                .collect()
        })
    }
}

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|range| {
            if *range == (0..=u16::MAX) {
                f.write_str("/*")
            } else if range.start() == range.end() {
                write!(f, "/{}", range.start())
            } else {
                write!(f, "/{}..{}", range.start(), range.end())
            }
        })
    }
}
