//! The media services: profiles and where their streams and pictures are.

use super::super::device::Recorder;
use super::super::http::Answer;
use super::super::xml::{Node, escaped};
use super::{Call, no_such, response};

pub(super) fn answer(call: Call<'_>, operation: &Node) -> Option<Answer> {
    // Namespaces are not resolved: the address that was asked, or the declaration beside the name, tells the version.
    let second = call.request.path().contains("media2") || operation.tag.contains("ver20/media");
    let prefix = if second { "tr2" } else { "trt" };
    if second && !call.manner.media2 {
        return None;
    }
    Some(match operation.name.as_str() {
        "GetProfiles" if second => response("tr2:GetProfiles", &profiles_of_media2(call.recorder)),
        "GetProfiles" => response("trt:GetProfiles", &profiles(call.recorder)),
        "GetVideoSources" => {
            let rows = (1..=call.recorder.state().channels.len()).map(|number| {
                format!(
                    "<trt:VideoSources token=\"VideoSource_{number}\"><tt:Framerate>25</tt:Framerate><tt:Resolution>\
                     <tt:Width>2560</tt:Width><tt:Height>1440</tt:Height></tt:Resolution></trt:VideoSources>"
                )
            });
            response("trt:GetVideoSources", &rows.collect::<String>())
        }
        name @ ("GetStreamUri" | "GetSnapshotUri") => {
            let Some((number, stream)) = profile(call.recorder, operation.value("ProfileToken")) else {
                return Some(no_such("ter:InvalidArgVal"));
            };
            let uri = if name == "GetStreamUri" {
                let host = call.manner.host.unwrap_or_else(|| call.request.header("Host").unwrap_or("0.0.0.0"));
                let host = host.split(':').next().unwrap_or_default();
                format!("rtsp://{host}:554/unicast/c{number}/s{stream}/live")
            } else {
                call.address(&format!("snapshot?channel={number}"))
            };
            let uri = escaped(&uri);
            let content = if second {
                format!("<tr2:Uri>{uri}</tr2:Uri>")
            } else {
                format!(
                    "<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>\
                     <tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
                )
            };
            response(&format!("{prefix}:{name}"), &content)
        }
        _ => return None,
    })
}

/// Channel (from 1) and stream of a token such as `Profile_1_0`.
fn profile(recorder: &Recorder, token: Option<&str>) -> Option<(usize, usize)> {
    let (number, stream) = token?.strip_prefix("Profile_")?.split_once('_')?;
    let (number, stream) = (number.parse().ok()?, stream.parse().ok()?);
    ((1..=recorder.state().channels.len()).contains(&number) && stream < 2).then_some((number, stream))
}

/// Channel (from 1), name, stream, kbit/s, width and height of a profile.
type Profile = (usize, String, usize, u32, (u32, u32));

fn all(recorder: &Recorder) -> Vec<Profile> {
    let state = recorder.state();
    let mut all = Vec::new();
    for (number, channel) in (1..).zip(&state.channels) {
        let name = escaped(&recorder.spelt(&channel.name));
        all.push((number, name.clone(), 0, channel.kilobits_per_second, (2560, 1440)));
        all.push((number, name, 1, 512, (704, 576)));
    }
    all
}

fn source(number: usize) -> String {
    format!(
        "<tt:Name>VideoSourceConfig_{number}</tt:Name><tt:UseCount>2</tt:UseCount>\
         <tt:SourceToken>VideoSource_{number}</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"2560\" height=\"1440\"/>"
    )
}

fn profiles(recorder: &Recorder) -> String {
    let rows = all(recorder).into_iter().map(|(number, name, stream, rate, (width, height))| {
        format!(
            "<trt:Profiles token=\"Profile_{number}_{stream}\" fixed=\"true\"><tt:Name>{name}</tt:Name>\
             <tt:VideoSourceConfiguration token=\"VideoSourceConfig_{number}\">{}</tt:VideoSourceConfiguration>\
             <tt:VideoEncoderConfiguration token=\"VideoEncoder_{number}_{stream}\"><tt:Name>VideoEncoder_{number}_{stream}</tt:Name>\
             <tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>\
             <tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>4</tt:Quality><tt:RateControl>\
             <tt:FrameRateLimit>25</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>\
             <tt:BitrateLimit>{rate}</tt:BitrateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>",
            source(number)
        )
    });
    rows.collect()
}

fn profiles_of_media2(recorder: &Recorder) -> String {
    let rows = all(recorder).into_iter().map(|(number, name, stream, rate, (width, height))| {
        format!(
            "<tr2:Profiles token=\"Profile_{number}_{stream}\" fixed=\"true\"><tr2:Name>{name}</tr2:Name><tr2:Configurations>\
             <tr2:VideoSource token=\"VideoSourceConfig_{number}\">{}</tr2:VideoSource>\
             <tr2:VideoEncoder token=\"VideoEncoder_{number}_{stream}\" GovLength=\"50\" Profile=\"Main\">\
             <tt:Name>VideoEncoder_{number}_{stream}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H265</tt:Encoding>\
             <tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>\
             <tt:RateControl ConstantBitRate=\"false\"><tt:FrameRateLimit>25</tt:FrameRateLimit>\
             <tt:BitrateLimit>{rate}</tt:BitrateLimit></tt:RateControl><tt:Quality>4</tt:Quality></tr2:VideoEncoder>\
             </tr2:Configurations></tr2:Profiles>",
            source(number)
        )
    });
    rows.collect()
}
