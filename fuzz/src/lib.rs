//! A device that answers with what the fuzzer wants.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use camwatch::device::exchange::{Answer, Exchange, Login, Request, Trouble};
use camwatch::device::finding::{Wish, WishDepth};
use camwatch::inventory::{Credential, CredentialId};
use camwatch::secret::Secret;
use jiff::Timestamp;
use jiff::civil::date;

/// What parts one answer from the next.
const NEXT: &[u8] = b"\n--\n";

/// An answer of this status and body.
pub fn answer(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        content_type: String::new(),
        body: body.to_vec(),
        challenged: false,
        sent: now(),
        took: Duration::from_millis(20),
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_795_309_200).expect("a moment in November 2026")
}

/// Hands out the pieces of an input, one for each request, over and over. The first byte of a piece is its status.
pub struct Pieces<'a> {
    pieces: Vec<&'a [u8]>,
    asked: usize,
    most: usize,
}

impl<'a> Pieces<'a> {
    /// More requests than `most` in one poll are a device that keeps us busy for ever: a finding.
    pub fn new(input: &'a [u8], most: usize) -> Self {
        let mut pieces = Vec::new();
        let mut rest = input;
        while let Some(at) = rest.windows(NEXT.len()).position(|part| part == NEXT) {
            pieces.push(&rest[..at]);
            rest = &rest[at + NEXT.len()..];
        }
        pieces.push(rest);
        Self { pieces, asked: 0, most }
    }
}

impl Exchange for Pieces<'_> {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        if let Login::Token(make) = request.login {
            let id = CredentialId::new("fuzz").expect("an id");
            let password = Secret::new("none");
            make(&Credential { id, username: "monitor".to_owned(), password });
        }
        let piece = self.pieces[self.asked % self.pieces.len()];
        self.asked += 1;
        assert!(self.asked <= self.most, "more than {} requests in one poll", self.most);
        let (status, body) = piece.split_first().unwrap_or((&b' ', b""));
        match status {
            b'0' => Err(Trouble::Denied),
            b'1' => Err(Trouble::TooLarge(2 << 20)),
            b'2' => Err(Trouble::Silent),
            b'3' => Ok(answer(400, body)),
            b'4' => Ok(answer(403, body)),
            b'5' => Ok(answer(500, body)),
            b'6' => Ok(answer(404, body)),
            _ => Ok(answer(200, body)),
        }
    }

    fn now(&self) -> Timestamp {
        now()
    }
}

/// A scan of three channels and four days, or a look at the present.
pub fn wish(scan: bool) -> Wish {
    Wish {
        depth: if scan { WishDepth::Scan } else { WishDepth::Metadata },
        channels: vec![1, 2, 33],
        days: (date(2026, 10, 30), date(2026, 11, 2)),
        zone_offset_seconds: 7 * 3600,
    }
}

/// Runs what never waits.
pub fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("an exchange without a network never waits"),
    }
}
