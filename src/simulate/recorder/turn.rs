//! What can be changed on a recorder while it runs, as words: for the control port, scripts and weather.

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::time::Duration;

use super::fault::RecorderBehaviour;
use super::options::DiskState;

/// One change. As words it reads `disk 1 error` or `channel 3 stopped`; see [`Turn::help`].
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    Behave(RecorderBehaviour),
    /// A disk, numbered from 1, stands so from now on.
    Disk(usize, DiskState),
    /// The clock is so many seconds ahead, as if it had always been.
    Clock(i64),
    /// The zone, seconds east of UTC.
    Zone(i32),
    /// A channel, numbered from 1, is recorded again.
    Recording(usize),
    /// A channel is recorded no more, and was not for so many seconds before either.
    Stopped(usize, u32),
    /// The camera behind a channel is gone, or there again; what is not there is not recorded.
    Online(usize, bool),
    /// So many days are held of one channel, or of all.
    Held(Option<usize>, f64),
    Password(String),
    /// Another device stands at the same address: another serial number.
    Replaced,
    /// The device restarts: its nonces are forgotten.
    Restarted,
    /// An administrator unlocks the account.
    Unlocked,
    /// True time leaps forward, for every device that shares the clock.
    Advanced(Duration),
}

/// Words that are no [`Turn`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} changes nothing that a recorder has; `GET /faults/recorders` lists what there is")]
pub struct UnknownTurn(String);

impl Turn {
    /// Every form, one a line, with what it does.
    #[must_use]
    pub fn help() -> String {
        let states: Vec<&str> = DiskState::WORDS.iter().map(|(word, _)| *word).collect();
        let forms = [
            ("disk N STATE", format!("disk N stands so: {}, or a word of the vendor's", states.join(", "))),
            ("clock SECONDS", "the clock is so far ahead (or behind, where negative) of true time".to_owned()),
            ("zone +HH:MM", "the zone that it believes to be in".to_owned()),
            ("channel N WORD", "stopped, recording: whether it is recorded; offline, online: its camera".to_owned()),
            ("channel N stopped SECONDS", "not recorded for so long before now, and no more".to_owned()),
            ("channel N held DAYS", "so many days are held of this channel".to_owned()),
            ("held DAYS", "so many days are held of every channel".to_owned()),
            ("password TEXT", "the account's password from now on".to_owned()),
            ("replaced", "another device at the same address: another serial number".to_owned()),
            ("restarted", "logins made for the old challenge are stale".to_owned()),
            ("unlocked", "the account is unlocked".to_owned()),
            ("advanced SECONDS", "true time leaps forward, for every device that shares the clock".to_owned()),
        ];
        forms.iter().fold(String::new(), |mut text, (form, says)| {
            let _ = writeln!(text, "{form:26}{says}");
            text
        })
    }
}

impl From<RecorderBehaviour> for Turn {
    fn from(behaviour: RecorderBehaviour) -> Self {
        Self::Behave(behaviour)
    }
}

impl FromStr for Turn {
    type Err = UnknownTurn;

    fn from_str(text: &str) -> Result<Self, UnknownTurn> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words, text).ok_or_else(|| UnknownTurn(text.trim().chars().take(60).collect()))
    }
}

