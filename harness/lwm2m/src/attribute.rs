//! Notification attributes (Core TS, 5.1.2 and 7.3.2): names, values, levels, precedence, consistency.
//!
//! When they make a notification due is not decided here.

use std::fmt;
use std::ops::RangeInclusive;

use crate::Version;

/// A notification attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// Minimum period, seconds.
    Pmin,
    /// Maximum period, seconds.
    Pmax,
    /// Greater than: a threshold.
    Gt,
    /// Less than: a threshold.
    Lt,
    /// Step.
    St,
    /// Minimum evaluation period, seconds.
    Epmin,
    /// Maximum evaluation period, seconds.
    Epmax,
    /// Edge: 1 rising, 0 falling.
    Edge,
    /// Confirmable notification: 0 or 1.
    Con,
    /// Maximum history queue.
    Hqmax,
}

/// Attributes with their values.
///
/// A double holds each of them: integers up to 2^53, and decimals as the thresholds need them.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Attributes {
    values: [Option<f64>; Attribute::ALL.len()],
}

/// What one parameter of a Write-Attributes does: sets an attribute, or removes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The attribute.
    pub attribute: Attribute,
    /// Its new value; `None` removes it at this level.
    pub value: Option<f64>,
}

/// Why a parameter or a set of attributes is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AttributeError {
    /// A name that is no notification attribute.
    #[error("\"{0}\" is no notification attribute")]
    Unknown(String),
    /// A value that the attribute does not have.
    #[error("value \"{value}\" of {name}, wanted {wanted}", name = .attribute.name())]
    Value {
        /// The attribute.
        attribute: Attribute,
        /// What was written.
        value: String,
        /// What the attribute takes.
        wanted: &'static str,
    },
    /// The same attribute twice in one request.
    #[error("{} repeated", .0.name())]
    Repeated(Attribute),
    /// lt is not below gt.
    #[error("lt {lt} is not below gt {gt}")]
    Order {
        /// Less than.
        lt: f64,
        /// Greater than.
        gt: f64,
    },
    /// lt plus twice st is not below gt.
    #[error("lt {lt} plus twice st {st} is not below gt {gt}")]
    Step {
        /// Less than.
        lt: f64,
        /// Step.
        st: f64,
        /// Greater than.
        gt: f64,
    },
}

impl Attribute {
    /// Every attribute, in the order of the standard.
    pub const ALL: [Self; 10] = [
        Self::Pmin,
        Self::Pmax,
        Self::Gt,
        Self::Lt,
        Self::St,
        Self::Epmin,
        Self::Epmax,
        Self::Edge,
        Self::Con,
        Self::Hqmax,
    ];

    /// Its name in queries, links and cases.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pmin => "pmin",
            Self::Pmax => "pmax",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::St => "st",
            Self::Epmin => "epmin",
            Self::Epmax => "epmax",
            Self::Edge => "edge",
            Self::Con => "con",
            Self::Hqmax => "hqmax",
        }
    }

    /// The attribute that `name` names.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|attribute| attribute.name() == name)
    }

    /// The version that brought it.
    pub const fn since(self) -> Version {
        match self {
            Self::Pmin | Self::Pmax | Self::Gt | Self::Lt | Self::St => Version::V1_0,
            Self::Epmin | Self::Epmax => Version::V1_1,
            Self::Edge | Self::Con | Self::Hqmax => Version::V1_2,
        }
    }

    /// Depths of the paths it may be attached to: 1 an Object, 4 a Resource Instance (Core TS, table 7.3.2-1).
    pub const fn levels(self) -> RangeInclusive<usize> {
        match self {
            Self::Gt | Self::Lt | Self::St | Self::Edge => 3..=4,
            _ => 1..=4,
        }
    }

    /// Parses a value.
    ///
    /// The grammar has no negative thresholds, but temperatures do: `gt` and `lt` take a sign.
    pub fn parse_value(self, text: &str) -> Result<f64, AttributeError> {
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let decimal = |text: &str| match text.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(text),
        };
        let (right, wanted) = match self {
            Self::Gt | Self::Lt => (
                decimal(text.strip_prefix('-').unwrap_or(text)),
                "a decimal number",
            ),
            Self::St => (decimal(text), "a decimal number without sign"),
            Self::Edge | Self::Con => (matches!(text, "0" | "1"), "0 or 1"),
            _ => (digits(text), "an integer without sign"),
        };
        let refused = || AttributeError::Value {
            attribute: self,
            value: text.to_owned(),
            wanted,
        };
        let number = right.then(|| text.parse().ok()).flatten();
        number.ok_or_else(refused)
    }
}

