"""Answers WS-Discovery probes with the WSDiscovery package, which nobody of this project wrote.

usage: responder.py XADDR SCOPE...

Says "ready" on standard output and ends with its standard input. Loopback's 127.0.0.1 is left out by the package: the
machine needs another address.
"""

import sys

from wsdiscovery import QName, Scope
from wsdiscovery.publishing import ThreadedWSPublishing

publishing = ThreadedWSPublishing()
publishing.start()
types = [QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter", "dn")]
publishing.publishService(types=types, scopes=[Scope(scope) for scope in sys.argv[2:]], xAddrs=[sys.argv[1]])
print("ready", flush=True)
sys.stdin.read()
publishing.stop()
