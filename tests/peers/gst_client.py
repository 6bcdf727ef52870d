#!/usr/bin/python3
"""A viewer made of GStreamer's rtspsrc: plays URL over TCP until so many packets have come, pauses, and leaves.

    gst_client.py URL PACKETS

Exits with 0 where nothing went wrong on the way. (gst-launch-1.0 lets go of the stream without waiting for its own PAUSE:
the CLOSE behind it cancels a PAUSE that is not sent yet, which rtspsrc reports as an end of file that no server caused.)
"""

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

LIMIT = 60 * Gst.SECOND


def main(url, packets):
    Gst.init(None)
    pipeline = Gst.parse_launch("rtspsrc name=source protocols=tcp ! identity name=packets signal-handoffs=true ! fakesink")
    pipeline.get_by_name("source").set_property("location", url)
    bus = pipeline.get_bus()
    seen = 0

    def count(*_):
        nonlocal seen
        seen += 1
        if seen == packets:
            pipeline.post_message(Gst.Message.new_application(pipeline, Gst.Structure.new_empty("enough")))

    pipeline.get_by_name("packets").connect("handoff", count)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.APPLICATION | Gst.MessageType.PROGRESS | Gst.MessageType.ERROR | Gst.MessageType.EOS
    paused = False
    while not paused:
        message = bus.timed_pop_filtered(LIMIT, kinds)
        if message is None:
            return f"nothing more came after {seen} packets"
        if message.type == Gst.MessageType.ERROR:
            return message.parse_error()
        if message.type == Gst.MessageType.EOS:
            return f"the stream ended after {seen} packets"
        if message.type == Gst.MessageType.APPLICATION:
            pipeline.set_state(Gst.State.PAUSED)
        if message.type == Gst.MessageType.PROGRESS:
            kind, _, text = message.parse_progress()
            paused = kind == Gst.ProgressType.COMPLETE and "PAUSE" in text
    pipeline.set_state(Gst.State.NULL)
    error = bus.pop_filtered(Gst.MessageType.ERROR)
    return error and error.parse_error()


if __name__ == "__main__":
    wrong = main(sys.argv[1], int(sys.argv[2]))
    if wrong:
        sys.exit(str(wrong))
