//! The device service: time, identity, where the other services are, storage.

use super::super::http::Answer;
use super::super::options::DiskState;
use super::super::xml::{Node, escaped};
use super::{Call, response};

pub(super) fn answer(call: Call<'_>, operation: &Node) -> Option<Answer> {
    Some(match operation.name.as_str() {
        "GetSystemDateAndTime" => response("tds:GetSystemDateAndTime", &time(call)),
        "GetDeviceInformation" => {
            let recorder = call.recorder;
            let serial = recorder.state().serial.clone();
            let content = format!(
                "<tds:Manufacturer>UNIVIEW</tds:Manufacturer><tds:Model>{}</tds:Model>\
                 <tds:FirmwareVersion>{}</tds:FirmwareVersion><tds:SerialNumber>{serial}</tds:SerialNumber>\
                 <tds:HardwareId>A</tds:HardwareId>",
                escaped(&recorder.model),
                escaped(&recorder.firmware)
            );
            response("tds:GetDeviceInformation", &content)
        }
        "GetServices" if call.manner.services => response("tds:GetServices", &services(call)),
        "GetCapabilities" => response("tds:GetCapabilities", &capabilities(call)),
        "GetScopes" => {
            let name = call.recorder.name.replace(' ', "%20");
            let scope = |text: &str| {
                format!(
                    "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{}</tt:ScopeItem>\
                     </tds:Scopes>",
                    escaped(text)
                )
            };
            response(
                "tds:GetScopes",
                &(scope("Profile/Streaming") + &scope("Profile/G") + &scope(&format!("name/{name}"))),
            )
        }
        "GetStorageConfigurations" if call.manner.storage_configurations => {
            response("tds:GetStorageConfigurations", &storage(call))
        }
        _ => return None,
    })
}

fn time(call: Call<'_>) -> String {
    let dial = call.recorder.state().dial;
    let now = call.recorder.now();
    let digits = |name: &str, at: jiff::civil::DateTime| {
        format!(
            "<tt:{name}><tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time>\
             <tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date></tt:{name}>",
            at.hour(),
            at.minute(),
            at.second(),
            at.year(),
            at.month(),
            at.day()
        )
    };
    let utc = jiff::tz::TimeZone::UTC.to_datetime(dial.utc(now));
    let utc = if call.manner.utc { digits("UTCDateTime", utc) } else { String::new() };
    // POSIX counts west of Greenwich as positive; nobody can do arithmetic with what devices write here.
    let hours = -dial.zone_seconds / 3600;
    format!(
        "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>\
         <tt:TimeZone><tt:TZ>ICT{hours}</tt:TZ></tt:TimeZone>{utc}{}</tds:SystemDateAndTime>",
        digits("LocalDateTime", dial.wall(now))
    )
}

/// Namespace and path of each service that this device has.
fn present(call: Call<'_>) -> Vec<(&'static str, &'static str)> {
    let mut present = vec![
        ("http://www.onvif.org/ver10/device/wsdl", "device_service"),
        ("http://www.onvif.org/ver10/media/wsdl", "media_service"),
    ];
    if call.manner.media2 {
        present.push(("http://www.onvif.org/ver20/media/wsdl", "media2_service"));
    }
    if call.manner.recordings {
        present.push(("http://www.onvif.org/ver10/recording/wsdl", "recording_service"));
        present.push(("http://www.onvif.org/ver10/replay/wsdl", "replay_service"));
    }
    if call.manner.recordings || call.manner.summary {
        present.push(("http://www.onvif.org/ver10/search/wsdl", "search_service"));
    }
    present
}

fn services(call: Call<'_>) -> String {
    let rows = present(call).into_iter().map(|(namespace, path)| {
        format!(
            "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{}</tds:XAddr><tds:Version>\
             <tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>",
            escaped(&call.address(path))
        )
    });
    rows.collect()
}

fn capabilities(call: Call<'_>) -> String {
    let has = |path: &str| present(call).iter().any(|(_, one)| *one == path);
    let at = |name: &str, path: &str| {
        if has(path) {
            format!("<tt:{name}><tt:XAddr>{}</tt:XAddr></tt:{name}>", escaped(&call.address(path)))
        } else {
            String::new()
        }
    };
    format!(
        "<tds:Capabilities>{}{}<tt:Extension>{}{}{}</tt:Extension></tds:Capabilities>",
        at("Device", "device_service"),
        at("Media", "media_service"),
        at("Recording", "recording_service"),
        at("Search", "search_service"),
        at("Replay", "replay_service"),
    )
}

fn storage(call: Call<'_>) -> String {
    let state = call.recorder.state();
    let rows = (1..).zip(&state.disks).filter(|(_, disk)| disk.state != DiskState::Missing).map(|(number, disk)| {
        let kind = if disk.state == DiskState::NasOffline { "NFS" } else { "LocalStorage" };
        format!(
            "<tds:StorageConfigurations token=\"Disk_{number}\"><tds:Data type=\"{kind}\">\
             <tds:LocalPath>/mnt/disk{number}</tds:LocalPath></tds:Data></tds:StorageConfigurations>"
        )
    });
    rows.collect()
}
