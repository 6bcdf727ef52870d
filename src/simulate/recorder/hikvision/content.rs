//! `/ISAPI/ContentMgmt` and `/ISAPI/Streaming`: disks, inputs, what is to be recorded and how.

use std::fmt::Write as _;

use super::super::archive::Schedule;
use super::super::device::Recorder;
use super::super::http::Answer;
use super::super::options::{DiskOptions, DiskState};
use super::super::xml::escaped;
use super::{HikvisionManner, xml};

/// What a disk has free, in MiB.
pub(super) fn free_mib(disk: &DiskOptions) -> u64 {
    match disk.state {
        DiskState::Filling => disk.capacity_mib / 2,
        DiskState::Error => 120,
        _ => 0,
    }
}

pub(super) fn storage(recorder: &Recorder, manner: &HikvisionManner, what: &[&str]) -> Option<Answer> {
    let state = recorder.state();
    match what {
        [] => {}
        ["hdd", number, "SMARTTest", "status"] => {
            let number: usize = number.parse().ok()?;
            let disk = state.disks.get(number.checked_sub(1)?)?;
            let sound = !matches!(disk.state, DiskState::SmartFailed | DiskState::Error);
            let content = format!(
                "<temprature>38</temprature>\n<powerOnDay>812</powerOnDay>\n\
                 <selfEvaluaingStatus>{0}</selfEvaluaingStatus>\n<allEvaluaingStatus>{0}</allEvaluaingStatus>",
                if sound { "ok" } else { "error" }
            );
            return Some(xml(manner, "SmartTestStatus", &content));
        }
        _ => return None,
    }
    let (mut disks, mut shares) = (String::new(), String::new());
    for (number, disk) in (1..).zip(&state.disks) {
        if disk.state == DiskState::NasOffline {
            let _ = writeln!(
                shares,
                "<nas><id>{}</id><addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.0.2.40</ipAddress>\
                 <portNo>0</portNo><nasType>NFS</nasType><path>/volume1/cctv</path><status>offline</status>\
                 <capacity>{}</capacity><freeSpace>0</freeSpace><property>RW</property></nas>",
                number + 8,
                disk.capacity_mib
            );
        } else {
            disks.push_str(&hdd(number, disk));
        }
    }
    let mode = if manner.quota { "quota" } else { "group" };
    let content = format!(
        "<hddList>\n{disks}</hddList>\n<nasList>\n{shares}</nasList>\n<workMode opt=\"group,quota\">{mode}</workMode>"
    );
    Some(xml(manner, "storage", &content))
}

fn hdd(number: u64, disk: &DiskOptions) -> String {
    let status = match &disk.state {
        DiskState::Full | DiskState::Filling | DiskState::ReadOnly => "ok",
        DiskState::Sleeping => "sleeping",
        DiskState::Error => "error",
        DiskState::SmartFailed => "smartFailed",
        DiskState::Unformatted => "unformatted",
        DiskState::Formatting => "formating",
        DiskState::Missing => "notexist",
        DiskState::NasOffline => "offline",
        DiskState::Degraded => "abnormal",
        DiskState::Word(word) => word,
    };
    let capacity = if disk.state == DiskState::Missing { 0 } else { disk.capacity_mib };
    let property = if disk.state == DiskState::ReadOnly { "RO" } else { "RW" };
    format!(
        "<hdd><id>{number}</id><hddName>hdd{number}</hddName><hddPath></hddPath><hddType>SATA</hddType>\
         <status>{}</status><capacity>{capacity}</capacity><freeSpace>{}</freeSpace><property>{property}</property>\
         <group>1</group><hddSerialNumber>WXE2E70{number:05}</hddSerialNumber><hddModel>WD64PURZ-85B4HY0</hddModel></hdd>\n",
        escaped(status),
        free_mib(disk)
    )
}

pub(super) fn inputs(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let state = recorder.state();
    let rows = (1..).zip(&state.channels).map(|(number, channel)| {
        format!(
            "<InputProxyChannel version=\"2.0\"><id>{number}</id><name>{name}</name>\
             <sourceInputPortDescriptor><proxyProtocol>HIKVISION</proxyProtocol>\
             <addressingFormatType>ipaddress</addressingFormatType><ipAddress>192.0.2.{address}</ipAddress>\
             <managePortNo>8000</managePortNo><srcInputPort>1</srcInputPort><userName>admin</userName>\
             <streamType>auto</streamType><model>DS-2CD2143G2-I</model>\
             <serialNumber>DS-2CD2143G2-I20230601AAWRK{number:08}</serialNumber>\
             <firmwareVersion>V5.7.15 build 230313</firmwareVersion><deviceID></deviceID></sourceInputPortDescriptor>\
             <enableAnr>false</enableAnr><devIndex>F1E2D3C4-0000-4000-8000-{number:012}</devIndex></InputProxyChannel>\n",
            name = escaped(&recorder.spelt(&channel.name)),
            address = 100 + number % 100,
        )
    });
    xml(manner, "InputProxyChannelList", &rows.collect::<String>())
}

