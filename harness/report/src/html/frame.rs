//! One frame in detail: header facts, content and bytes.

use record::FrameRecord;
use serde::Serialize;

use crate::duration::point;
use crate::failure::is_counted;

/// What the details of a frame are given.
#[derive(Serialize)]
pub(super) struct FrameView {
    anchor: String,
    number: u32,
    time: String,
    from: String,
    to: String,
    label: String,
    coap: String,
    length: u32,
    is_counted: bool,
    options: Vec<(String, String)>,
    content: Vec<(String, String)>,
    dump: Vec<String>,
    is_cut: bool,
    is_failing: bool,
    notes: String,
}

impl FrameView {
    /// Gathers what the details show.
    pub(super) fn new(frame: &FrameRecord, case: &str) -> Self {
        let fields = |fields: &[record::Field]| {
            fields
                .iter()
                .map(|f| (f.name.clone(), f.value.clone()))
                .collect()
        };
        Self {
            anchor: format!("{case}-frame-{}", frame.number),
            number: frame.number,
            time: point(frame.time),
            from: frame.from.clone(),
            to: frame.to.clone(),
            label: frame.label.clone(),
            coap: frame.coap.clone(),
            length: frame.length,
            is_counted: is_counted(frame),
            options: fields(&frame.options),
            content: fields(&frame.content),
            dump: dump(&frame.hex),
            is_cut: (frame.hex.len() / 2) < frame.length as usize,
            is_failing: frame.failing,
            notes: frame.notes.join(", "),
        }
    }
}

/// Sets hexadecimal digits in rows of sixteen bytes with offset and characters; anything else is shown as it is.
fn dump(hex: &str) -> Vec<String> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|c| c.to_digit(16).map(|d| d as u8))
        .collect();
    let Some(digits) = digits else {
        return vec![hex.to_owned()];
    };
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |all, digit| all << 4 | digit))
        .collect();
    let rows = bytes.chunks(ROW).enumerate().map(|(row, bytes)| {
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown = |byte: &u8| {
            if matches!(byte, 0x20..=0x7e) {
                char::from(*byte)
            } else {
                '.'
            }
        };
        let text: String = bytes.iter().map(shown).collect();
        format!("{:04x}  {:<47}  {text}", row * ROW, hex.join(" "))
    });
    rows.collect()
}

/// Bytes in a row.
const ROW: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_in_rows() {
        assert_eq!(
            dump("4f4d41ff"),
            ["0000  4f 4d 41 ff                                      OMA."]
        );
        let rows = dump(&"41".repeat(17));
        assert_eq!(rows.len(), 2);
        assert!(rows[1].starts_with("0010  41 "));
        assert_eq!(dump("zz<b>"), ["zz<b>"]);
        assert_eq!(dump(""), Vec::<String>::new());
    }
}