impl Change {
    /// Parses one Uri-Query option: `pmin=5` sets, `pmin` removes.
    pub fn parse(query: &str) -> Result<Self, AttributeError> {
        let (name, value) = match query.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (query, None),
        };
        let attribute =
            Attribute::from_name(name).ok_or_else(|| AttributeError::Unknown(name.to_owned()))?;
        let value = value
            .map(|value| attribute.parse_value(value))
            .transpose()?;
        Ok(Self { attribute, value })
    }

    /// Parses all queries of a request, in which an attribute may stand once.
    pub fn parse_all<S: AsRef<str>>(
        queries: impl IntoIterator<Item = S>,
    ) -> Result<Vec<Self>, AttributeError> {
        let mut changes: Vec<Self> = Vec::new();
        for query in queries {
            let change = Self::parse(query.as_ref())?;
            if changes
                .iter()
                .any(|known| known.attribute == change.attribute)
            {
                return Err(AttributeError::Repeated(change.attribute));
            }
            changes.push(change);
        }
        Ok(changes)
    }
}

impl Attributes {
    /// The value of an attribute.
    pub fn value(&self, attribute: Attribute) -> Option<f64> {
        self.values.get(attribute as usize).copied().flatten()
    }

    /// Sets an attribute, or removes it.
    pub fn set(&mut self, attribute: Attribute, value: Option<f64>) {
        if let Some(slot) = self.values.get_mut(attribute as usize) {
            *slot = value;
        }
    }

    /// Applies the parameters of a Write-Attributes.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.set(change.attribute, change.value);
        }
    }

    /// The attributes of a link; those that are no notification attributes are left out.
    pub fn of_link(link: &coap::Link) -> Result<Self, AttributeError> {
        let mut attributes = Self::default();
        for parameter in &link.attributes {
            if let Some(attribute) = Attribute::from_name(&parameter.name) {
                let value = parameter.value.as_deref().unwrap_or_default();
                attributes.set(attribute, Some(attribute.parse_value(value)?));
            }
        }
        Ok(attributes)
    }

    /// These attributes where they are set, otherwise those of the level above (Core TS, 7.3.2).
    #[must_use]
    pub fn over(&self, above: &Self) -> Self {
        let mut merged = self.clone();
        for attribute in Attribute::ALL {
            if merged.value(attribute).is_none() {
                merged.set(attribute, above.value(attribute));
            }
        }
        merged
    }

    /// pmax as it counts: 0 is none, and below pmin it is ignored (Core TS, 7.3.2).
    pub fn effective_pmax(&self) -> Option<f64> {
        let pmin = self.value(Attribute::Pmin).unwrap_or(0.0);
        self.value(Attribute::Pmax)
            .filter(|pmax| *pmax > 0.0 && *pmax >= pmin)
    }

    /// Checks lt < gt and lt + 2 st < gt, where these are set (Core TS, 7.3.2).
    pub fn check(&self) -> Result<(), AttributeError> {
        let (Some(lt), Some(gt)) = (self.value(Attribute::Lt), self.value(Attribute::Gt)) else {
            return Ok(());
        };
        if lt >= gt {
            return Err(AttributeError::Order { lt, gt });
        }
        match self.value(Attribute::St) {
            Some(st) if lt + 2.0 * st >= gt => Err(AttributeError::Step { lt, st, gt }),
            _ => Ok(()),
        }
    }

    /// The attributes that are set, in the order of the standard.
    pub fn iter(&self) -> impl Iterator<Item = (Attribute, f64)> + '_ {
        Attribute::ALL
            .into_iter()
            .filter_map(|attribute| Some((attribute, self.value(attribute)?)))
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Uri-Query options that set them: `pmin=5`.
    pub fn to_queries(&self) -> Vec<String> {
        self.iter()
            .map(|(attribute, value)| format!("{}={value}", attribute.name()))
            .collect()
    }
}

impl FromIterator<(Attribute, f64)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (Attribute, f64)>>(pairs: I) -> Self {
        let mut attributes = Self::default();
        for (attribute, value) in pairs {
            attributes.set(attribute, Some(value));
        }
        attributes
    }
}

