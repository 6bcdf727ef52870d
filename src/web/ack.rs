//! The page behind the link in a message. GET shows, POST acknowledges: programs that preview links fetch them too.
//!
//! The token is the authority, so no password is asked for. Whoever has none learns nothing here. Sized for a phone, in
//! the officer's language; no script, nothing from elsewhere.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::escape::escaped;
use super::{NotNoted, Shared, Who};
use crate::config::Config;
use crate::inventory::{Language, OfficerId};
use crate::judgement::event::IncidentScope;
use crate::notify::ack::{BadLink, Claim};
use crate::paging::{How, NotAcknowledged, Which};
use crate::snapshot::{Incident, Snapshot};

/// Requests with a good token, and those with a bad one, each by themselves: who guesses does not keep an officer out.
#[derive(Default)]
pub struct Limits {
    good: Bucket,
    bad: Bucket,
}

/// So many at once, and so many a second from then on.
const BURST: f64 = 40.0;
const A_SECOND: f64 = 5.0;

struct Bucket {
    left: Mutex<(f64, Instant)>,
}

impl Default for Bucket {
    fn default() -> Self {
        Self { left: Mutex::new((BURST, Instant::now())) }
    }
}

impl Bucket {
    fn take(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let gained = now.saturating_duration_since(left.1).as_secs_f64() * A_SECOND;
        *left = ((left.0 + gained).min(BURST), now);
        if left.0 < 1.0 {
            return false;
        }
        left.0 -= 1.0;
        true
    }
}

pub async fn show(State(shared): State<Shared>, Path(token): Path<String>) -> Response {
    let claim = match claim(&shared, &token) {
        Ok(claim) => claim,
        Err(answer) => return answer,
    };
    let snapshot = shared.snapshot();
    let words = Words::of(language(&snapshot.config, &claim.officer));
    let mut body = String::new();
    match snapshot.incidents.iter().find(|incident| incident.id == claim.incident) {
        Some(incident) => describe(&mut body, incident, &snapshot, words),
        // An alert of Prometheus', or one that is over: the answer to the button says which.
        None => body.extend(["<p>", words.not_shown, "</p>\n"]),
    }
    let name = snapshot.config.inventory.officers.get(&claim.officer).map(|officer| officer.name.as_str());
    let _ = write!(
        body,
        "<form method=\"post\"><button>{}</button></form>\n<p class=\"small\">{}: {}</p>\n",
        words.button,
        words.officer,
        escaped(name.unwrap_or(claim.officer.as_str())),
    );
    page(StatusCode::OK, words, words.title, &body)
}

pub async fn acknowledge(State(shared): State<Shared>, Path(token): Path<String>) -> Response {
    let claim = match claim(&shared, &token) {
        Ok(claim) => claim,
        Err(answer) => return answer,
    };
    let config = std::sync::Arc::clone(&shared.snapshot().config);
    let words = Words::of(language(&config, &claim.officer));
    let which = Which::Incident(claim.incident);
    match shared.app.paging.acknowledge(which, Who::Officer(claim.officer), How::Link).await {
        Ok(noted) => {
            let until = local(noted.expires_at, &config.daemon.timezone);
            page(StatusCode::OK, words, words.noted, &format!("<p>{} {until}</p>\n", words.until))
        }
        Err(NotNoted::Not(NotAcknowledged::Unknown(_) | NotAcknowledged::NothingTold)) => {
            page(StatusCode::GONE, words, words.over, "")
        }
        Err(NotNoted::Stopping) => page(StatusCode::SERVICE_UNAVAILABLE, words, words.stopping, ""),
    }
}

/// What the token says, if it is good and not too many ask.
#[expect(clippy::result_large_err, reason = "the error is the answer, made once a request")]
fn claim(shared: &Shared, token: &str) -> Result<Claim, Response> {
    let read = shared.app.links.read(token, Timestamp::now());
    let bucket = if matches!(read, Err(BadLink::Forged)) { &shared.acks.bad } else { &shared.acks.good };
    let config = std::sync::Arc::clone(&shared.snapshot().config);
    if !bucket.take(Instant::now()) {
        let words = Words::of(config.daemon.language);
        return Err(page(StatusCode::TOO_MANY_REQUESTS, words, words.too_many, ""));
    }
    read.map_err(|bad| match bad {
        BadLink::Forged => {
            let words = Words::of(config.daemon.language);
            page(StatusCode::FORBIDDEN, words, words.forged, "")
        }
        BadLink::Expired(claim) => {
            let words = Words::of(language(&config, &claim.officer));
            page(StatusCode::FORBIDDEN, words, words.expired, "")
        }
    })
}

fn language(config: &Config, officer: &OfficerId) -> Language {
    config.inventory.officers.get(officer).and_then(|officer| officer.language).unwrap_or(config.daemon.language)
}