pub(super) fn input_states(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let state = recorder.state();
    let rows = (1..).zip(&state.channels).map(|(number, channel)| {
        let (online, found) = if channel.online { ("true", "connect") } else { ("false", "netUnreachable") };
        format!(
            "<InputProxyChannelStatus version=\"2.0\"><id>{number}</id>\
             <sourceInputPortDescriptor><ipAddress>192.0.2.{address}</ipAddress></sourceInputPortDescriptor>\
             <online>{online}</online><streamingProxyChannelIdList>\
             <streamingProxyChannelId>{number}01</streamingProxyChannelId>\
             <streamingProxyChannelId>{number}02</streamingProxyChannelId></streamingProxyChannelIdList>\
             <chanDetectResult>{found}</chanDetectResult></InputProxyChannelStatus>\n",
            address = 100 + number % 100,
        )
    });
    xml(manner, "InputProxyChannelStatusList", &rows.collect::<String>())
}

const WEEK: [&str; 8] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday"];

/// What each channel is to record. `Enable` is false and the default mode continuous whatever the schedule is.
pub(super) fn tracks(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let state = recorder.state();
    let mut rows = String::new();
    for (number, channel) in (1..).zip(&state.channels) {
        let mode = if channel.archive.schedule == Schedule::Motion { "MOTION" } else { "CMR" };
        let actions = (1..).zip(WEEK.windows(2)).map(|(day, pair)| {
            format!(
                "<ScheduleAction><id>{day}</id><ScheduleActionStartTime><DayOfWeek>{}</DayOfWeek>\
                 <TimeOfDay>00:00:00</TimeOfDay></ScheduleActionStartTime><ScheduleActionEndTime>\
                 <DayOfWeek>{}</DayOfWeek><TimeOfDay>00:00:00</TimeOfDay></ScheduleActionEndTime>\
                 <ScheduleDSTEnable>false</ScheduleDSTEnable><Description>nothing</Description>\
                 <Actions><Record>true</Record><Log>false</Log><SaveImg>false</SaveImg>\
                 <ActionRecordingMode>{mode}</ActionRecordingMode></Actions></ScheduleAction>\n",
                pair[0], pair[1]
            )
        });
        let enabled = channel.archive.schedule != Schedule::Off;
        let _ = writeln!(
            rows,
            "<Track><id>{number}01</id><Channel>{number}01</Channel><Enable>false</Enable>\
             <Description>trackType=standard,sourceTag=,contentType=video,codecType=H.265</Description>\
             <TrackGUID>{{00000000-0000-0000-0000-000000000000}}</TrackGUID><Size>0</Size><Duration>P30DT0H</Duration>\
             <DefaultRecordingMode>CMR</DefaultRecordingMode><LoopEnable>true</LoopEnable>\
             <TrackSchedule><ScheduleBlockList><ScheduleBlock>\
             <ScheduleBlockGUID>{{00000000-0000-0000-0000-000000000000}}</ScheduleBlockGUID>\
             <ScheduleBlockType>www.std-cgi.com/racm/schedule/ver10</ScheduleBlockType>\n{actions}\
             </ScheduleBlock></ScheduleBlockList></TrackSchedule>\
             <CustomExtensionList><CustomExtension>\
             <CustomExtensionName>www.hikvision.com/RaCM/trackExt/ver10</CustomExtensionName>\
             <enableSchedule>{enabled}</enableSchedule><SaveAudio>false</SaveAudio><PreRecordTimeSeconds>5</PreRecordTimeSeconds>\
             </CustomExtension></CustomExtensionList></Track>",
            actions = actions.collect::<String>(),
        );
    }
    xml(manner, "TrackList", &rows)
}

pub(super) fn streams(recorder: &Recorder, manner: &HikvisionManner) -> Answer {
    let state = recorder.state();
    let mut rows = String::new();
    for (number, channel) in (1..).zip(&state.channels) {
        let main = channel.kilobits_per_second;
        // Every other channel at a constant bit rate: the limit stands in another element then.
        let control = if number % 2 == 0 {
            format!("<videoQualityControlType>CBR</videoQualityControlType><constantBitRate>{main}</constantBitRate>")
        } else {
            format!("<videoQualityControlType>VBR</videoQualityControlType><vbrUpperCap>{main}</vbrUpperCap>")
        };
        for (stream, control, width, height) in [
            (1, control.as_str(), 2560, 1440),
            (2, "<videoQualityControlType>VBR</videoQualityControlType><vbrUpperCap>512</vbrUpperCap>", 704, 576),
        ] {
            let _ = writeln!(
                rows,
                "<StreamingChannel version=\"2.0\"><id>{number}{stream:02}</id><channelName>{name}</channelName>\
                 <enabled>true</enabled><Video><enabled>true</enabled>\
                 <dynVideoInputChannelID>{number}</dynVideoInputChannelID><videoCodecType>H.265</videoCodecType>\
                 <videoResolutionWidth>{width}</videoResolutionWidth><videoResolutionHeight>{height}</videoResolutionHeight>\
                 {control}<maxFrameRate>2500</maxFrameRate></Video></StreamingChannel>",
                name = escaped(&recorder.spelt(&channel.name)),
            );
        }
    }
    xml(manner, "StreamingChannelList", &rows)
}