fn parse(words: &[&str], text: &str) -> Option<Turn> {
    let number = |word: &str| word.parse::<usize>().ok().filter(|number| *number > 0);
    let days = |word: &str| word.parse::<f64>().ok().filter(|days| (0.0..=36_500.0).contains(days));
    Some(match words {
        ["disk", disk, word] => {
            let known = DiskState::WORDS.iter().find(|(one, _)| one == word).map(|(_, state)| state.clone());
            Turn::Disk(number(disk)?, known.unwrap_or_else(|| DiskState::Word((*word).to_owned())))
        }
        ["clock", seconds] => Turn::Clock(seconds.parse().ok()?),
        ["zone", zone] => {
            let (sign, rest) = match zone.split_at_checked(1)? {
                ("+", rest) => (1, rest),
                ("-", rest) => (-1, rest),
                _ => return None,
            };
            let (hours, minutes) = rest.split_once(':')?;
            let (hours, minutes) = (hours.parse::<u8>().ok()?, minutes.parse::<u8>().ok()?);
            (hours <= 18 && minutes < 60)
                .then(|| Turn::Zone(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60)))?
        }
        ["channel", channel, "recording"] => Turn::Recording(number(channel)?),
        ["channel", channel, "stopped"] => Turn::Stopped(number(channel)?, 0),
        ["channel", channel, "stopped", before] => Turn::Stopped(number(channel)?, before.parse().ok()?),
        ["channel", channel, "online"] => Turn::Online(number(channel)?, true),
        ["channel", channel, "offline"] => Turn::Online(number(channel)?, false),
        ["channel", channel, "held", held] => Turn::Held(Some(number(channel)?), days(held)?),
        ["held", held] => Turn::Held(None, days(held)?),
        ["password", ..] => Turn::Password(text.trim().split_once(char::is_whitespace)?.1.trim().to_owned()),
        ["replaced"] => Turn::Replaced,
        ["restarted"] => Turn::Restarted,
        ["unlocked"] => Turn::Unlocked,
        ["advanced", seconds] => Turn::Advanced(Duration::from_secs(seconds.parse().ok()?)),
        [word] => Turn::Behave(word.parse().ok()?),
        _ => return None,
    })
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Behave(behaviour) => behaviour.fmt(f),
            Self::Disk(disk, state) => {
                let word = DiskState::WORDS.iter().find(|(_, one)| one == state).map(|(word, _)| *word);
                let own = if let DiskState::Word(word) = state { word.as_str() } else { "" };
                write!(f, "disk {disk} {}", word.unwrap_or(own))
            }
            Self::Clock(seconds) => write!(f, "clock {seconds}"),
            Self::Zone(seconds) => write!(f, "zone {}", super::clock::offset(*seconds)),
            Self::Recording(channel) => write!(f, "channel {channel} recording"),
            Self::Stopped(channel, 0) => write!(f, "channel {channel} stopped"),
            Self::Stopped(channel, before) => write!(f, "channel {channel} stopped {before}"),
            Self::Online(channel, on) => write!(f, "channel {channel} {}", if *on { "online" } else { "offline" }),
            Self::Held(Some(channel), days) => write!(f, "channel {channel} held {days}"),
            Self::Held(None, days) => write!(f, "held {days}"),
            // Not even a simulated one is printed.
            Self::Password(_) => f.write_str("password ..."),
            Self::Replaced => f.write_str("replaced"),
            Self::Restarted => f.write_str("restarted"),
            Self::Unlocked => f.write_str("unlocked"),
            Self::Advanced(by) => write!(f, "advanced {}", by.as_secs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DiskState, Turn};

    #[test]
    fn words_say_what_changes_and_are_said_back() {
        let all = [
            "silent",
            "disk 1 error",
            "disk 2 abnormal",
            "clock -3600",
            "zone +08:00",
            "zone -05:30",
            "held 9",
            "channel 3 stopped",
            "channel 3 recording",
            "channel 3 stopped 7200",
            "channel 1 offline",
            "channel 2 held 1.5",
            "replaced",
            "restarted",
            "unlocked",
            "advanced 86400",
        ];
        for text in all {
            assert_eq!(text.parse::<Turn>().unwrap().to_string(), text);
        }
        assert_eq!("disk 1 smart-failed".parse(), Ok(Turn::Disk(1, DiskState::SmartFailed)));
        assert_eq!("password a b\n".parse(), Ok(Turn::Password("a b".into())));
        for text in ["", "disk", "disk 0 ok", "disk one ok", "zone 7", "held -1", "channel 1 sulking", "sulking"] {
            assert!(text.parse::<Turn>().is_err(), "{text:?}");
        }
    }
}
