//! Identity, time and working status of a Hikvision device. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::DateTime;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::storage::MIB;
use super::words::{self, document};
use crate::device::exchange::Answer;
use crate::device::finding::Why;
use crate::device::wall;
use crate::observation::{Device, Disk, DiskStatus};

/// A working status of 256 channels needs some 30 KiB.
const MAX_JSON: usize = 256 << 10;

/// What kind of device it is, which decides which paths it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Camera,
    /// Network channels only.
    Nvr,
    /// Analog inputs, and network channels perhaps; or a device of which nothing is known.
    Other,
}

/// Reads `/ISAPI/System/deviceInfo`.
pub fn device(answer: &Answer) -> Result<(Device, Kind), Why> {
    let tree = document(answer, "DeviceInfo")?;
    let said = |name| tree.text_at(name).map(str::to_owned);
    let firmware = match (tree.text_at("firmwareVersion"), tree.text_at("firmwareReleasedDate")) {
        (Some(version), Some(released)) => Some(format!("{version} {released}")),
        (version, _) => version.map(str::to_owned),
    };
    let kind = match tree.text_at("deviceType").unwrap_or_default() {
        kind if kind.starts_with("IP") => Kind::Camera,
        kind if kind.eq_ignore_ascii_case("NVR") => Kind::Nvr,
        _ => Kind::Other,
    };
    let device = Device {
        vendor: said("manufacturer").or_else(|| Some("hikvision".to_owned())),
        model: said("model"),
        firmware,
        serial: tree.text_at("serialNumber").map(|serial| serial.replace('-', "")),
    };
    Ok((device, kind))
}

/// Reads `/ISAPI/System/time/localTime`, plain text or XML by firmware, or `/ISAPI/System/time`: the digits of the wall
/// clock. `zone_offset_seconds` is the site's, for firmware that says it tells UTC.
pub fn time(answer: &Answer, zone_offset_seconds: i32) -> Result<DateTime, Why> {
    if answer.is_success()
        && let Some(digits) = wall::digits(answer.text().trim_start_matches('\u{feff}'))
    {
        return Ok(digits);
    }
    let unreadable = || Why::Unreadable("no time in it".to_owned());
    let tree = match document(answer, "Time") {
        Ok(tree) => tree,
        Err(no) => {
            let tree = document(answer, "localTime").map_err(|_| Why::from(no))?;
            return wall::digits(tree.root().text()).ok_or_else(unreadable);
        }
    };
    let text = tree.text_at("localTime").ok_or_else(unreadable)?;
    let digits = wall::digits(text).ok_or_else(unreadable)?;
    if tree.text_at("timeType") == Some("UTC") && text.ends_with('Z') {
        return digits
            .checked_add(jiff::SignedDuration::from_secs(zone_offset_seconds.into()))
            .map_err(|_| unreadable());
    }
    Ok(digits)
}

/// What the device is doing, from `/ISAPI/System/workingstatus?format=json`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Working {
    pub channels: BTreeMap<u32, WorkingChannel>,
    pub disks: Vec<Disk>,
    pub unknown_words: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkingChannel {
    pub online: Option<bool>,
    pub recording: Option<bool>,
    pub bits_per_second: Option<u64>,
}

/// Reads the working status.
pub fn working(answer: &Answer) -> Result<Working, Why> {
    if !answer.is_success() || answer.body.trim_ascii_start().starts_with(b"<") {
        return match document(answer, "WorkingStatus") {
            Ok(_) => Err(Why::Unreadable("XML where JSON was asked for".to_owned())),
            Err(no) => Err(no.into()),
        };
    }
    if answer.body.len() > MAX_JSON {
        return Err(Why::Unreadable(format!("a working status of {} bytes", answer.body.len())));
    }
    let document: WorkingDocument =
        serde_json::from_slice(&answer.body).map_err(|error| Why::Unreadable(error.to_string()))?;
    let mut working = Working::default();
    for channel in document.status.channels.unwrap_or_default() {
        let Some(number) = channel.number.small() else { continue };
        // `signal` is 1 where an input has lost its signal.
        let online = channel.online.flag().map(|online| online && channel.signal.flag() != Some(true));
        // In bits a second, as far as is known: what cannot be that is left out.
        let bits_per_second = channel.bit_rate.0.filter(|rate| (16_000..1_000_000_000).contains(rate));
        let channel = WorkingChannel { online, recording: channel.record.flag(), bits_per_second };
        working.channels.insert(number, channel);
    }
    for disk in document.status.disks.unwrap_or_default() {
        let (Some(number), Some(word)) = (disk.number.small(), disk.status.0) else { continue };
        let status = words::disk_number(word).unwrap_or_else(|| {
            working.unknown_words.insert(format!("disk state {word} in the working status"));
            DiskStatus::Unknown
        });
        let bytes = |mib: Loose| mib.0.and_then(|mib| mib.checked_mul(MIB));
        working.disks.push(Disk {
            id: number.to_string(),
            status,
            capacity_bytes: bytes(disk.volume),
            free_bytes: bytes(disk.free),
        });
    }
    Ok(working)
}

#[derive(Deserialize)]
struct WorkingDocument {
    #[serde(rename = "WorkingStatus")]
    status: WorkingLists,
}

#[derive(Deserialize)]
struct WorkingLists {
    #[serde(rename = "ChanStatus")]
    channels: Option<Vec<ChannelRow>>,
    #[serde(rename = "HDStatus")]
    disks: Option<Vec<DiskRow>>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct ChannelRow {
    #[serde(rename = "chanNo")]
    number: Loose,
    online: Loose,
    record: Loose,
    signal: Loose,
    #[serde(rename = "bitRate")]
    bit_rate: Loose,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct DiskRow {
    #[serde(rename = "hdNo")]
    number: Loose,
    status: Loose,
    volume: Loose,
    #[serde(rename = "freeSpace")]
    free: Loose,
}

/// A number however it is spelt (`1`, `"1"`, `true`), or nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Loose(Option<u64>);

impl Loose {
    fn flag(self) -> Option<bool> {
        match self.0 {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        }
    }

    fn small(self) -> Option<u32> {
        self.0.and_then(|number| u32::try_from(number).ok()).filter(|number| *number < 1_000_000)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose(Some(value.into())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(Loose(Some(value)))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_str<E>(self, value: &str) -> Result<Loose, E> {
                Ok(Loose(words::truth(value).map(u64::from).or_else(|| value.parse().ok())))
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose(None))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
