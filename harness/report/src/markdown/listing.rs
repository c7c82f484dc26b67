//! OMA's product listing: one entry for each company that wants to be named there.
//!
//! The page is kept by hand in Markdown with a table of HTML in each entry; what is written here is pasted into it.

use event::consolidate::{Event, Listing, Role};

use super::{html, plain};

/// The published results of one implementation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLink {
    /// Company.
    pub company: String,
    /// Role.
    pub role: Role,
    /// LwM2M version.
    pub lwm2m: String,
    /// Name of the file of results.
    pub file: String,
}

/// The entries, in the order of the event file; empty if no company wants one.
pub fn listing(event: &Event, links: &[ResultLink]) -> String {
    let entries = event.listing.iter().map(|one| entry(event, one, links));
    entries.collect::<Vec<_>>().join("\n")
}

fn entry(event: &Event, one: &Listing, links: &[ResultLink]) -> String {
    let mut out = format!("## {}\n\n<table>\n", plain(&one.company));
    if let Some(logo) = one.logo.as_deref().filter(|url| is_web(url)) {
        let alt = html(&format!("Logo of {}", one.company));
        out += &format!(
            "  <thead>\n    <tr>\n      <td colspan=\"2\"><img src=\"{}\" alt=\"{alt}\"></td>\n    </tr>\n  </thead>\n",
            html(logo)
        );
    }
    out += "  <tbody>\n";
    out += &row(
        &html(&one.company),
        &one.web.as_deref().map(link).unwrap_or_default(),
    );
    for product in &one.products {
        let mut cell = product.web.as_deref().map(link).unwrap_or_default();
        if !product.information.is_empty() {
            cell += &format!("<p>{}</p>", html(&product.information));
        }
        out += &row(&html(&product.name), &cell);
    }
    if !one.information.is_empty() {
        let text = format!("<p>{}</p>", html(&one.information));
        out += &row("Company Information:", &text);
    }
    let own = links.iter().filter(|link| link.company == one.company);
    let results: String = own.map(|link| result(event, link)).collect();
    out += &row("TestFest Results", &results);
    out + "  </tbody>\n</table>\n"
}

/// `TF Seoul, Korea - Oct 2019 - Acme - v1.1 Client Results (PDF)`.
fn result(event: &Event, link: &ResultLink) -> String {
    let place = match event.place.as_str() {
        "" => event.name.clone(),
        place => format!("{} {place}", event.name),
    };
    let label = format!(
        "{place} - {} - {} - v{} {} Results (PDF)",
        event.dates,
        link.company,
        link.lwm2m,
        link.role.title()
    );
    let base = event.results_url.as_deref().filter(|url| is_web(url));
    let base = base.map_or_else(String::new, |url| format!("{}/", url.trim_end_matches('/')));
    format!(
        "<p><a href=\"{}\">{}</a></p>",
        html(&(base + &link.file)),
        html(&label)
    )
}

fn row(head: &str, cell: &str) -> String {
    format!("    <tr>\n      <td>{head}</td>\n      <td>{cell}</td>\n    </tr>\n")
}

/// A link if it leads into the web, else its text.
fn link(url: &str) -> String {
    if is_web(url) {
        let shown = url
            .trim_start_matches("https://")
            .trim_start_matches("http://");
        format!(
            "<a href=\"{}\">{}</a>",
            html(url),
            html(shown.trim_end_matches('/'))
        )
    } else {
        html(url)
    }
}

fn is_web(url: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`');
    (url.starts_with("https://") || url.starts_with("http://")) && url.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(listing: &str) -> Event {
        let text = format!(
            "name: TF\nplace: Seoul, Korea\ndates: Oct 2019\nresults-url: https://oma.example/r/\nets: {{\"1.1\": E}}\nimplementations: []\n{listing}"
        );
        Event::parse(&text).expect("it is an event")
    }

    fn links() -> Vec<ResultLink> {
        let link = |company: &str, role, file: &str| ResultLink {
            company: company.to_owned(),
            role,
            lwm2m: "1.1".to_owned(),
            file: file.to_owned(),
        };
        vec![
            link("Acme", Role::Client, "Acme-Client.pdf"),
            link("Best", Role::Server, "Best-Server.pdf"),
        ]
    }

    #[test]
    fn only_those_who_want_it_are_named() {
        assert_eq!(listing(&event(""), &links()), "");
        let wanted = "listing:\n- {company: Acme, web: \"https://acme.example/\", products: [{name: Widget}]}\n";
        let text = listing(&event(wanted), &links());
        assert!(text.starts_with("## Acme\n"), "{text}");
        assert!(!text.contains("Best"), "{text}");
        let result = "<a href=\"https://oma.example/r/Acme-Client.pdf\">TF Seoul, Korea - Oct 2019 - Acme - v1.1 Client Results (PDF)</a>";
        assert!(text.contains(result), "{text}");
        assert!(text.contains("<a href=\"https://acme.example/\">acme.example</a>"));
    }

    #[test]
    fn no_link_is_a_script() {
        let hostile = "listing:\n- {company: \"A</table>\\n\\n# b\", logo: \"javascript:alert(1)\", web: \"javascript:alert(1)\", information: \"<script>\"}\n";
        let text = listing(&event(hostile), &[]);
        assert!(!text.contains("href=\"javascript"), "{text}");
        assert!(
            !text.contains("<img") && !text.contains("<script>"),
            "{text}"
        );
        assert_eq!(text.matches("</table>").count(), 1, "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 1);
    }
}
