//! A rule: its code, how bad it is to break it, where it stands, and the function that looks.

use crate::finding::{Remark, Severity};
use crate::{page, registry, rules, schema};

/// A rule for one kind of subject; `check` returns every place that breaks it.
pub(crate) struct Rule<C> {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    /// What has to be so.
    pub(crate) about: &'static str,
    /// The document that says it.
    pub(crate) source: &'static str,
    pub(crate) check: C,
}

/// What breaks a rule, once it is known which.
pub(crate) struct Broken {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) remark: Remark,
}

/// A rule as a person reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Code of its findings.
    pub code: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What has to be so.
    pub about: &'static str,
    /// The document that says it.
    pub source: &'static str,
}

/// A rule, in one line of a table.
pub(crate) const fn rule<C: Copy>(
    code: &'static str,
    severity: Severity,
    about: &'static str,
    source: &'static str,
    check: C,
) -> Rule<C> {
    Rule {
        code,
        severity,
        about,
        source,
        check,
    }
}

/// A rule of OMA's table of validator codes.
pub(crate) const fn coded<C: Copy>(
    code: &'static str,
    severity: Severity,
    about: &'static str,
    check: C,
) -> Rule<C> {
    rule(code, severity, about, CODES, check)
}

/// Every rule, OMA's codes first.
pub fn codes() -> Vec<Listed> {
    let mut all = Vec::new();
    list(&mut all, &page::FILE);
    list(&mut all, &rules::PAGE);
    list(&mut all, &schema::PARENT);
    list(&mut all, &rules::OBJECT);
    list(&mut all, &rules::RESOURCE);
    list(&mut all, &registry::ENTRY);
    list(&mut all, &registry::HISTORY);
    list(&mut all, &registry::INDEX_ROOT);
    list(&mut all, &registry::INDEX_PARENT);
    list(&mut all, &registry::COMMON);
    list(&mut all, &registry::COMMON_LIST);
    list(&mut all, &registry::COMMON_PARENT);
    all.sort_by_key(|rule| rule.code);
    all
}

fn list<C>(all: &mut Vec<Listed>, rules: &[Rule<C>]) {
    all.extend(rules.iter().map(|rule| Listed {
        code: rule.code,
        severity: rule.severity,
        about: rule.about,
        source: rule.source,
    }));
}

/// What breaks any of `rules`, whose checks `look` runs.
pub(crate) fn broken<C>(
    rules: &[Rule<C>],
    look: impl Fn(&C) -> Vec<Remark>,
) -> impl Iterator<Item = Broken> {
    rules.iter().flat_map(move |rule| {
        look(&rule.check).into_iter().map(|remark| Broken {
            code: rule.code,
            severity: rule.severity,
            remark,
        })
    })
}

/// OMA's table of validator codes.
pub(crate) const CODES: &str = "OMA, Validation Error Code";

/// The schemas of object definitions.
pub(crate) const SCHEMA: &str = "LWM2M.xsd, LWM2M-v1_1.xsd";

/// OMA's advice to those who register.
pub(crate) const GUIDELINES: &str = "OMA, Guidelines for defining LwM2M Objects and Resources";
