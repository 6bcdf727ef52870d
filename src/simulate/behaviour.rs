//! How a simulated camera behaves: rightly, or wrong in one of the ways that cameras and their networks are.
//!
//! Each has a word, by which the control port switches it, and a line that says what a client sees. What a prober
//! should call it is not this room's business.

/// A list of ways to behave, each with its word, other words for it, and what a client sees.
macro_rules! behaviours {
    ($(#[$doc:meta])* $name:ident; $($variant:ident $word:literal $(| $alias:literal)* : $says:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $says] $variant,)*
        }

        impl $name {
            /// All, in the order in which `GET /faults` lists them; the right one first.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word by which it is switched.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What a client sees, in one line.
            #[must_use]
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => $says,)* }
            }
        }

        #[allow(clippy::derivable_impls)] // The macro cannot mark one variant as the default.
        impl Default for $name {
            fn default() -> Self {
                Self::Ok
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::simulate::UnknownBehaviour;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word.replace('_', "-").as_str() {
                    $($word $(| $alias)* => Ok(Self::$variant),)*
                    _ => Err($crate::simulate::UnknownBehaviour::new(word)),
                }
            }
        }
    };
}
pub(super) use behaviours;

behaviours! {
    /// One way to behave. Switched while the camera runs; see [`Behaviour::describe`] for what each means.
    Behaviour;

    Ok "ok": "does everything right",

    // The path.
    Refused "refused": "nothing listens on the port: connections are refused, running ones reset",
    Dropped "dropped" | "unreachable": "connection attempts get no answer at all; running sessions fall silent (a cut line)",
    HalfOpen "half-open": "the kernel completes connections, but the program behind it hangs and never takes one",
    Silent "silent": "accepts connections and never says a word",
    Close "close": "accepts connections and closes them at once",
    Reset "reset" | "rst": "resets the connection upon the first request",
    ResetPlaying "reset-playing": "resets the connection where media should begin",

    // Not RTSP, or hardly.
    Http "http": "answers in HTTP",
    Ssh "ssh": "greets as an SSH server",
    Garbage "garbage": "sends text that is neither RTSP nor media after PLAY",
    HalfHead "half-head": "sends half a response, then nothing",
    Drip "drip": "answers one byte a second",
    EndlessAnswer "endless-answer" | "hugebody": "announces a body of 100 GB and sends on and on",
    HugeHead "huge-head" | "hugehdr": "sends header lines without end",
    LongLine "long-line" | "longline": "sends one header line without end",

    // Answers that say no.
    Unauthorized "unauthorized" | "401": "refuses every login",
    StaleNonce "stale-nonce" | "stale": "answers every login with a new nonce and stale=true",
    HangUp "hang-up": "asks for a login and hangs up, as if it were to come on a new connection",
    Forbidden "forbidden" | "403": "403 Forbidden, as for a locked account",
    NotFound "not-found" | "404": "404 Not Found",
    Busy "busy" | "453": "453 Not Enough Bandwidth, as when all sessions are taken",
    Unavailable "unavailable" | "503": "503 Service Unavailable",
    ServerError "server-error" | "500": "500 Internal Server Error",
    Redirect "redirect" | "302": "302 to another address",
    UdpOnly "udp-only" | "udponly" | "461": "461 Unsupported Transport to TCP; serves UDP",

    // Odd, but to be understood.
    ContentTypeCharset "content-type-charset" | "ctcharset": "Content-Type: application/sdp; charset=utf-8",
    BareLf "bare-lf" | "lf": "ends lines of its responses with a bare LF",
    SpacedTimeout "spaced-timeout" | "tmospace": "Session: ID; timeout = 60",
    SessionExtra "session-extra": "Session: ID;foo=1;timeout=60;bar=2",
    EmptyHeader "empty-header" | "emptyhdr": "sends a header without a value",
    NoReason "no-reason" | "noreason": "sends status lines without a reason phrase",
    NoCseq "no-cseq" | "nocseq": "leaves `CSeq` out of its responses",

    // Descriptions.
    BadSdp "bad-sdp" | "badsdp": "sends an SDP that does not parse",
    EmptyFormat "empty-format" | "emptyfmt": "sends an m= line whose format is spaces only",
    EmptyFormat2 "empty-format-2" | "emptyfmt2": "sends an m= line that ends after RTP/AVP",
    NoMediaSection "no-media-section" | "nomedia": "sends an SDP without any m= line",
    AudioOnly "audio-only" | "audioonly": "offers sound and no video",
    Vp8 "vp8": "offers video in VP8",
    OtherHostBase "other-host-base" | "cbhost": "names another host in Content-Base",
    OtherHostTool "other-host-tool" | "cbtool": "the same, and calls itself an old live555; closes upon TEARDOWN",

    // Sessions.
    HugeTimeout "huge-timeout" | "hugetmo": "Session timeout of 4294967295 s",
    Timeout65 "timeout-65" | "tmo65": "Session timeout of 65 s",
    OneSecond "one-second" | "onesec": "Session timeout of 1 s",
    TeardownHang "teardown-hang" | "tdhang": "never answers TEARDOWN",
    ServerRequest "server-request" | "srvreq": "sends an OPTIONS request of its own in the middle of media",

    // Media.
    NoMedia "no-media" | "nomediaplay": "answers PLAY and sends nothing",
    NoKeyframe "no-keyframe" | "noidr": "sends pictures, but never a key frame",
    IntraRefresh "intra-refresh" | "intrarefresh": "H.264 with recovery points and never an IDR picture",
    Stall "stall" | "freeze": "stops in the middle of the first key frame; the connection stays",
    StallLater "stall-later": "stops after the first key frame; the connection stays",
    EndMedia "end-media": "closes the connection in the middle of the first key frame",
    PanicPush "panic-push" | "panicpush": "a damaged packet right behind a frame that only its timestamp ends, again and again",
    EndlessFrame "endless-frame" | "endlessau": "a frame that never ends, as fast as it can",
    MidFragment "mid-fragment" | "midfu": "begins in the middle of a fragmented picture",
    ForeignSsrc "foreign-ssrc" | "ssrc": "one packet of another source in between",
    BadTimestamps "bad-timestamps" | "badts": "timestamps leap and go back",
    OutOfOrder "out-of-order" | "ooo": "every second pair of packets arrives in the wrong order",
    WrongPayloadType "wrong-payload-type" | "wrongpt": "packets carry another payload type than the SDP",
    Lossy "lossy" | "loss": "loses every fourth packet but those of the first key frame",
    Slow "slow": "sends a tenth of the frames that it declares",

    // The picture.
    Frozen "frozen": "shows the same picture for ever",
    Black "black": "shows black",
}

/// A word that names no behaviour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no behaviour is called {0:?}; `GET /faults` lists them all")]
pub struct UnknownBehaviour(String);

impl UnknownBehaviour {
    pub(crate) fn new(word: &str) -> Self {
        Self(word.chars().take(40).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Behaviour;

    #[test]
    fn every_behaviour_is_found_by_its_own_word_and_the_right_one_is_the_default() {
        for behaviour in Behaviour::ALL {
            assert_eq!(behaviour.as_str().parse(), Ok(*behaviour));
            assert!(!behaviour.describe().is_empty());
        }
        assert_eq!(Behaviour::default(), Behaviour::Ok);
        assert_eq!("401".parse(), Ok(Behaviour::Unauthorized));
        assert!("sulking".parse::<Behaviour>().is_err());
    }
}
