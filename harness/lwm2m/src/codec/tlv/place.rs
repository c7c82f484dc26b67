//! Where an entry stands in the data model, given the target and the entries around it (Core TS, 7.5.5).

use super::{Entry, Kind};
use crate::codec::RemarkKind;
use crate::{MAX_ID, Path};

/// Every entry of a tree with the path that it stands for, in the order of the wire.
///
/// An entry at a level where it does not belong gets the identifier 65535 for each level that is missing.
pub fn paths<'e>(entries: &'e [Entry], base: &Path) -> Vec<(Path, &'e Entry)> {
    let mut found = Vec::new();
    collect(entries, *base, true, &mut found);
    found
}

fn collect<'e>(entries: &'e [Entry], above: Path, top: bool, found: &mut Vec<(Path, &'e Entry)>) {
    for entry in entries {
        let (path, _) = place(entry.kind, entry.id, above, top);
        found.push((path, entry));
        collect(&entry.children, path, false, found);
    }
}

/// How an entry stands at another level than its kind belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// At a level where nothing explains it.
    Nesting,
    /// An Object Instance entry although the target names the instance.
    NeedlessWrapper,
    /// No Object Instance entry although the target names no instance.
    WrapperMissing,
}

impl Misplaced {
    /// The remark to make.
    pub(super) const fn remark(self) -> RemarkKind {
        match self {
            Self::Nesting => RemarkKind::Nesting,
            Self::NeedlessWrapper => RemarkKind::NeedlessWrapper,
            Self::WrapperMissing => RemarkKind::WrapperMissing,
        }
    }
}

/// The path of an entry below `above`, and what is to be said about its level; `top` if `above` is the target itself.
#[inline(always)]
pub(super) fn place(kind: Kind, id: u16, above: Path, top: bool) -> (Path, Option<Misplaced>) {
    match above.child(id) {
        Some(path) if above.depth() == kind.depth_above() => (path, None),
        _ => place_elsewhere(kind, id, above, top),
    }
}

#[cold]
fn place_elsewhere(kind: Kind, id: u16, above: Path, top: bool) -> (Path, Option<Misplaced>) {
    let wanted = kind.depth_above();
    let mut parent = above.prefix(wanted.min(above.depth())).unwrap_or(above);
    while parent.depth() < wanted {
        parent = parent.child(MAX_ID).unwrap_or(parent);
    }
    let path = parent.child(id).unwrap_or(parent);
    let remark = match (kind, above.depth()) {
        _ if !top => Some(Misplaced::Nesting),
        (Kind::Resource | Kind::MultipleResource, 3) => None,
        (Kind::MultipleResource, 4) => None,
        (Kind::Resource | Kind::MultipleResource, 1) => Some(Misplaced::WrapperMissing),
        (Kind::ObjectInstance, 2) => Some(Misplaced::NeedlessWrapper),
        (Kind::ResourceInstance, 4) => None,
        _ => Some(Misplaced::Nesting),
    };
    (path, remark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::tlv::parse;

    #[test]
    fn kinds_and_paths_of_a_device() {
        let payload = [0xc1, 16, b'U', 0x86, 11, 0x41, 0, 0, 0x41, 1, 8];
        let entries = parse(&payload).unwrap();
        let view: Vec<(String, Kind)> = paths(&entries, &"/3/0".parse().unwrap())
            .into_iter()
            .map(|(path, entry)| (path.to_string(), entry.kind))
            .collect();
        let wanted = [
            ("/3/0/16", Kind::Resource),
            ("/3/0/11", Kind::MultipleResource),
            ("/3/0/11/0", Kind::ResourceInstance),
            ("/3/0/11/1", Kind::ResourceInstance),
        ];
        assert_eq!(view, wanted.map(|(path, kind)| (path.to_owned(), kind)));
    }

    #[test]
    fn misplaced_entries_are_told() {
        use Kind::*;
        use Misplaced::*;
        for (kind, base, top, path, remark) in [
            (ObjectInstance, "/3", true, "/3/7", None),
            (Resource, "/3/0/7", true, "/3/0/7", None),
            (MultipleResource, "/3/0/7/1", true, "/3/0/7", None),
            (ResourceInstance, "/3/0/6/7", true, "/3/0/6/7", None),
            (Resource, "/3", true, "/3/65535/7", Some(WrapperMissing)),
            (ObjectInstance, "/3/0", true, "/3/7", Some(NeedlessWrapper)),
            (
                ResourceInstance,
                "/3/0",
                true,
                "/3/0/65535/7",
                Some(Nesting),
            ),
            (Resource, "/3/0/6", false, "/3/0/7", Some(Nesting)),
        ] {
            let (found, told) = place(kind, 7, base.parse().unwrap(), top);
            assert_eq!(
                (found.to_string().as_str(), told),
                (path, remark),
                "{kind} {base}"
            );
        }
    }
}
