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
import functools
import itertools
import json
import signal
import sys
from dataclasses import dataclass

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

USER = "monitor"
# A blank in it: what a client that joins strings instead of hashing them gets wrong.
PASSWORD = "dem lanh 7"


@dataclass(frozen=True)
class Video:
    """Moving pictures, encoded once and played in a circle: what a viewer gets must not hang on how busy the machine is."""

    encoder: str
    payloader: str
    width: int = 640
    height: int = 360
    fps: int = 15
    frames: int = 15

    def pipeline(self, n):
        return f"appsrc name=src{n} format=time is-live=true ! {self.payloader} name=pay{n} pt=96"

    def play(self, source):
        """Round and round, each frame at its time."""
        caps, frames = record(self)
        source.set_property("caps", caps)
        numbers = itertools.count()

        def next_frame(source, _length):
            number = next(numbers)
            buffer = Gst.Buffer.new_wrapped(frames[number % self.frames])
            buffer.pts = buffer.dts = number * Gst.SECOND // self.fps
            buffer.duration = Gst.SECOND // self.fps
            source.emit("push-buffer", buffer)

        source.connect("need-data", next_frame)


@functools.cache
def record(video):
    """The caps and the frames of one round."""
    raw = f"video/x-raw,format=I420,width={video.width},height={video.height},framerate={video.fps}/1"
    source = f"videotestsrc num-buffers={video.frames} pattern=ball ! {raw}"
    pipeline = Gst.parse_launch(f"{source} ! {video.encoder} ! appsink name=sink sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    sink = pipeline.get_by_name("sink")
    samples = [sink.emit("pull-sample") for _ in range(video.frames)]
    pipeline.set_state(Gst.State.NULL)
    buffers = (sample.get_buffer() for sample in samples)
    return samples[0].get_caps(), [buffer.extract_dup(0, buffer.get_size()) for buffer in buffers]


@dataclass(frozen=True)
class Tone:
    """Silence, as G.711."""

    def pipeline(self, n):
        source = "audiotestsrc is-live=true wave=silence ! audio/x-raw,rate=8000,channels=1"
        return f"{source} ! alawenc ! rtppcmapay pt=97 name=pay{n}"


def x264(gop):
    """One group of pictures."""
    encoder = f"x264enc tune=zerolatency speed-preset=ultrafast bitrate=500 key-int-max={gop}"
    return f"{encoder} ! h264parse ! video/x-h264,stream-format=avc,alignment=au"


X265 = (
    "x265enc tune=zerolatency speed-preset=ultrafast bitrate=300 key-int-max=10"
    " ! h265parse ! video/x-h265,stream-format=hvc1,alignment=au"
)
# config-interval=0: parameter sets stand in the SDP alone, as on most cameras; -1: before each key frame as well.
PLAIN = "rtph264pay config-interval=0"
CAMERA = "rtph264pay config-interval=-1"
H264 = Video(x264(15), PLAIN)
MOUNTS = {
    "/h264": [H264],
    "/h264-1080p": [Video(x264(25), PLAIN, 1920, 1080, fps=25, frames=25)],
    "/h264-audio": [H264, Tone()],
    "/audio-video": [Tone(), Video(x264(15), CAMERA)],
    "/audio": [Tone()],
    "/h265": [Video(X265, "rtph265pay config-interval=-1", 320, 240, fps=10, frames=10)],
    "/mjpeg": [Video("jpegenc ! image/jpeg", "rtpjpegpay", fps=10, frames=10)],
    "/vp8": [Video("vp8enc deadline=1 cpu-used=8", "rtpvp8pay", 320, 240, fps=10, frames=10)],
    # Eight seconds between key frames, for whoever comes second: see SHARED.
    "/long-gop": [Video(x264(120), CAMERA, frames=120)],
    "/udp-only": [H264],
    "/tcp-only": [H264],
}
# As cameras have them: one stream for all clients, a key frame each second, parameter sets in the stream as well.
MOUNTS |= {f"/camera-{n}": [Video(x264(15), CAMERA)] for n in range(1, 9)}
# The same with a stream for each viewer: a key frame comes at once.
MOUNTS |= {f"/single-{n}": MOUNTS["/camera-1"] for n in range(1, 9)}
MOUNTS["/camera-1080p"] = [Video(x264(25), CAMERA, 1920, 1080, fps=25, frames=25)]
# Who joins late waits for the next key frame.
SHARED = {path for path in MOUNTS if path.startswith("/camera-")} | {"/long-gop"}
PROTOCOLS = {
    "/udp-only": GstRtsp.RTSPLowerTrans.UDP,
    "/tcp-only": GstRtsp.RTSPLowerTrans.TCP,
}

counts = {"connections": 0, "teardowns": 0, "logins": 0, "refused_logins": 0}
open_clients = set()


class Factory(GstRtspServer.RTSPMediaFactory):
    """Makes the streams of a mount when somebody asks for them first."""

    def __init__(self, streams):
        super().__init__()
        self.streams = streams

    def do_create_element(self, _url):
        parts = (stream.pipeline(n) for n, stream in enumerate(self.streams))
        element = Gst.parse_launch(f"( {' '.join(parts)} )")
        for n, stream in enumerate(self.streams):
            if isinstance(stream, Video):
                stream.play(element.get_by_name(f"src{n}"))
        return element


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


def make_server(port, auth=None):
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    mounts = server.get_mount_points()
    for path, streams in MOUNTS.items():
        factory = Factory(streams)
        if path in SHARED:
            factory.set_shared(True)
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
