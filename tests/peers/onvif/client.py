"""Reads an ONVIF recorder with onvif-zeep-async, a client that nobody of this project wrote.

usage: client.py HOST PORT USER PASSWORD

Every answer is checked against ONVIF's own WSDL and schema by the client. Prints what it read as one JSON object.
"""

import asyncio
import json
import sys

from onvif import ONVIFCamera


async def read(host, port, user, password):
    camera = ONVIFCamera(host, port, user, password, adjust_time=True)
    try:
        await camera.update_xaddrs()
        device = await (await camera.create_devicemgmt_service()).GetDeviceInformation()
        profiles = await (await camera.create_media_service()).GetProfiles()
        recordings = await (await camera.create_recording_service()).GetRecordings()
        search = await camera.create_search_service()
        summary = await search.GetRecordingSummary()
        held = {}
        for recording in recordings:
            token = recording.RecordingToken
            information = await search.GetRecordingInformation({"RecordingToken": token})
            held[token] = {
                "source": information.Source.SourceId,
                "oldest": information.EarliestRecording.isoformat(),
                "newest": information.LatestRecording.isoformat(),
                "status": information.RecordingStatus,
            }
        return {
            "serial": device.SerialNumber,
            "sources": sorted({profile.VideoSourceConfiguration.SourceToken for profile in profiles}),
            "recordings": summary.NumberRecordings,
            "held": held,
        }
    finally:
        await camera.close()


print(json.dumps(asyncio.run(read(*sys.argv[1:5]))))
