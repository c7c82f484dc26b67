//! The tree of bookmarks: who is whose parent, neighbour and child (ISO 32000-1, 12.3.3).

use super::page::Bookmark;

/// Number and generation of an object.
type ObjectId = (u32, u16);

/// One object of the outline and its relations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The object itself.
    pub id: ObjectId,
    /// Descendants that are shown; negative if the entry is closed.
    pub count: i64,
    parent: Option<ObjectId>,
    previous: Option<ObjectId>,
    next: Option<ObjectId>,
    first: Option<ObjectId>,
    last: Option<ObjectId>,
}

impl Item {
    /// The relations under the names of the standard.
    pub(super) const fn relations(&self) -> [(&'static str, Option<ObjectId>); 5] {
        [
            ("Parent", self.parent),
            ("Prev", self.previous),
            ("Next", self.next),
            ("First", self.first),
            ("Last", self.last),
        ]
    }

    const fn new(id: ObjectId, parent: Option<ObjectId>) -> Self {
        Self {
            id,
            count: 0,
            parent,
            previous: None,
            next: None,
            first: None,
            last: None,
        }
    }
}

/// Nests a flat outline by the levels of its bookmarks; the root comes first.
pub(super) fn nested<'a>(
    root: ObjectId,
    items: &[ObjectId],
    bookmarks: &'a [Bookmark],
) -> Vec<(Item, Option<&'a Bookmark>)> {
    let mut tree = vec![(Item::new(root, None), None)];
    let mut heading = 0;
    for (id, bookmark) in items.iter().zip(bookmarks) {
        let parent = if bookmark.level == 0 { 0 } else { heading };
        let index = tree.len();
        let mut item = Item::new(*id, tree.get(parent).map(|(item, _)| item.id));
        item.previous = tree.get(parent).and_then(|(item, _)| item.last);
        let previous = item.previous;
        tree.push((item, Some(bookmark)));
        adopt(&mut tree, parent, previous, *id);
        if bookmark.level == 0 {
            heading = index;
        }
    }
    tree
}

fn adopt(
    tree: &mut [(Item, Option<&Bookmark>)],
    parent: usize,
    previous: Option<ObjectId>,
    child: ObjectId,
) {
    if let Some((parent, _)) = tree.get_mut(parent) {
        parent.first = parent.first.or(Some(child));
        parent.last = Some(child);
        parent.count += if parent.parent.is_none() { 1 } else { -1 };
    }
    let previous = tree
        .iter_mut()
        .rev()
        .find(|(item, _)| Some(item.id) == previous);
    if let Some((previous, _)) = previous {
        previous.next = Some(child);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_stand_below_their_heading() {
        let levels = [0, 1, 1, 0];
        let bookmarks = levels.map(|level| Bookmark {
            level,
            title: String::new(),
            page: 0,
            y: 0.0,
        });
        let ids = [(1, 0), (2, 0), (3, 0), (4, 0)];
        let tree: Vec<_> = nested((9, 0), &ids, &bookmarks)
            .into_iter()
            .map(|(item, _)| item)
            .collect();
        assert_eq!(
            (tree[0].first, tree[0].last, tree[0].count),
            (Some((1, 0)), Some((4, 0)), 2)
        );
        assert_eq!(
            (tree[1].first, tree[1].last, tree[1].next, tree[1].count),
            (Some((2, 0)), Some((3, 0)), Some((4, 0)), -2)
        );
        assert_eq!(
            (tree[2].parent, tree[2].previous, tree[2].next),
            (Some((1, 0)), None, Some((3, 0)))
        );
        assert_eq!(
            (tree[4].parent, tree[4].previous, tree[4].next),
            (Some((9, 0)), Some((1, 0)), None)
        );
    }
}