/// As a query carries it: `pmin=5`, or `pmin` to remove it.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.attribute.name())?;
        match self.value {
            Some(value) => write!(f, "={value}"),
            None => Ok(()),
        }
    }
}

/// As a link carries them: `;pmin=5;pmax=10`.
impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter()
            .try_for_each(|(attribute, value)| write!(f, ";{}={value}", attribute.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::Attribute::*;
    use super::*;

    #[test]
    fn queries_set_and_remove() {
        let mut attributes: Attributes = [(Pmin, 1.0), (Pmax, 60.0)].into_iter().collect();
        let changes = Change::parse_all(["pmin=5", "pmax", "gt=-3.5", "con=1"]).unwrap();
        attributes.apply(&changes);
        assert_eq!(attributes.to_queries(), ["pmin=5", "gt=-3.5", "con=1"]);
        assert_eq!(attributes.to_string(), ";pmin=5;gt=-3.5;con=1");
        assert_eq!(changes[1].to_string(), "pmax");
    }

    #[test]
    fn what_an_attribute_does_not_take_is_refused() {
        for (query, message) in [
            (
                "pmin=-1",
                "value \"-1\" of pmin, wanted an integer without sign",
            ),
            (
                "pmin=1.5",
                "value \"1.5\" of pmin, wanted an integer without sign",
            ),
            (
                "pmin=",
                "value \"\" of pmin, wanted an integer without sign",
            ),
            (
                "st=-1",
                "value \"-1\" of st, wanted a decimal number without sign",
            ),
            ("gt=1e3", "value \"1e3\" of gt, wanted a decimal number"),
            ("gt=.5", "value \".5\" of gt, wanted a decimal number"),
            ("edge=2", "value \"2\" of edge, wanted 0 or 1"),
            ("cancel", "\"cancel\" is no notification attribute"),
        ] {
            assert_eq!(Change::parse(query).unwrap_err().to_string(), message);
        }
        let repeated = Change::parse_all(["pmin=1", "pmin=2"]).unwrap_err();
        assert_eq!(repeated, AttributeError::Repeated(Pmin));
    }

    #[test]
    fn the_lower_level_wins() {
        let object: Attributes = [(Pmin, 10.0), (Pmax, 60.0)].into_iter().collect();
        let resource: Attributes = [(Pmin, 5.0), (St, 2.0)].into_iter().collect();
        let merged: Attributes = [(Pmin, 5.0), (Pmax, 60.0), (St, 2.0)].into_iter().collect();
        assert_eq!(resource.over(&object), merged);
    }

    #[test]
    fn thresholds_have_to_leave_room_for_the_step() {
        let with = |lt: f64, gt: f64, st: Option<f64>| {
            let mut attributes: Attributes = [(Lt, lt), (Gt, gt)].into_iter().collect();
            attributes.set(St, st);
            attributes.check()
        };
        assert_eq!(with(1.0, 2.0, None), Ok(()));
        assert!(with(2.0, 2.0, None).is_err());
        assert_eq!(with(1.0, 6.0, Some(2.0)), Ok(()));
        assert!(with(1.0, 5.0, Some(2.0)).is_err());
    }

    #[test]
    fn pmax_is_ignored_where_it_cannot_count() {
        for (pmin, pmax, counts) in [
            (5.0, 10.0, Some(10.0)),
            (5.0, 5.0, Some(5.0)),
            (5.0, 4.0, None),
            (0.0, 0.0, None),
        ] {
            let attributes: Attributes = [(Pmin, pmin), (Pmax, pmax)].into_iter().collect();
            assert_eq!(attributes.effective_pmax(), counts, "{pmin} {pmax}");
        }
    }

    #[test]
    fn links_carry_attributes_among_others() {
        let links = coap::Links::parse(b"</3/0/7>;dim=2;pmin=10;lt=3").unwrap();
        let attributes = Attributes::of_link(&links.links[0]).unwrap();
        assert_eq!(attributes, [(Pmin, 10.0), (Lt, 3.0)].into_iter().collect());
    }

    #[test]
    fn every_attribute_is_found_by_its_name() {
        for (index, attribute) in Attribute::ALL.into_iter().enumerate() {
            assert_eq!(attribute as usize, index);
            assert_eq!(Attribute::from_name(attribute.name()), Some(attribute));
        }
    }
}
