#!/bin/sh
# Makes the clips that simulated cameras send: two seconds of ffmpeg's own test pictures, 320x180, 10 frames a second,
# a key frame each second, no B pictures (so that sending order is showing order). Nothing here was filmed.
#
# Needs an ffmpeg with libx264 and libx265. Run it in this directory; what it made is committed, so that building
# camwatch needs no ffmpeg. Results differ a little between encoder versions; these came from Debian's ffmpeg 5.1.
set -eu
moving='testsrc2=size=320x180:rate=10'
still='testsrc2=size=320x180:rate=10,trim=end_frame=1,loop=loop=-1:size=1'
black='color=black:size=320x180:rate=10'

encode() { # OUTPUT SOURCE FRAMES ENCODER-OPTIONS...
    output=$1 source=$2 frames=$3
    shift 3
    ffmpeg -nostdin -loglevel error -y -f lavfi -i "$source" -frames:v "$frames" -pix_fmt yuv420p "$@" "$output"
}
h264='keyint=10:min-keyint=10:scenecut=0:bframes=0:repeat-headers=1:aud=0:qp=36'
h265='keyint=10:min-keyint=10:scenecut=0:bframes=0:repeat-headers=1:aud=0:info=0:log-level=error:qp=36'

encode moving.h264 "$moving" 20 -c:v libx264 -preset slow -x264-params "$h264" -bsf:v filter_units=remove_types=6
encode frozen.h264 "$still" 20 -c:v libx264 -preset slow -x264-params "$h264" -bsf:v filter_units=remove_types=6
encode black.h264 "$black" 20 -c:v libx264 -preset slow -x264-params "$h264" -bsf:v filter_units=remove_types=6
# Periodic intra refresh: one IDR picture and then none ever again, only recovery points (SEI). The first is cut away
# when the clip is loaded.
encode refresh.h264 "$moving" 30 -c:v libx264 -preset slow \
    -x264-params "keyint=10:intra-refresh=1:scenecut=0:bframes=0:repeat-headers=1:qp=36"

encode moving.h265 "$moving" 20 -c:v libx265 -preset slow -x265-params "$h265:open-gop=0"
encode frozen.h265 "$still" 20 -c:v libx265 -preset slow -x265-params "$h265:open-gop=0"
encode black.h265 "$black" 20 -c:v libx265 -preset slow -x265-params "$h265:open-gop=0"
# Open GOP: after the first, key frames are CRA pictures. The first group is cut away when the clip is loaded.
encode open-gop.h265 "$moving" 30 -c:v libx265 -preset slow -x265-params "$h265:open-gop=1"

# RFC 2435 wants the standard Huffman tables and sides that are multiples of 8.
for name in moving black; do
    if [ $name = black ]; then frames=1; else frames=5; fi
    eval "source=\$$name"
    encode "$name.mjpeg" "$source" "$frames" -s 320x176 -c:v mjpeg -pix_fmt yuvj420p -q:v 24 -huffman default
done
ls -l -- *.h264 *.h265 *.mjpeg
