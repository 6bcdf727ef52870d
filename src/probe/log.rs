//! What happened in a probe, step by step: put into words only where somebody reads it. No secret stands in it.

use std::fmt;
use std::time::Duration;

use crate::observation::Phase;

/// One step of a probe.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A phase was done; milliseconds that it took.
    Phase(Phase, f64),
    /// The camera answered a request.
    Answer { method: String, uri: String, with_login: bool, status: u16, took: Duration },
    /// Anything else.
    Said(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase, took) => write!(f, "{}: {took} ms", phase.as_str()),
            Self::Answer { method, uri, with_login, status, took } => {
                let with = if *with_login { " with login" } else { "" };
                write!(f, "{method} {uri}{with}: {status} ({:.1} ms)", took.as_secs_f64() * 1000.0)
            }
            Self::Said(text) => f.write_str(text),
        }
    }
}
