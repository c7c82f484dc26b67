//! What stands on drawn pages, for tests.

use printpdf::{Op, TextItem};

use super::font::Face;
use super::page::{HEIGHT, Pages, WIDTH};

/// The texts of every page, in the order in which they were set.
pub(super) fn texts(pages: &Pages) -> Vec<String> {
    pages.pages.iter().flat_map(|page| texts_of(page)).collect()
}

/// The texts of one page.
pub(super) fn texts_of(page: &[Op]) -> Vec<String> {
    let items = page.iter().filter_map(|op| match op {
        Op::ShowText { items } => Some(items),
        _ => None,
    });
    items.flatten().map(text).collect()
}

/// Panics if a text reaches into the margins.
pub(super) fn assert_within(pages: &Pages) {
    let mut face = None;
    let mut place = (0.0, 0.0);
    for operation in pages.pages.iter().flatten() {
        match operation {
            Op::SetFont { font, size } => face = Some((font.clone(), size.0)),
            Op::SetTextCursor { pos } => place = (pos.x.0, pos.y.0),
            Op::ShowText { items } => {
                let (font, size) = face.clone().unwrap();
                let faces = [Face::Regular, Face::Bold, Face::Mono];
                let face = faces.into_iter().find(|face| face.handle() == font);
                let text: String = items.iter().map(text).collect();
                let end = place.0 + pages.fonts.width(face.unwrap(), size, &text);
                let (right, top) = (WIDTH - 20.0, HEIGHT - 30.0);
                assert!(place.0 >= 20.0 && end <= right, "{text} ends at {end}");
                assert!(place.1 >= 30.0 && place.1 <= top, "{text}");
            }
            _ => {}
        }
    }
}

fn text(item: &TextItem) -> String {
    match item {
        TextItem::Text(text) => text.clone(),
        _ => String::new(),
    }
}
