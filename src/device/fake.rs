//! A device for tests: a table of answers in place of a network.

use std::time::Duration;

use jiff::Timestamp;

use super::exchange::{Answer, Exchange, Method, Request, Trouble};

type Handler = Box<dyn FnMut(&str, &str) -> Result<(u16, Vec<u8>), Trouble> + Send>;

/// Answers by what is asked, and keeps what was.
pub struct Fake {
    answer: Handler,
    pub now: Timestamp,
    /// Method and path of each request, in order.
    pub asked: Vec<String>,
    /// Bodies, in the same order.
    pub bodies: Vec<String>,
}

impl Fake {
    /// `answer` is given "GET /path" and the body.
    pub fn new(now: &str, answer: impl FnMut(&str, &str) -> Result<(u16, Vec<u8>), Trouble> + Send + 'static) -> Self {
        Self { answer: Box::new(answer), now: now.parse().expect("a time"), asked: Vec::new(), bodies: Vec::new() }
    }

    pub fn count(&self, part: &str) -> usize {
        self.asked.iter().filter(|asked| asked.contains(part)).count()
    }
}

impl Exchange for Fake {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        let method = if request.method == Method::Get { "GET" } else { "POST" };
        let asked = format!("{method} {}", request.path);
        let body = String::from_utf8(request.body).expect("requests are text");
        let answer = (self.answer)(&asked, &body);
        self.asked.push(asked);
        self.bodies.push(body);
        let (status, body) = answer?;
        Ok(answer_of(status, body, self.now))
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

/// An answer that took no time.
pub fn answer_of(status: u16, body: impl Into<Vec<u8>>, sent: Timestamp) -> Answer {
    Answer { status, content_type: String::new(), body: body.into(), challenged: false, sent, took: Duration::ZERO }
}
