//! `[checks]`: what a broken check or a reconciliation exception does, where that is not what its author wrote.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::settings::choice::Severity;
use crate::settings::file::File;
use crate::settings::given::GivenBy;

/// A severity that the file gives. Whether there is such a check or code is for whoever knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenSeverity {
    /// It.
    pub severity: Severity,
    /// The line.
    pub by: GivenBy,
}

pub(crate) fn resolve(file: &File) -> Result<BTreeMap<String, GivenSeverity>> {
    let severity = |(name, given): (&String, &crate::settings::given::Given<String>)| {
        Ok((name.clone(), GivenSeverity { severity: given.choose()?, by: given.by.clone() }))
    };
    file.checks.iter().map(severity).collect()
}
