#!/usr/bin/python3
"""gst-rtsp-server with one mount for each kind of stream that cameras send.

The servers (one for each manner of login and transport security) share one main loop and listen on loopback, on ports
that the system chooses or that the command line names (so that a "camera" can come back where it was):

    gst_server.py [--plain PORT] [--digest PORT] [--basic PORT] [--tls PORT --certificate FILE]

When all of them listen, one JSON line on standard output names the ports:

    {"plain": 40001, "digest": 40002, "basic": 40003, "tls": 40004}

Every line on standard input, whatever stands in it, is answered by one JSON line: what the servers themselves count.

    {"sessions": 0, "clients": 0, "connections": 7, "teardowns": 7, "logins": 3, "refused_logins": 1}

The end of standard input ends the process: it never outlives the test that started it.
"""

import argparse
import json
import signal
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

USER = "monitor"
# A blank in it: what a client that joins strings instead of hashing them gets wrong.
PASSWORD = "dem lanh 7"

TESTSRC = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={w},height={h},framerate={fps}/1"
X264 = "x264enc tune=zerolatency speed-preset=ultrafast bitrate=500 key-int-max={gop} ! h264parse"
TONE = "audiotestsrc is-live=true wave=silence ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay pt=97 name=pay{n}"


def video(encoder, payloader, w=640, h=360, fps=15, n=0):
    return f"{TESTSRC.format(w=w, h=h, fps=fps)} ! {encoder} ! {payloader} name=pay{n} pt=96"


# config-interval=0: parameter sets stand in the SDP alone, as on most cameras; -1: before each key frame as well.
H264 = video(X264.format(gop=15), "rtph264pay config-interval=0")
MOUNTS = {
    "/h264": H264,
    "/h264-1080p": video(X264.format(gop=25), "rtph264pay config-interval=0", 1920, 1080, 25),
    "/h264-audio": f"{H264} {TONE.format(n=1)}",
    "/audio-video": f"{TONE.format(n=0)} {video(X264.format(gop=15), 'rtph264pay config-interval=-1', n=1)}",
    "/audio": TONE.format(n=0),
    "/h265": video(
        "x265enc tune=zerolatency speed-preset=ultrafast bitrate=300 key-int-max=10 ! h265parse",
        "rtph265pay config-interval=-1",
        320,
        240,
        10,
    ),
    "/mjpeg": video("jpegenc ! image/jpeg", "rtpjpegpay", 640, 360, 10),
    "/vp8": video("vp8enc deadline=1 cpu-used=8", "rtpvp8pay", 320, 240, 10),
    # Eight seconds between key frames, for whoever comes second: see SHARED.
    "/long-gop": video(X264.format(gop=120), "rtph264pay config-interval=-1"),
    "/udp-only": H264,
    "/tcp-only": H264,
}
# As cameras have them: one encoder for all clients, a key frame each second, parameter sets in the stream as well.
CAMERA = "rtph264pay config-interval=-1"
MOUNTS |= {f"/camera-{n}": video(X264.format(gop=15), CAMERA) for n in range(1, 9)}
# The same with an encoder for each viewer: a key frame comes at once.
MOUNTS |= {f"/single-{n}": MOUNTS["/camera-1"] for n in range(1, 9)}
MOUNTS["/camera-1080p"] = video(X264.format(gop=25), CAMERA, 1920, 1080, 25)
# Who joins late waits for the next key frame.
SHARED = {path for path in MOUNTS if path.startswith("/camera-")} | {"/long-gop"}
PROTOCOLS = {
    "/udp-only": GstRtsp.RTSPLowerTrans.UDP,
    "/tcp-only": GstRtsp.RTSPLowerTrans.TCP,
}

counts = {"connections": 0, "teardowns": 0, "logins": 0, "refused_logins": 0}
open_clients = set()


