//! The demo's faults: what breaks and is mended when, told as it happens.

use std::time::Duration;

use super::commune::{BRIDGE, CHANGING_CREDENTIAL, PASSWORDS, USERNAME};
use super::texts::Text;
use crate::simulate::{Auth, Behaviour, Fleet, SimulateError, Turn};

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Camera(&'static str, Behaviour),
    /// A recorder, and what changes in the words of its control port.
    Recorder(&'static str, &'static str),
    Cut,
    Mend,
    /// The devices of one account know another password from now on.
    ChangePassword,
    /// The operator writes that password down and reloads.
    WritePassword,
}

/// Seconds since the beginning of a round, what happens, what is said of it. The whole first round of faults lies
/// within the first minute.
pub(super) const ROUND: &[(u64, Act, Text)] = &[
    (10, Act::Camera("lt-02", Behaviour::Refused), Text::Refused),
    (12, Act::Recorder("tt-nvr", "disk 1 error"), Text::Disk),
    (14, Act::Cut, Text::Cut),
    (16, Act::Recorder("cm-nvr", "clock 7200"), Text::Clock),
    (18, Act::Camera("ho-07-01", Behaviour::Silent), Text::Silent),
    (21, Act::Camera("thcs-02", Behaviour::Lossy), Text::Lossy),
    // As if it were noticed late: what counts is how long ago the newest recording ends.
    (23, Act::Recorder("lt-nvr", "channel 4 stopped 7200"), Text::Stopped),
    (25, Act::ChangePassword, Text::Password),
    (29, Act::Camera("cm-03", Behaviour::NoKeyframe), Text::NoKeyframe),
    (33, Act::Camera("lt-02", Behaviour::Ok), Text::RefusedOver),
    (37, Act::Mend, Text::CutOver),
    (42, Act::Camera("ho-07-01", Behaviour::Ok), Text::SilentOver),
    (44, Act::Recorder("tt-nvr", "disk 1 ok"), Text::DiskOver),
    (46, Act::Camera("thcs-02", Behaviour::Ok), Text::LossyOver),
    (48, Act::Recorder("cm-nvr", "clock 0"), Text::ClockOver),
    (50, Act::WritePassword, Text::PasswordOver),
    (52, Act::Recorder("lt-nvr", "channel 4 recording"), Text::StoppedOver),
    (54, Act::Camera("cm-03", Behaviour::Ok), Text::NoKeyframeOver),
];
/// How long a round lasts: then all has cleared and it begins anew.
pub(super) const ROUND_LASTS: Duration = Duration::from_secs(90);

/// The password that the devices know after so many changes.
pub(super) fn changed_password(changes: u32) -> String {
    let first = PASSWORDS.iter().find(|(id, _)| *id == CHANGING_CREDENTIAL).map_or("", |(_, password)| password);
    format!("{}{}", first.trim_end_matches('1'), changes + 1)
}

impl Act {
    /// The camera or recorder that it is about.
    pub(super) fn subject(self) -> Option<&'static str> {
        match self {
            Self::Camera(subject, _) | Self::Recorder(subject, _) => Some(subject),
            _ => None,
        }
    }

    /// Does it, but for what the operator does.
    pub(super) async fn perform(self, fleet: &Fleet, changes: u32) -> Result<(), SimulateError> {
        match self {
            Self::Camera(name, behaviour) => match fleet.camera(name) {
                Some(camera) => camera.set(behaviour).await,
                None => Ok(()),
            },
            Self::Recorder(name, words) => match (fleet.recorder_named(name), words.parse::<Turn>()) {
                (Some(recorder), Ok(turn)) => recorder.turn(turn).await,
                _ => Ok(()),
            },
            Self::Cut => fleet.cut_site(BRIDGE).await,
            Self::Mend => fleet.restore_site(BRIDGE).await,
            Self::ChangePassword => {
                for camera in fleet.cameras().iter().filter(|camera| camera.site() == Some(CHANGING_CREDENTIAL)) {
                    camera.set_auth(Some(Auth::new(USERNAME, &changed_password(changes))));
                }
                Ok(())
            }
            Self::WritePassword => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Act, ROUND, ROUND_LASTS, changed_password};
    use crate::simulate::Behaviour;

    #[test]
    fn every_fault_of_a_round_goes_again_within_the_first_minute() {
        assert!(ROUND.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(ROUND.iter().all(|(at, ..)| *at < 60) && ROUND_LASTS.as_secs() > 60);
        let mut broken = BTreeMap::new();
        for (_, act, _) in ROUND {
            let (what, is_broken) = match act {
                Act::Camera(camera, behaviour) => (*camera, *behaviour != Behaviour::Ok),
                Act::Recorder(recorder, words) => {
                    assert!(words.parse::<crate::simulate::Turn>().is_ok(), "{words}");
                    (*recorder, !["disk 1 ok", "clock 0", "channel 4 recording"].contains(words))
                }
                Act::Cut => ("line", true),
                Act::Mend => ("line", false),
                Act::ChangePassword => ("password", true),
                Act::WritePassword => ("password", false),
            };
            assert_ne!(broken.insert(what, is_broken), Some(is_broken), "{what}");
        }
        assert!(broken.values().all(|is_broken| !is_broken));
    }

    #[test]
    fn each_change_makes_another_password() {
        assert_eq!([0, 1, 2].map(changed_password), ["suc-khoe-1", "suc-khoe-2", "suc-khoe-3"]);
    }
}
