//! What Dahua's CGI answers: identity, time, disks, channels, schedules, bit rates, files. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;

use super::words::{self, Connection, values};
use crate::device::exchange::Answer;
use crate::device::finding::Why;
use crate::device::wall;
use crate::observation::{Device, Disk, DiskStatus, RecordMode};

/// More channels than any recorder has: an index beyond is nonsense.
const MAX_CHANNELS: u32 = 1024;

/// Reads `magicBox.cgi?action=getSystemInfo`. Vendor and firmware are told elsewhere.
pub fn device(answer: &Answer) -> Result<Device, Why> {
    let values = values(answer)?;
    let said = |key| values.get(key).filter(|value| !value.is_empty()).map(|value| value.chars().take(80).collect());
    // Some firmware tells a number as its type.
    let is_model = |text: &String| text.contains(|c: char| c.is_ascii_alphabetic());
    let device = Device {
        model: said("deviceType").filter(is_model).or_else(|| said("updateSerial")).or_else(|| said("deviceType")),
        serial: said("serialNumber"),
        ..Device::default()
    };
    if device.model.is_none() && device.serial.is_none() {
        return Err(Why::Unreadable("no deviceType and no serialNumber in it".to_owned()));
    }
    Ok(device)
}

/// The value of an answer of one line, such as `version=4.001.0000000.2,build:2023-05-18`.
pub fn one(answer: &Answer, key: &str) -> Result<String, Why> {
    let values = values(answer)?;
    let value = values.get(key).filter(|value| !value.is_empty()).ok_or(Why::NotTold)?;
    Ok(value.chars().take(80).collect())
}

/// Reads `global.cgi?action=getCurrentTime`: digits of the wall clock.
pub fn time(answer: &Answer) -> Result<DateTime, Why> {
    let text = one(answer, "result")?;
    wall::digits(&text).ok_or_else(|| Why::Unreadable(format!("{text:?} is no time")))
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Disks {
    pub disks: Vec<Disk>,
    pub unknown_words: BTreeSet<String>,
}

/// Reads `storageDevice.cgi?action=getDeviceAllInfo`, in the shape of recorders (`list.info[0]`) or of the vendor's
/// document (`list[0]`). All used is what a recorder that overwrites says.
pub fn disks(answer: &Answer) -> Result<Disks, Why> {
    // Without a disk or card: 400, 404 or nothing.
    if matches!(answer.status, 400 | 404) {
        return Ok(Disks::default());
    }
    let values = values(answer)?;
    let list = if values.indexes("list.info").is_empty() { "list" } else { "list.info" };
    let mut found = Disks::default();
    for index in values.indexes(list) {
        let row = format!("{list}[{index}]");
        let said = |name: &str| values.get(&format!("{row}.{name}")).filter(|value| !value.is_empty());
        let word = said("State").unwrap_or_default();
        let mut status = words::disk_status(word).unwrap_or_else(|| {
            if !word.is_empty() {
                let word: String = word.chars().take(40).collect();
                found.unknown_words.insert(format!("disk state {word:?}"));
            }
            DiskStatus::Unknown
        });
        let (mut total, mut used, mut read_only) = (None, None, true);
        let partitions = values.indexes(&format!("{row}.Detail"));
        for partition in &partitions {
            let part = |name: &str| values.get(&format!("{row}.Detail[{partition}].{name}"));
            if part("IsError").and_then(words::truth) == Some(true) {
                status = DiskStatus::Failed;
            }
            read_only &= part("Type") == Some("ReadOnly");
            let add = |sum: Option<u64>, bytes: Option<u64>| {
                bytes.map(|bytes| sum.unwrap_or(0).saturating_add(bytes)).or(sum)
            };
            total = add(total, part("TotalBytes").and_then(bytes));
            used = add(used, part("UsedBytes").and_then(bytes));
        }
        // A disk of which no partition takes recordings.
        if !partitions.is_empty() && read_only && status == DiskStatus::Ok {
            status = DiskStatus::Failed;
        }
        found.disks.push(Disk {
            id: said("Name").map_or_else(|| (index + 1).to_string(), |name| name.chars().take(80).collect()),
            status,
            capacity_bytes: total,
            free_bytes: total.zip(used).map(|(total, used)| total.saturating_sub(used)),
        });
    }
    Ok(found)
}

/// `2495680086016.000000`, or the same without a fraction.
fn bytes(text: &str) -> Option<u64> {
    text.split('.').next()?.parse().ok()
}

/// Names of slots by channel, from 1, from the configuration `ChannelTitle`: of all slots, with or without a camera.
pub fn titles(answer: &Answer) -> Result<BTreeMap<u32, String>, Why> {
    let values = values(answer)?;
    let title = |index: u32| {
        let name = values.get(&format!("table.ChannelTitle[{index}].Name"))?;
        Some((index + 1, name.chars().take(200).collect()))
    };
    Ok(channels(&values, "table.ChannelTitle").filter_map(title).collect())
}

/// States by channel, from 1; `None` for a word that is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct States {
    pub channels: BTreeMap<u32, Option<Connection>>,
    pub unknown_words: BTreeSet<String>,
}

