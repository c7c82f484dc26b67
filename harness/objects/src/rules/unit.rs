//! Units: SenML's, unscaled ones first.

use crate::definition::Field;
use crate::finding::Remark;
use crate::text::quoted;
use crate::units;

/// A unit is one of SenML.
pub(crate) fn known(field: Option<Field>) -> Vec<Remark> {
    let Some(field) = field else {
        return Vec::new();
    };
    let text = field.text.trim();
    if text.is_empty() || units::find(text).is_some() {
        return Vec::new();
    }
    let message = format!("unit is {}, which SenML does not have", quoted(text));
    let help = match units::meant(text) {
        Some(unit) => format!("SenML writes \"{unit}\""),
        None => "a unit of IANA's SenML registry, or nothing".to_owned(),
    };
    vec![Remark::new(field.at, message, help)]
}

/// A unit is not scaled where there is an unscaled one.
pub(crate) fn unscaled(field: Option<Field>) -> Vec<Remark> {
    let Some(field) = field else {
        return Vec::new();
    };
    let unit = units::find(field.text.trim());
    let Some((scale, base)) = unit.and_then(|unit| unit.instead) else {
        return Vec::new();
    };
    let text = field.text.trim();
    let message = format!("unit is {}, which is scaled", quoted(text));
    let help = format!("prefer \"{base}\": 1 {text} = {scale} {base}");
    vec![Remark::new(field.at, message, help)]
}
