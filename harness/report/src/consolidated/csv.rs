//! Results by test case as CSV (RFC 4180), safe to open in a spreadsheet.

use super::ResultsPage;

/// Renders the table of results; headings of groups are left out.
pub fn results_csv(page: &ResultsPage) -> String {
    let mut csv = String::from(
        "Test Case,Pass,Fail,Inconclusive,Not Applicable,Out of Time,Response Count\r\n",
    );
    let mut line = |label: &str, counts: &[u32; 6]| {
        csv += &field(label);
        for count in counts {
            csv += &format!(",{count}");
        }
        csv += "\r\n";
    };
    for row in &page.rows {
        if let Some(counts) = &row.counts {
            line(&row.label, counts);
        }
    }
    line("Totals", &page.totals);
    csv
}

/// A quoted field; what a spreadsheet would take for a formula begins with an apostrophe.
pub(crate) fn field(text: &str) -> String {
    let text = crate::visible(text);
    let mark = if text.trim_start().starts_with(['=', '+', '-', '@']) {
        "'"
    } else {
        ""
    };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_no_formula() {
        for (text, shown) in [
            ("int-1 – a", "\"int-1 – a\""),
            ("=1+1", "\"'=1+1\""),
            (" @x", "\"' @x\""),
            ("a\"b\nc", "\"a\"\"b\\nc\""),
        ] {
            assert_eq!(field(text), shown);
        }
    }
}