/// Reads `LogicDeviceManager.cgi?action=getCameraState`.
pub fn states(answer: &Answer) -> Result<States, Why> {
    let values = values(answer)?;
    let mut states = States::default();
    for index in values.indexes("states") {
        let said = |name: &str| values.get(&format!("states[{index}].{name}"));
        let Some(channel) = said("Channel").and_then(|text| text.parse::<u32>().ok()) else { continue };
        let Some(word) = said("ConnectionState").filter(|_| channel < MAX_CHANNELS) else { continue };
        let connection = words::connection(word);
        if connection.is_none() {
            let word: String = word.chars().take(40).collect();
            states.unknown_words.insert(format!("connection state {word:?}"));
        }
        states.channels.insert(channel + 1, connection);
    }
    if states.channels.is_empty() && !values.is_empty() {
        return Err(Why::NotTold);
    }
    Ok(states)
}

/// Channels without a signal, from 1, from `eventManager.cgi?action=getEventIndexes&code=VideoLoss`.
pub fn video_loss(answer: &Answer) -> Result<BTreeSet<u32>, Why> {
    if answer.text().contains("No Events") {
        return Ok(BTreeSet::new());
    }
    let values = values(answer)?;
    let lost = values.under("channels[").filter_map(|(_, value)| value.parse::<u32>().ok());
    Ok(lost.filter(|channel| *channel < MAX_CHANNELS).map(|channel| channel + 1).collect())
}

/// Switches by channel, from 1, from the configuration `RecordMode`: `None` where the schedule decides.
pub fn switches(answer: &Answer) -> Result<BTreeMap<u32, Option<RecordMode>>, Why> {
    let values = values(answer)?;
    let switch = |index: u32| {
        let word = values.get(&format!("table.RecordMode[{index}].Mode"))?;
        Some((index + 1, words::switch(word)?))
    };
    Ok(channels(&values, "table.RecordMode").filter_map(switch).collect())
}

/// What the schedule of each channel, from 1, records, from the configuration `Record`. Its `Enable` means nothing.
/// Recording all the time that does not fill the week is taken for recording on events: otherwise every night outside of
/// it would be a fault.
pub fn schedules(answer: &Answer) -> Result<BTreeMap<u32, RecordMode>, Why> {
    let values = values(answer)?;
    let mut modes = BTreeMap::new();
    for index in channels(&values, "table.Record") {
        let mut any = false;
        let mut told = false;
        let mut full_days = 0;
        // Sunday to Saturday; an eighth day is that of holidays.
        for day in 0..7 {
            let prefix = format!("table.Record[{index}].TimeSection[{day}][");
            let mut regular = Vec::new();
            for (mask, start, end) in values.under(&prefix).filter_map(|(_, value)| words::section(value)) {
                told = true;
                any |= mask != 0 && end > start;
                // Bit 0 is the regular recording; the others are motion, alarms, cards, analytics.
                if mask & 1 == 1 {
                    regular.push((start, end));
                }
            }
            regular.sort_unstable();
            let reached = regular
                .iter()
                .fold(0, |reached, (start, end)| if *start <= reached + 60 { reached.max(*end) } else { reached });
            full_days += u32::from(reached + 60 >= 86_400);
        }
        if told {
            let mode = match (any, full_days) {
                (false, _) => RecordMode::Off,
                (true, 7) => RecordMode::Continuous,
                (true, _) => RecordMode::Event,
            };
            modes.insert(index + 1, mode);
        }
    }
    Ok(modes)
}

/// The largest bit rate that each channel's main stream, from 1, is set to, bits a second, from the configuration
/// `Encode`: it has one for regular recording, one for motion and one for alarms.
pub fn bit_rates(answer: &Answer) -> Result<BTreeMap<u32, u64>, Why> {
    let values = values(answer)?;
    let rate = |index: u32| {
        let kilobits = |format: u32| {
            let prefix = format!("table.Encode[{index}].MainFormat[{format}]");
            if values.get(&format!("{prefix}.VideoEnable")).and_then(words::truth) == Some(false) {
                return None;
            }
            values.get(&format!("{prefix}.Video.BitRate"))?.parse::<u32>().ok()
        };
        Some((index + 1, u64::from((0..3).filter_map(kilobits).max()?) * 1000))
    };
    Ok(channels(&values, "table.Encode").filter_map(rate).collect())
}

fn channels(values: &crate::device::key_value::KeyValues, prefix: &str) -> impl Iterator<Item = u32> + use<> {
    values.indexes(prefix).into_iter().filter(|index| *index < MAX_CHANNELS)
}

/// A recorded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// As the device counts, from 0; not every one tells.
    pub channel: Option<u32>,
    pub start: DateTime,
    pub end: DateTime,
    /// A snapshot, not a recording.
    pub picture: bool,
}

/// Reads `mediaFileFind.cgi?action=findNextFile`. No more is an empty answer, `found=0` or a 400.
pub fn items(answer: &Answer) -> Result<Vec<Item>, Why> {
    if answer.status == 400 {
        return Ok(Vec::new());
    }
    let values = values(answer)?;
    let item = |index: u32| {
        let said = |name: &str| values.get(&format!("items[{index}].{name}"));
        let start = wall::digits(said("StartTime")?)?;
        let end = said("EndTime").and_then(wall::digits).filter(|end| *end >= start).unwrap_or(start);
        let picture = said("Type").is_some_and(|kind| kind.eq_ignore_ascii_case("jpg"));
        Some(Item { channel: said("Channel").and_then(|channel| channel.parse().ok()), start, end, picture })
    };
    Ok(values.indexes("items").into_iter().filter_map(item).collect())
}