class CountingAuth(GstRtspServer.RTSPAuth):
    """Counts logins: requests that carry an Authorization header, and those of them that were refused."""

    def do_authenticate(self, ctx):
        accepted = GstRtspServer.RTSPAuth.do_authenticate(self, ctx)
        result, _ = ctx.request.get_header(GstRtsp.RTSPHeaderField.AUTHORIZATION, 0)
        if result == GstRtsp.RTSPResult.OK:
            counts["logins"] += 1
            counts["refused_logins"] += not (accepted and ctx.token)
        return accepted


def on_client(_server, client):
    counts["connections"] += 1
    open_clients.add(client)

    def on_teardown(*_):
        counts["teardowns"] += 1

    client.connect("teardown-request", on_teardown)
    client.connect("closed", open_clients.discard)


def cannot_seek(_factory, media):
    """A camera has no past to go back to. The test source has, and each PLAY would start it anew for every viewer."""

    def refuse(_pad, info):
        query = info.get_query() if info.type & Gst.PadProbeType.QUERY_UPSTREAM else None
        seeking = query is not None and query.type == Gst.QueryType.SEEKING
        return Gst.PadProbeReturn.DROP if seeking else Gst.PadProbeReturn.OK

    payloader = media.get_element().get_by_name("pay0")
    payloader.get_static_pad("sink").add_probe(Gst.PadProbeType.QUERY_UPSTREAM, refuse)


def make_server(port, auth=None):
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    mounts = server.get_mount_points()
    for path, pipeline in MOUNTS.items():
        factory = GstRtspServer.RTSPMediaFactory.new()
        factory.set_launch(f"( {pipeline} )")
        if path in SHARED:
            factory.set_shared(True)
            factory.connect("media-configure", cannot_seek)
        if path in PROTOCOLS:
            factory.set_protocols(PROTOCOLS[path])
        if auth is not None:
            factory.add_role_from_structure(viewer_role())
        mounts.add_factory(path, factory)
    if auth is not None:
        server.set_auth(auth)
    server.connect("client-connected", on_client)
    if server.attach(None) == 0:
        sys.exit(f"gst_server.py: cannot listen on 127.0.0.1:{port}")
    return server


def viewer_role():
    """What a token with the role "viewer" may do to a mount: look for it, and watch it."""
    fields = "media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
    return Gst.Structure.from_string(f"viewer, {fields};")[0]


def viewer_token():
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    return token


def login_auth(method):
    auth = CountingAuth()
    auth.set_supported_methods(method)
    if method == GstRtsp.RTSPAuthMethod.DIGEST:
        auth.add_digest(USER, PASSWORD, viewer_token())
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD), viewer_token())
    return auth


def tls_auth(certificate):
    auth = GstRtspServer.RTSPAuth.new()
    auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(certificate))
    # Whoever speaks TLS may see everything: the certificate is what is tried here.
    auth.set_default_token(viewer_token())
    return auth


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("plain", "digest", "basic", "tls"):
        parser.add_argument(f"--{name}", type=int, default=0, metavar="PORT")
    parser.add_argument("--certificate", metavar="FILE", help="certificate and key (PEM); without it no TLS server")
    args = parser.parse_args()

    Gst.init(None)
    servers = {
        "plain": make_server(args.plain),
        "digest": make_server(args.digest, login_auth(GstRtsp.RTSPAuthMethod.DIGEST)),
        "basic": make_server(args.basic, login_auth(GstRtsp.RTSPAuthMethod.BASIC)),
    }
    if args.certificate:
        servers["tls"] = make_server(args.tls, tls_auth(args.certificate))

    loop = GLib.MainLoop()

    def on_stdin(channel, _condition):
        line = channel.readline()
        if not line:
            loop.quit()
            return False
        sessions = sum(server.get_session_pool().get_n_sessions() for server in servers.values())
        print(json.dumps({"sessions": sessions, "clients": len(open_clients), **counts}), flush=True)
        return True

    stdin = GLib.IOChannel.unix_new(sys.stdin.fileno())
    GLib.io_add_watch(stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, on_stdin)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, loop.quit)
    print(json.dumps({name: server.get_bound_port() for name, server in servers.items()}), flush=True)
    loop.run()


main()
