//! The finished document: running heads, page numbers, outline, links and metadata.

use super::colour::Colour;
use super::font::Face;
use super::outline;
use super::page::{Bookmark, HEIGHT, LEFT, Pages, RIGHT, Stroke, Type};
use crate::RenderError;
use crate::duration::{date, unix};
use crate::escape::visible;
use printpdf::{
    Actions, BorderArray, Destination, LinkAnnotation, Mm, OffsetDateTime, Op, PageAnnotId,
    PageAnnotation, PdfDocument, PdfPage, PdfSaveOptions,
};
use record::SessionRecord;

/// What stands on every page and in the metadata.
pub(super) struct Imprint {
    /// Title.
    pub title: String,
    /// What the document calls itself in its metadata.
    pub name: String,
    /// `CONFIDENTIAL`, or nothing.
    pub marking: &'static str,
    /// Version of the harness.
    pub harness: String,
    /// `UNSIGNED` and the like, on a band of its own.
    pub mark: Option<&'static str>,
    /// When what it says was settled, RFC 3339; empty if nothing says so.
    pub settled: String,
}

impl Imprint {
    /// Of a page about an event, which is no one's secret and has no date of its own.
    pub(super) fn of_event(title: &str, harness: &str) -> Self {
        Self {
            title: title.to_owned(),
            name: title.to_owned(),
            marking: "",
            harness: harness.to_owned(),
            mark: None,
            settled: String::new(),
        }
    }
}

/// Writes the pages as a file.
pub(super) fn save(mut pages: Pages, imprint: &Imprint) -> Result<Vec<u8>, RenderError> {
    decorate(&mut pages, imprint);
    connect(&mut pages);
    let title = visible(&imprint.title).into_owned();
    let mut document = PdfDocument::new(&title);
    describe(&mut document, imprint);
    for (index, bookmark) in pages.bookmarks.iter().enumerate() {
        let (name, page) = (format!("{index:06}{}", bookmark.title), bookmark.page + 1);
        let id = PageAnnotId(format!("{index:06}"));
        document
            .bookmarks
            .map
            .insert(id, PageAnnotation { name, page });
    }
    let paper = |operations| PdfPage::new(Mm(210.0), Mm(297.0), operations);
    document.pages = std::mem::take(&mut pages.pages)
        .into_iter()
        .map(paper)
        .collect();
    let bookmarks = std::mem::take(&mut pages.bookmarks);
    pages.fonts.register(&mut document.resources);
    write(&document, &bookmarks, unix(&imprint.settled).is_some())
}

/// Puts the running head, the mark and the number on every page.
pub(super) fn decorate(pages: &mut Pages, imprint: &Imprint) {
    let small = Type::new(Face::Regular, 7.5, Colour::SOFT);
    let count = pages.pages.len();
    let drawn = std::mem::take(&mut pages.pages);
    for (index, operations) in drawn.into_iter().enumerate() {
        pages.turn();
        let middle = (RIGHT - LEFT) * 0.7;
        pages.put_fitting(small, LEFT, 38.0, middle, &imprint.title);
        pages.put_right(
            Type {
                face: Face::Bold,
                ..small
            },
            RIGHT,
            38.0,
            imprint.marking,
        );
        pages.line(
            Stroke::new(0.4, Colour::LINE),
            &[(LEFT, 43.0), (RIGHT, 43.0)],
        );
        if let Some(mark) = imprint.mark {
            let band = (LEFT, 44.5, RIGHT - LEFT, 14.0);
            pages.panel(Colour::FAIL_BACK, band);
            let look = Type::new(Face::Bold, 9.5, Colour::FAIL);
            let (centre, width) = (f32::midpoint(LEFT, RIGHT), RIGHT - LEFT);
            pages.put_centred(look, centre, 55.0, width, mark);
        }
        let foot = HEIGHT - 34.0;
        let made = format!("testfest {}   {}", imprint.harness, date(&imprint.settled));
        let made = made.trim_end();
        pages.put_fitting(small, LEFT, foot, middle, made);
        pages.put_right(
            small,
            RIGHT,
            foot,
            &format!("page {} of {count}", index + 1),
        );
        pages.reset();
        pages.extend(operations);
    }
}

