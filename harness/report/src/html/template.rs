//! The templates, compiled in, and the one place where values become HTML.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::escape::visible;

/// Renders a report with the cases in detail, which only the script opens for whoever follows a link to one.
pub(crate) fn render(name: &str, view: impl Serialize) -> Result<String, Error> {
    let context = context! { report => Serde(view), script_hash => SCRIPT_HASH };
    environment()?.get_template(name)?.render(context)
}

/// Renders a template that needs no script.
pub(crate) fn render_page(name: &str, page: impl Serialize) -> Result<String, Error> {
    let context = context! { page => Serde(page) };
    environment()?.get_template(name)?.render(context)
}

/// The script of our pages, as a Content-Security-Policy names it: `sha256-..`.
pub const fn script_hash() -> &'static str {
    SCRIPT_HASH
}

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_formatter(write_escaped);
    for (name, source) in TEMPLATES.iter().copied() {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Writes a value, visible and escaped; no template marks anything as safe.
fn write_escaped(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => write_text(out, &visible(text)),
        None => write_text(out, &value.to_string()),
    }
}

fn write_text(out: &mut Output<'_>, text: &str) -> Result<(), Error> {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (plain, marked) = rest.split_at(at);
        let (mark, after) = marked.split_at(1);
        out.write_str(plain)?;
        out.write_str(match mark {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            "\"" => "&quot;",
            _ => "&#39;",
        })?;
        rest = after;
    }
    out.write_str(rest).map_err(Error::from)
}

const TEMPLATES: &[(&str, &str)] = &[
    ("head.html", include_str!("../templates/head.html")),
    ("session.html", include_str!("../templates/session.html")),
    ("header.html", include_str!("../templates/header.html")),
    ("results.html", include_str!("../templates/results.html")),
    ("case.html", include_str!("../templates/case.html")),
    ("step.html", include_str!("../templates/step.html")),
    ("ladder.html", include_str!("../templates/ladder.html")),
    (
        "explanation.html",
        include_str!("../templates/explanation.html"),
    ),
    ("agenda.html", include_str!("../templates/agenda.html")),
    ("matrix.html", include_str!("../templates/matrix.html")),
    (
        "consolidated.html",
        include_str!("../templates/consolidated.html"),
    ),
    ("diff.html", include_str!("../templates/diff.html")),
    ("plan.html", include_str!("../templates/plan.html")),
    (
        "readiness.html",
        include_str!("../templates/readiness.html"),
    ),
    ("pairs.html", include_str!("../templates/pairs.html")),
    ("sheet.html", include_str!("../templates/sheet.html")),
    (
        "sheet-head.html",
        include_str!("../templates/sheet-head.html"),
    ),
    (
        "sheet-results.html",
        include_str!("../templates/sheet-results.html"),
    ),
    (
        "sheet-runs.html",
        include_str!("../templates/sheet-runs.html"),
    ),
    ("sheet.css", include_str!("../templates/sheet.css")),
    ("matrix.css", include_str!("../templates/matrix.css")),
    ("report.css", include_str!("../templates/report.css")),
    ("report.js", include_str!("../templates/report.js")),
];

/// SHA-256 of `report.js`, the only script that the file's Content-Security-Policy lets run (CSP Level 3, 6.7.2).
const SCRIPT_HASH: &str = "sha256-fNyNHb+HsGZDOkEe5MMlyWqIvumX43uuGs1GqUrUzbg=";

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_policy_names_the_script() {
        let script = TEMPLATES
            .iter()
            .find(|(name, _)| *name == "report.js")
            .unwrap()
            .1;
        assert_eq!(
            SCRIPT_HASH,
            format!("sha256-{}", base64(&Sha256::digest(script.trim_end())))
        );
    }

    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let bits = chunk
                .iter()
                .fold(0_u32, |all, byte| all << 8 | u32::from(*byte))
                << (8 * (3 - chunk.len()));
            let digits =
                (0..=chunk.len()).map(|i| ALPHABET[(bits >> (18 - 6 * i) & 63) as usize] as char);
            text.extend(digits.chain("==".chars().take(3 - chunk.len())));
        }
        text
    }
}
