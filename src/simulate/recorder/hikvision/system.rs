//! `/ISAPI/System` and `/ISAPI/Security`: who the device is, its time, its rules for logins.

use serde_json::json;

use super::super::clock::offset;
use super::super::device::Recorder;
use super::super::http::Answer;
use super::super::options::DiskState;
use super::super::xml::escaped;
use super::{HikvisionManner, xml};

pub(super) fn answer(recorder: &Recorder, manner: &HikvisionManner, what: &[&str]) -> Option<Answer> {
    Some(match what {
        ["deviceInfo"] => device_info(recorder, manner),
        ["time"] => xml(manner, "Time", &time(recorder)),
        ["time", "localTime"] if manner.local_time_in_xml => xml(manner, "Time", &time(recorder)),
        ["time", "localTime"] => Answer::text(local_time(recorder)),
        ["time", "ntpServers"] => xml(
            manner,
            "NTPServerList",
            "<NTPServer><id>1</id><addressingFormatType>hostname</addressingFormatType><hostName>time.example.net</hostName>\
             <portNo>123</portNo><synchronizeInterval>1440</synchronizeInterval></NTPServer>",
        ),
        ["status"] => xml(
            manner,
            "DeviceStatus",
            &format!(
                "<currentDeviceTime>{}</currentDeviceTime>\n<deviceUpTime>864000</deviceUpTime>\n\
                 <CPUList><CPU><cpuDescription>ARM</cpuDescription><cpuUtilization>31</cpuUtilization></CPU></CPUList>\n\
                 <MemoryList><Memory><memoryDescription>DDR</memoryDescription><memoryUsage>612.0</memoryUsage>\
                 <memoryAvailable>411.0</memoryAvailable></Memory></MemoryList>",
                local_time(recorder)
            ),
        ),
        ["capabilities"] => xml(
            manner,
            "DeviceCap",
            &format!(
                "<isSupportGettingWorkingStatus>{}</isSupportGettingWorkingStatus>\n\
                 <isSupportSMARTTest>true</isSupportSMARTTest>",
                manner.working_status
            ),
        ),
        ["workingstatus"] if manner.working_status => working_status(recorder, manner),
        ["Video", "inputs", "channels"] => video_inputs(recorder, manner),
        _ => return None,
    })
}

fn device_info(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let serial = recorder.state().serial.clone();
    let (firmware, released) = recorder.firmware.split_once(' ').unwrap_or((&recorder.firmware, "build 230216"));
    let content = format!(
        "<deviceName>{name}</deviceName>\n<deviceID>48443030-3635-3631-3835-bcbac2a1c0de</deviceID>\n\
         <deviceDescription>{kind}</deviceDescription>\n<deviceLocation>hangzhou</deviceLocation>\n\
         <systemContact>Hikvision.China</systemContact>\n<model>{model}</model>\n<serialNumber>{serial}</serialNumber>\n\
         <macAddress>bc:ba:c2:a1:c0:de</macAddress>\n<firmwareVersion>{firmware}</firmwareVersion>\n\
         <firmwareReleasedDate>{released}</firmwareReleasedDate>\n<encoderVersion>V5.0</encoderVersion>\n\
         <encoderReleasedDate>build 220927</encoderReleasedDate>\n<deviceType>{kind}</deviceType>\n\
         <telecontrolID>255</telecontrolID>\n<manufacturer>hikvision</manufacturer>",
        name = escaped(&recorder.spelt(&recorder.name)),
        kind = if manner.camera { "IPCamera" } else { "NVR" },
        model = escaped(&recorder.model),
    );
    xml(manner, "DeviceInfo", &content)
}

/// The offset beside the digits is the standard one of the zone that is set, or what was chosen to be declared.
fn local_time(recorder: &Recorder) -> String {
    let dial = recorder.state().dial;
    let declared = recorder.options.declared_zone_seconds.unwrap_or(dial.zone_seconds);
    format!("{}{}", dial.wall(recorder.now()), offset(declared))
}