/// Resolves the links between pages.
fn connect(pages: &mut Pages) {
    for (page, rectangle, name) in std::mem::take(&mut pages.links) {
        let Some((target, y)) = pages.targets.get(&name) else {
            continue;
        };
        let destination = Destination::Xyz {
            page: target + 1,
            left: None,
            top: Some(HEIGHT - y),
            zoom: None,
        };
        let border = BorderArray::Solid([0.0; 3]);
        let link = LinkAnnotation::new(
            rectangle,
            Actions::Goto(destination),
            Some(border),
            None,
            None,
        );
        if let Some(operations) = pages.pages.get_mut(page) {
            operations.push(Op::LinkAnnotation { link });
        }
    }
}

/// When a run was settled: its end, or its start if it has none.
pub(super) fn settled(session: &SessionRecord) -> &str {
    session.ended.as_deref().unwrap_or(&session.started)
}

/// Fills in the metadata; dates are those of the record.
fn describe(document: &mut PdfDocument, imprint: &Imprint) {
    let settled = unix(&imprint.settled).map(OffsetDateTime::from_unix_timestamp);
    let info = &mut document.metadata.info;
    if let Some(Ok(settled)) = settled {
        info.creation_date = settled;
        info.modification_date = settled;
        info.metadata_date = settled;
    }
    info.creator = format!("testfest {}", visible(&imprint.harness));
    info.producer = info.creator.clone();
    info.subject = "OMA LwM2M conformance and interoperability".to_owned();
    info.identifier = visible(&imprint.name).into_owned();
}

/// Serializes the document; what printpdf draws by lot is left out, so that the same record gives the same bytes.
fn write(
    document: &PdfDocument,
    bookmarks: &[Bookmark],
    is_dated: bool,
) -> Result<Vec<u8>, RenderError> {
    let mut file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut Vec::new());
    file.version = PDF_VERSION.to_owned();
    file.trailer.remove(b"ID");
    let info = file
        .trailer
        .get(b"Info")
        .and_then(|info| info.as_reference());
    if let Ok(info) = info.and_then(|id| file.get_dictionary_mut(id)) {
        // printpdf claims PDF/X, which this is not.
        info.remove(b"GTS_PDFXVersion");
        if !is_dated {
            // printpdf's own choice is 1970.
            info.remove(b"CreationDate");
            info.remove(b"ModDate");
        }
    }
    // printpdf writes a flat outline and its page mode as a string, which viewers ignore.
    let root = file.catalog_mut().ok().and_then(|catalog| {
        catalog.set("PageMode", "UseOutlines");
        catalog.get(b"Outlines").ok()?.as_reference().ok()
    });
    if let Some(root) = root {
        let mut items = Vec::new();
        let mut next = file
            .get_dictionary(root)
            .and_then(|d| d.get(b"First")?.as_reference());
        while let Ok(id) = next {
            items.push(id);
            next = file
                .get_dictionary(id)
                .and_then(|d| d.get(b"Next")?.as_reference());
        }
        for (item, bookmark) in outline::nested(root, &items, bookmarks) {
            let Ok(entry) = file.get_dictionary_mut(item.id) else {
                continue;
            };
            for (key, id) in item.relations() {
                match id {
                    Some(id) => entry.set(key, id),
                    None => drop(entry.remove(key.as_bytes())),
                }
            }
            entry.set("Count", item.count);
            if let Some(bookmark) = bookmark {
                if let Ok(title) = entry.get_mut(b"Title").and_then(|title| title.as_str_mut()) {
                    title.drain(BYTE_ORDER_MARK..title.len().min(BYTE_ORDER_MARK + ORDER_KEY));
                }
                let place = entry.get_mut(b"Dest").and_then(|dest| dest.as_array_mut());
                if let Some(top) = place.ok().and_then(|place| place.get_mut(3)) {
                    *top = (HEIGHT - bookmark.y).into();
                }
            }
        }
    }
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes)?;
    Ok(bytes)
}

/// The version whose features are used (ISO 32000-1).
const PDF_VERSION: &str = "1.7";
/// Bytes of the mark that text strings in UTF-16 begin with (ISO 32000-1, 7.9.2.2).
const BYTE_ORDER_MARK: usize = 2;
/// Bytes of the six digits that keep bookmarks in order.
const ORDER_KEY: usize = 12;
