//! Why a handshake cannot go on: the alert that says so, and words for people.

use crate::alert::AlertDescription;
use crate::wire::DecodeError;

/// A reason to end with a fatal alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) alert: AlertDescription,
    pub(super) because: String,
}

impl Failure {
    pub(super) fn new(alert: AlertDescription, because: impl Into<String>) -> Self {
        Self {
            alert,
            because: because.into(),
        }
    }

    pub(super) fn illegal(because: impl Into<String>) -> Self {
        Self::new(AlertDescription::ILLEGAL_PARAMETER, because)
    }

    pub(super) fn handshake(because: impl Into<String>) -> Self {
        Self::new(AlertDescription::HANDSHAKE_FAILURE, because)
    }

    pub(super) fn unexpected(because: impl Into<String>) -> Self {
        Self::new(AlertDescription::UNEXPECTED_MESSAGE, because)
    }

    pub(super) fn internal(because: impl Into<String>) -> Self {
        Self::new(AlertDescription::INTERNAL_ERROR, because)
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::new(AlertDescription::DECODE_ERROR, error.to_string())
    }
}

impl From<credentials::Fault> for Failure {
    fn from(fault: credentials::Fault) -> Self {
        Self::new(AlertDescription(fault.alert()), fault.to_string())
    }
}