fn time(recorder: &Recorder) -> String {
    let zone = recorder.options.declared_zone_seconds.unwrap_or(recorder.state().dial.zone_seconds);
    // POSIX counts west of Greenwich as positive.
    let sign = if zone < 0 { '+' } else { '-' };
    let minutes = zone.unsigned_abs() / 60;
    format!(
        "<timeMode opt=\"NTP,manual\">NTP</timeMode>\n<localTime>{}</localTime>\n\
         <timeZone>CST{sign}{}:{:02}:00</timeZone>\n<timeType opt=\"local,UTC\">local</timeType>",
        local_time(recorder),
        minutes / 60,
        minutes % 60
    )
}

fn working_status(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let now = recorder.now();
    let state = recorder.state();
    let channels = (manner.first_working_channel..).zip(&state.channels).map(|(number, channel)| {
        let writes = channel.online && channel.archive.writes(now);
        json!({
            "chanNo": number,
            "online": u8::from(channel.online),
            "record": u8::from(writes),
            "signal": u8::from(!channel.online),
            "linkNum": 0,
            "bitRate": if channel.online { channel.kilobits_per_second * 1024 } else { 0 },
        })
    });
    let channels: Vec<_> = channels.collect();
    let disks = (1..).zip(&state.disks).filter(|(_, disk)| disk.state != DiskState::Missing).map(|(number, disk)| {
        json!({
            "hdNo": number,
            "status": sdk_number(&disk.state),
            "volume": disk.capacity_mib,
            "freeSpace": super::content::free_mib(disk),
        })
    });
    let disks: Vec<_> = disks.collect();
    let body = json!({"WorkingStatus": {"devStatus": 0, "ChanStatus": channels, "HDStatus": disks}});
    Answer::new(200, "application/json", body.to_string())
}

/// The device's own numbers of disk states (`NET_DVR_GetDVRWorkState`).
fn sdk_number(state: &DiskState) -> u8 {
    match state {
        DiskState::Full | DiskState::Filling | DiskState::ReadOnly => 0,
        DiskState::Unformatted => 1,
        DiskState::Error | DiskState::Missing => 2,
        DiskState::SmartFailed => 3,
        DiskState::Word(_) => 4,
        DiskState::Sleeping => 5,
        DiskState::NasOffline => 6,
        DiskState::Formatting | DiskState::Degraded => 8,
    }
}

/// Analog inputs, which a network recorder has none of and a camera one.
fn video_inputs(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let inputs = if manner.camera {
        let state = recorder.state();
        let name = state.channels.first().map(|channel| escaped(&recorder.spelt(&channel.name))).unwrap_or_default();
        format!(
            "<VideoInputChannel><id>1</id><inputPort>1</inputPort><name>{name}</name><videoFormat>PAL</videoFormat>\
             <resDesc>1920*1080P25</resDesc></VideoInputChannel>"
        )
    } else {
        String::new()
    };
    xml(manner, "VideoInputChannelList", &inputs)
}

pub(super) fn security(recorder: &Recorder, manner: &HikvisionManner, what: &str) -> Option<Answer> {
    Some(match what {
        "userCheck" => xml(
            manner,
            "userCheck",
            "<statusValue>200</statusValue>\n<statusString>OK</statusString>\n<isDefaultPassword>false</isDefaultPassword>\n\
             <isRiskPassword>false</isRiskPassword>\n<isActivated>true</isActivated>",
        ),
        "illegalLoginLock" => {
            let (after, lasts) = recorder.lockout.policy();
            let content = format!(
                "<enabled>{}</enabled>\n<maxIllegalLoginTimes>{}</maxIllegalLoginTimes>\n\
                 <maxIllegalLoginLockTime>{lasts}</maxIllegalLoginLockTime>",
                after.is_some(),
                after.unwrap_or_default()
            );
            xml(manner, "IllegalLoginLock", &content)
        }
        "adminAccesses" => {
            let protocols = [("HTTP", 80, true), ("HTTPS", 443, true), ("RTSP", 554, true), ("DEV_MANAGE", 8000, true)];
            let rows = (1..).zip(protocols).map(|(id, (protocol, port, enabled))| {
                format!(
                    "<AdminAccessProtocol><id>{id}</id><enabled>{enabled}</enabled><protocol>{protocol}</protocol>\
                     <portNo>{port}</portNo></AdminAccessProtocol>"
                )
            });
            xml(manner, "AdminAccessProtocolList", &rows.collect::<String>())
        }
        _ => return None,
    })
}
