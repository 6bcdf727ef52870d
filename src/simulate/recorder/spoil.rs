//! Answers that are wrong in the same way for every kind of recorder.

use super::device::Recorder;
use super::fault::RecorderBehaviour;
use super::http::{Answer, Request};
use crate::simulate::camera::count;

/// So deep are bodies nested that are nested without reason.
const DEEP: usize = 20_000;

/// What is answered before anybody asks for a login, where this behaviour does that.
pub(super) fn before_login(recorder: &Recorder, request: &Request, behaviour: RecorderBehaviour) -> Option<Answer> {
    let answer = match behaviour {
        RecorderBehaviour::RedirectElsewhere => {
            let host = recorder.options.other_host.unwrap_or_else(|| ([127, 0, 0, 1], 9).into());
            Answer::new(302, "text/html", "").with("Location", format!("http://{host}{}", request.target))
        }
        RecorderBehaviour::HtmlLoginPage => Answer::new(200, "text/html", LOGIN_PAGE),
        RecorderBehaviour::Busy503 => Answer::new(503, "text/html", BUSY_PAGE),
        _ => return None,
    };
    // Who sends a login with such a request gives it away for nothing.
    if request.header("Authorization").is_none() {
        count(&recorder.counters.without_login);
    } else {
        count(&recorder.counters.logins_turned_away);
    }
    Some(answer)
}

/// What is answered behind the login in place of the right thing.
pub(super) fn behind_login(behaviour: RecorderBehaviour, identity: bool, xml: bool) -> Option<Answer> {
    match behaviour {
        RecorderBehaviour::Deep if xml => {
            let body = format!("<?xml version=\"1.0\"?>{}{}", "<a>".repeat(DEEP), "</a>".repeat(DEEP));
            Some(Answer::new(200, "application/xml", body))
        }
        RecorderBehaviour::Deep => {
            Some(Answer::text(format!("table{}=1\r\nlist{}=1\r\n", ".a".repeat(DEEP), "[0]".repeat(DEEP))))
        }
        RecorderBehaviour::Garbage => {
            let body: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(4096).collect();
            Some(Answer::new(200, if xml { "application/xml" } else { "text/plain" }, body))
        }
        RecorderBehaviour::Empty if !identity => Some(Answer::new(200, "", "")),
        _ => None,
    }
}

const LOGIN_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Login</title></head><body>\
     <form method=\"post\" action=\"/doc/page/login.asp\"><input name=\"user\"><input name=\"password\" type=\"password\">\
     </form></body></html>\n";
const BUSY_PAGE: &str = "<html><body><h1>503 Service Unavailable</h1></body></html>\n";
