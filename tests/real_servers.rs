//! The probe and the daemon against RTSP servers that others wrote: gst-rtsp-server and VLC.

mod support;

use support::{GstServer, Vlc};

#[test]
fn the_servers_themselves_stream() {
    let (Some(mut gst), Some(_vlc)) = (GstServer::start(), Vlc::start()) else { return };
    assert_eq!(gst.counts().connections, 0);
}