fn describe(body: &mut String, incident: &Incident, snapshot: &Snapshot, words: &Words) {
    let inventory = &snapshot.config.inventory;
    let subject = incident.subject.as_str();
    let name = match incident.scope {
        IncidentScope::Camera => inventory.cameras.get(subject).map(|camera| camera.name.as_str()),
        IncidentScope::Site => inventory.sites.get(subject).map(|site| site.name.as_str()),
        IncidentScope::Area => inventory.communes.get(subject).map(|commune| commune.name.as_str()),
        IncidentScope::Recorder | IncidentScope::Monitor => None,
    };
    // Writing to a String does not fail.
    let _ = write!(
        body,
        "<p class=\"what\">{}</p>\n<p>{}: {}</p>\n<p>{} {}</p>\n",
        escaped(name.unwrap_or(subject)),
        words.cameras,
        incident.cameras.len(),
        words.since,
        local(incident.since, &snapshot.config.daemon.timezone),
    );
}

fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M %d/%m/%Y").to_string()
}

/// What pages say.
struct Words {
    lang: &'static str,
    title: &'static str,
    button: &'static str,
    officer: &'static str,
    cameras: &'static str,
    since: &'static str,
    until: &'static str,
    not_shown: &'static str,
    noted: &'static str,
    over: &'static str,
    forged: &'static str,
    expired: &'static str,
    too_many: &'static str,
    stopping: &'static str,
}

impl Words {
    fn of(language: Language) -> &'static Self {
        match language {
            Language::Vietnamese => &VI,
            Language::English => &EN,
            Language::Korean => &KO,
        }
    }
}

static VI: Words = Words {
    lang: "vi",
    title: "Xác nhận sự cố",
    button: "Tôi đã nhận và đang xử lý",
    officer: "Người trực",
    cameras: "Số camera bị ảnh hưởng",
    since: "Từ",
    until: "Có hiệu lực đến",
    not_shown: "Nếu sự cố đã khôi phục, không cần làm gì thêm.",
    noted: "Đã ghi nhận. Cảm ơn!",
    over: "Sự cố này không còn mở; có thể đã khôi phục.",
    forged: "Liên kết không hợp lệ. Hãy mở lại từ tin nhắn.",
    expired: "Liên kết đã hết hạn. Hãy trả lời tin nhắn bằng OK và số sự cố.",
    too_many: "Quá nhiều yêu cầu. Hãy thử lại sau một phút.",
    stopping: "Hệ thống đang khởi động lại. Hãy thử lại sau một phút.",
};

static EN: Words = Words {
    lang: "en",
    title: "Acknowledge an incident",
    button: "I have it and am dealing with it",
    officer: "On duty",
    cameras: "Cameras affected",
    since: "Since",
    until: "Holds until",
    not_shown: "If it is over already, nothing more needs to be done.",
    noted: "Noted. Thank you!",
    over: "This incident is not open any more; it may be over.",
    forged: "This link is not valid. Open it from the message again.",
    expired: "This link has expired. Answer the message with OK and the incident's number.",
    too_many: "Too many requests. Try again in a minute.",
    stopping: "The system is restarting. Try again in a minute.",
};

static KO: Words = Words {
    lang: "ko",
    title: "사건 확인",
    button: "확인했으며 처리 중입니다",
    officer: "당직자",
    cameras: "영향받은 카메라 수",
    since: "시작",
    until: "유효 기한",
    not_shown: "이미 해결되었다면 더 하실 일은 없습니다.",
    noted: "확인되었습니다. 감사합니다!",
    over: "이 사건은 더 이상 열려 있지 않습니다. 이미 해결되었을 수 있습니다.",
    forged: "유효하지 않은 링크입니다. 메시지에서 다시 여십시오.",
    expired: "만료된 링크입니다. 메시지에 OK와 사건 번호로 답하십시오.",
    too_many: "요청이 너무 많습니다. 1분 후 다시 시도하십시오.",
    stopping: "시스템을 다시 시작하는 중입니다. 1분 후 다시 시도하십시오.",
};

fn page(status: StatusCode, words: &Words, heading: &str, body: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>camwatch</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\n\
         html {{ background: Canvas; color: CanvasText; }}\n\
         body {{ font-family: sans-serif; line-height: 1.5; max-width: 30rem; margin: 1rem auto; padding: 0 1rem; }}\n\
         h1 {{ font-size: 1.3rem; }} .what {{ font-weight: bold; }} .small {{ font-size: .9rem; }}\n\
         button {{ font-size: 1.1rem; padding: 1rem; width: 100%; background: #007a3d; color: #fff; border: 0; }}\n\
         </style>\n</head>\n<body>\n<h1>{heading}</h1>\n{body}</body>\n</html>\n",
        words.lang
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn so_many_are_answered_at_once_and_then_a_few_a_second() {
        let bucket = Bucket::default();
        let now = Instant::now() + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| bucket.take(now)).count(), 40);
        assert_eq!((0..100).filter(|_| bucket.take(now + Duration::from_secs(2))).count(), 10);
    }
}
