//! How a simulated recorder misbehaves as a whole: its line, its web server, its login.
//!
//! Each has a word, by which the control port switches it. What is wrong with disks, clocks and channels is no behaviour:
//! such a recorder tells rightly that something is broken (see `turn`).

use crate::simulate::behaviour::behaviours;
use crate::simulate::door::DoorKind;

behaviours! {
    /// One way for a recorder to behave. Switched while it runs; see [`RecorderBehaviour::describe`].
    RecorderBehaviour;

    Ok "ok": "does everything right, in the manner of its kind",

    // The path.
    Refused "refused": "nothing listens on the port: connections are refused, open ones reset",
    Dropped "dropped" | "unreachable": "connection attempts get no answer at all; open connections fall silent (a cut line)",
    HalfOpen "half-open": "the kernel completes connections, but the program behind it hangs and never takes one",
    Silent "silent": "takes connections and requests and never says a word",
    Close "close": "closes the connection upon each request without an answer",
    Reset "reset" | "rst": "resets the connection upon each request",

    // Not HTTP, or hardly.
    NotHttp "not-http" | "ssh": "greets as an SSH server",
    Drip "drip": "answers one byte a second",
    Slow "slow": "takes five seconds for each answer",
    HugeHead "huge-head": "sends header lines without end",
    Huge "huge" | "huge-body": "sends a body without end",
    Truncated "truncated": "closes the connection in the middle of each body",

    // Logins.
    Unauthorized "unauthorized" | "401": "refuses every login as wrong",
    Locked "locked": "says that the account is locked, to whatever needs a login",
    OutOfConnections "out-of-connections": "answers every request with a 401, also a right login (too many connections)",

    // Answers that say no.
    Busy503 "busy-503" | "503": "503 Service Unavailable to everything",
    ServerError "server-error" | "500": "500 with the vendor's own error document to everything but the identity",
    Forbidden "forbidden" | "403": "the account may ask for the identity and for nothing else",
    WideWindow500 "wide-window-500": "answers searches over more than 31 days with an internal error",
    RedirectElsewhere "redirect-elsewhere" | "302": "302 to another host, with every path",
    HtmlLoginPage "html-login-page": "200 with the HTML of a login page for every path",

    // Bodies that are not what they should be.
    Deep "deep": "bodies that are nested without reason, 20,000 deep",
    Garbage "garbage": "bodies of random bytes",
    WrongEncoding "wrong-encoding": "names in GB 2312, declared as UTF-8",
    Empty "empty": "200 with an empty body to everything but the identity",
}

impl RecorderBehaviour {
    pub(super) fn door(self) -> DoorKind {
        match self {
            Self::Refused => DoorKind::Refused,
            Self::Dropped => DoorKind::Dropped,
            Self::HalfOpen => DoorKind::HalfOpen,
            _ => DoorKind::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RecorderBehaviour;

    #[test]
    fn every_behaviour_is_found_by_its_word_spelt_with_hyphens_or_underscores() {
        for behaviour in RecorderBehaviour::ALL {
            assert_eq!(behaviour.as_str().parse(), Ok(*behaviour));
            assert_eq!(behaviour.as_str().replace('-', "_").parse(), Ok(*behaviour));
        }
        assert!("sulking".parse::<RecorderBehaviour>().is_err());
    }
}
