//! `configManager.cgi`: tables of settings, as far as anybody reads them.

use std::fmt::Write as _;

use super::super::archive::Schedule;
use super::super::device::Recorder;
use super::super::http::Answer;

/// Nothing where there is no table of that name.
pub(super) fn answer(recorder: &Recorder, name: &str) -> Option<Answer> {
    Some(Answer::text(match name {
        "NTP" => ntp(recorder),
        "Locales" => "table.Locales.DSTEnable=false\r\ntable.Locales.TimeFormat=yyyy-MM-dd HH:mm:ss\r\n".to_owned(),
        "General" => general(recorder),
        "ChannelTitle" => titles(recorder),
        "RemoteDevice" => remote_devices(recorder),
        "RecordMode" => record_modes(recorder),
        "Record" => schedules(recorder),
        "Encode" => encoders(recorder),
        _ => return None,
    }))
}

fn ntp(recorder: &Recorder) -> String {
    // An index of the vendor's own list of zones.
    let zone = match recorder.state().dial.zone_seconds {
        25_200 => (15, "Bangkok"),
        28_800 => (16, "Beijing"),
        0 => (0, "London"),
        _ => (25, "Easterntime"),
    };
    format!(
        "table.NTP.Address=time.example.net\r\ntable.NTP.Enable=true\r\ntable.NTP.Port=123\r\n\
         table.NTP.TimeZone={}\r\ntable.NTP.TimeZoneDesc={}\r\ntable.NTP.UpdatePeriod=60\r\n",
        zone.0, zone.1
    )
}

fn general(recorder: &Recorder) -> String {
    let (after, lasts) = recorder.lockout.policy();
    format!(
        "table.General.LocalNo=8\r\ntable.General.LockLoginEnable={}\r\ntable.General.LockLoginTimes={}\r\n\
         table.General.LoginFailLockTime={lasts}\r\ntable.General.MachineName={}\r\n",
        after.is_some(),
        after.unwrap_or_default(),
        recorder.spelt(&recorder.name)
    )
}

/// As many slots as the model has, also empty ones.
fn titles(recorder: &Recorder) -> String {
    let state = recorder.state();
    let slots = state.channels.len().next_power_of_two().max(4);
    let mut text = String::new();
    for slot in 0..slots {
        let name = state.channels.get(slot).map_or_else(|| format!("CH{}", slot + 1), |one| recorder.spelt(&one.name));
        let _ = write!(text, "table.ChannelTitle[{slot}].Name={name}\r\ntable.ChannelTitle[{slot}].SerialNo=\r\n");
    }
    text
}

fn remote_devices(recorder: &Recorder) -> String {
    let state = recorder.state();
    let rows = (0..state.channels.len()).map(|slot| {
        let row = format!("table.RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{slot}");
        format!(
            "{row}.Address=192.0.2.{}\r\n{row}.DeviceType=IPC-HFW2431S\r\n{row}.Enable=true\r\n{row}.Port=37777\r\n\
             {row}.SerialNo=7F00000PAG{slot:05}\r\n{row}.Vendor=Private\r\n",
            100 + slot % 100
        )
    });
    rows.collect()
}

/// `getCameraAll`: what stands behind the slots.
pub(super) fn cameras(recorder: &Recorder) -> Answer {
    let state = recorder.state();
    let rows = (0..state.channels.len()).map(|slot| {
        format!(
            "cameras[{slot}].DeviceInfo.Address=192.0.2.{}\r\ncameras[{slot}].DeviceInfo.Enable=true\r\n\
             cameras[{slot}].Enable=true\r\ncameras[{slot}].Type=Remote\r\ncameras[{slot}].UniqueChannel={slot}\r\n",
            100 + slot % 100
        )
    });
    Answer::text(rows.collect::<String>())
}

/// 0 by schedule, 1 always, 2 never.
fn record_modes(recorder: &Recorder) -> String {
    let state = recorder.state();
    let rows = state.channels.iter().enumerate().map(|(slot, channel)| {
        let mode = if channel.archive.schedule == Schedule::Off { 2 } else { 0 };
        format!("table.RecordMode[{slot}].Mode={mode}\r\ntable.RecordMode[{slot}].ModeExtra1=2\r\n")
    });
    rows.collect()
}

/// Seven days and one of holidays, six sections a day, each with a mask: 1 regular, 2 motion.
fn schedules(recorder: &Recorder) -> String {
    let state = recorder.state();
    let mut text = String::new();
    for (slot, channel) in state.channels.iter().enumerate() {
        let mask = match channel.archive.schedule {
            Schedule::Continuous => 1,
            Schedule::Motion => 2,
            Schedule::Off => 0,
        };
        let row = format!("table.Record[{slot}]");
        let _ = write!(text, "{row}.Enable=false\r\n{row}.PreRecord=4\r\n{row}.Redundancy=false\r\n{row}.Stream=0\r\n");
        for day in 0..8 {
            for section in 0..6 {
                let (mask, from) = if section == 0 { (mask, "00:00:00") } else { (0, "24:00:00") };
                let _ = write!(text, "{row}.TimeSection[{day}][{section}]={mask} {from}-24:00:00\r\n");
            }
        }
    }
    text
}

fn encoders(recorder: &Recorder) -> String {
    let state = recorder.state();
    let mut text = String::new();
    for (slot, channel) in state.channels.iter().enumerate() {
        // Regular, motion and alarm recording may each have a rate of their own; the largest is what counts.
        let full = channel.kilobits_per_second;
        for (format, rate) in [full, full - full / 4, full / 2].iter().enumerate() {
            let row = format!("table.Encode[{slot}].MainFormat[{format}].Video");
            let _ = write!(
                text,
                "{row}.BitRate={rate}\r\n{row}.BitRateControl=VBR\r\n{row}.Compression=H.265\r\n{row}.FPS=25\r\n\
                 {row}.Height=1440\r\n{row}.Width=2560\r\ntable.Encode[{slot}].MainFormat[{format}].VideoEnable=true\r\n"
            );
        }
        let row = format!("table.Encode[{slot}].ExtraFormat[0].Video");
        let _ = write!(
            text,
            "{row}.BitRate=512\r\n{row}.BitRateControl=CBR\r\n{row}.Compression=H.265\r\n{row}.FPS=25\r\n"
        );
    }
    text
}
